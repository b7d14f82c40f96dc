"""Classes by the word that selects them: our own, and those of other distributions."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

Kind = TypeVar("Kind")


class Registry(Mapping[str, type[Kind]]):
    """A mapping of names to classes, which other distributions add to by entry points.

    An entry point's name is the class's word. It is imported when it is asked for; none takes the
    place of one of ours.

    Parameters
    ----------
    group
        Of the entry points: ``handcraft.classifiers``, ``handcraft.extractors``.
    ours
        The classes of this distribution.
    word
        The attribute of a class that is its word: ``name``, ``kind``.
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
            If another distribution's cannot be imported.
        ValueError
            If its own word is another.
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
