"""Image features: extractors by name, alone or joined by plus signs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from handcraft.classifiers.numerics.registry import Registry
from handcraft.features.base import MIRROR_SUFFIX, Extractor
from handcraft.features.combine.concat import Concat
from handcraft.features.hog import Hog, UnsignedHog
from handcraft.features.hue import Hue
from handcraft.features.raw import Raw
from handcraft.features.state import State
from handcraft.features.words.configurations import HogWords, PatchWords, SiftWords, WideHogWords
from handcraft.features.words.encoder import Encoder
from handcraft.features.words.vlad import Vlad

EXTRACTORS: Registry[Extractor] = Registry(
    "handcraft.extractors",
    [Raw, Hue, Hog, UnsignedHog, SiftWords, PatchWords, HogWords, WideHogWords, Vlad],
    word="kind",
)
"""Extractors by name.

Another distribution adds one by an entry point of the group ``handcraft.extractors``; it is a
subclass of `handcraft.features.base.Extractor`.
"""

UNNAMED: dict[str, type[Extractor]] = {kind.kind: kind for kind in (Concat, Encoder)}
"""Extractors that a state may hold, but that cannot be selected by name."""

MAX_DEPTH = 3
"""The most levels of nesting: a concatenation holds `vlad`, which holds encoders."""


def make_extractor(spec: str, sized: Mapping[str, Extractor] | None = None) -> Extractor:
    """Return the unfitted extractor named by `spec`.

    Parameters
    ----------
    spec
        A name of `EXTRACTORS`, or several different ones joined by plus signs; each may end in
        ``:mirror`` (see `handcraft.features.base.Extractor`).
    sized
        Extractors to use instead of those with default parameters, by name.

    Raises
    ------
    ValueError
        If a name is unknown or repeated.

    Examples
    --------
    >>> make_extractor("hog:mirror")
    Hog(mirror=True, seed=0, grids=(3, 5), orientations=18, directions='both', block=2, \
norm='L1-sqrt', max_side=96)
    >>> make_extractor("hog:mirror+hue").name
    'hog:mirror+hue'
    """
    parts = spec.split("+")
    names = [part.removesuffix(MIRROR_SUFFIX) for part in parts]
    unknown = [name for name in names if name not in EXTRACTORS]
    if unknown:
        raise ValueError(
            f"no features are called {unknown[0]!r} (in {spec!r}); use one of "
            f"{', '.join(EXTRACTORS)}, or several joined by +, such as hog+hue"
        )
    if len(set(names)) < len(names):
        raise ValueError(f"the features {spec!r} name the same extractor twice; name each once")
    plain = [(sized or {}).get(name) or EXTRACTORS[name]() for name in names]
    extractors = [
        extractor.mirrored() if part.endswith(MIRROR_SUFFIX) else extractor
        for extractor, part in zip(plain, parts, strict=True)
    ]
    return extractors[0] if len(extractors) == 1 else Concat(extractors)


def extractor_from_state(state: State) -> Extractor:
    """Rebuild a fitted extractor of any kind from its `to_state`.

    Raises
    ------
    ValueError
        If the state is not of an extractor of this version, or invalid in any other way; see
        `handcraft.features.base.Extractor.from_state`.
    """
    extractor = _read(state, MAX_DEPTH)
    if not extractor.__sklearn_is_fitted__():
        raise ValueError(f"the state of {extractor.name!r} does not hold what fit learns")
    return extractor


def _read(state: Any, depth: int) -> Extractor:
    """Rebuild an extractor, and those within it as far as `depth` allows."""
    kind: Any = state.get("kind") if isinstance(state, dict) else None
    if isinstance(kind, str) and kind in UNNAMED:
        found = UNNAMED[kind]
    elif kind in EXTRACTORS:  # searches other distributions for what is not ours
        found = EXTRACTORS[kind]
    else:
        raise ValueError(
            f"the state is of the features {kind!r}, which this installation does not have; it "
            f"has {', '.join(EXTRACTORS)}"
        )
    if depth == 0:
        raise ValueError(f"the state holds {kind!r} within others, more than {MAX_DEPTH} deep")
    return found.from_state(state, functools.partial(_read, depth=depth - 1))
