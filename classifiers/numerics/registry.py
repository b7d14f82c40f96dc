"""A registry of classes by name: our own, and those that other distributions register."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

Kind = TypeVar("Kind")


class Registry(Mapping[str, type[Kind]]):
    """A mapping of names to classes that other distributions extend through entry points.

    The name of an entry point is that of its class, which is imported on first access. An entry
    point cannot replace one of our own classes.

    Parameters
    ----------
    group
        Group of the entry points: ``handcraft.classifiers`` or ``handcraft.extractors``.
    ours
        The classes of this distribution.
    word
        The attribute that holds the name of a class: ``name`` or ``kind``.
    """

    def __init__(self, group: str, ours: Iterable[Any], word: str = "name") -> None:
        self.group, self.word = group, word
        self._ours: dict[str, type[Kind]] = {getattr(kind, word): kind for kind in ours}

    @functools.cached_property
    def _others(self) -> dict[str, EntryPoint]:
        found = entry_points(group=self.group)
        return {point.name: point for point in found if point.name not in self._ours}

    def __getitem__(self, name: str) -> type[Kind]:
        """Return a class.

        Raises
        ------
        KeyError
            If there is none of this name.
        ImportError, AttributeError
            If the class of another distribution cannot be imported.
        ValueError
            If the class has another name than its entry point.
        """
        if name in self._ours:
            return self._ours[name]
        kind: Any = self._others[name].load()
        if getattr(kind, self.word) != name:
            raise ValueError(
                f"the entry point {name!r} of {self.group} is the class {kind.__name__}, whose "
                f"{self.word} is {getattr(kind, self.word)!r}; expected {name!r}"
            )
        loaded: type[Kind] = kind
        return loaded

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._ours or name in self._others)

    def __iter__(self) -> Iterator[str]:
        yield from self._ours
        yield from self._others

    def __len__(self) -> int:
        return len(self._ours) + len(self._others)
