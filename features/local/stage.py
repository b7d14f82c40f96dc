"""Stages of an encoder of visual words: frozen dataclasses with validated parameters."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from handcraft.features.state import State, check_parameters, from_plain, plain


@dataclass(frozen=True)
class Stage:
    """One step from an image to its row. Its parameters are validated on construction.

    A concrete stage is a frozen dataclass with a `kind`; its fields are parameters, see
    `handcraft.features.state.parameter`. It has no learned state: that is passed to its methods.
    """

    kind: ClassVar[str]
    """The name of this stage in a state."""

    kinds: ClassVar[dict[str, type[Stage]]] = {}
    """The stages by kind."""

    def __init_subclass__(cls) -> None:
        if "kind" in vars(cls):
            Stage.kinds[cls.kind] = cls

    def __post_init__(self) -> None:
        check_parameters(self)

    @property
    def name(self) -> str:
        """The kind, for messages."""
        return self.kind

    def to_state(self) -> State:
        """Return the kind and the parameters as plain data for `from_state`."""
        return {"kind": self.kind} | {f.name: plain(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Rebuild a stage, one of the kinds of this class, from `to_state`'s output.

        Raises
        ------
        ValueError
            If the kind of the state is unknown, or its parameters are invalid.
        """
        kind = state.get("kind") if isinstance(state, dict) else None
        found = Stage.kinds.get(kind) if isinstance(kind, str) else None
        if found is None or not issubclass(found, cls):
            known = sorted(kind for kind, stage in Stage.kinds.items() if issubclass(stage, cls))
            raise ValueError(f"a state holds the stage {state!r}; expected one of {known}")
        names = [f.name for f in fields(found)]
        if state.keys() != {"kind", *names}:
            raise ValueError(f"the stage {found.kind!r} holds {sorted(state)}; expected {names}")
        return found(**{name: from_plain(state[name], None) for name in names})
