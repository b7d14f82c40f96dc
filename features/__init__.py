"""Image features: every extractor by name, alone or chained with a plus sign."""

from __future__ import annotations

from collections.abc import Mapping

from handcraft.features.base import MIRROR_SUFFIX, Extractor
from handcraft.features.combine.concat import Concat
from handcraft.features.hog import Hog, UnsignedHog
from handcraft.features.hue import Hue
from handcraft.features.raw import Raw
from handcraft.features.state import State
from handcraft.features.words.configurations import HogWords, PatchWords, SiftWords, WideHogWords
from handcraft.features.words.encoder import Encoder
from handcraft.features.words.vlad import Vlad

EXTRACTORS: dict[str, type[Extractor]] = {
    extractor.kind: extractor
    for extractor in (
        Raw,
        Hue,
        Hog,
        UnsignedHog,
        SiftWords,
        PatchWords,
        HogWords,
        WideHogWords,
        Vlad,
    )
}
"""The extractors with their default parameters, by the name that selects them."""


def make_extractor(spec: str, sized: Mapping[str, Extractor] | None = None) -> Extractor:
    """Return the extractor that `spec` names, not yet fitted.

    Parameters
    ----------
    spec
        A name of `EXTRACTORS`, or several different ones joined by plus signs; each may end in
        ``:mirror`` (see `handcraft.features.base.Extractor`).
    sized
        Extractors to take in place of those with default parameters, by name.

    Raises
    ------
    ValueError
        If a name is unknown or comes twice.

    Examples
    --------
    >>> make_extractor("hog").name
    'hog'
    >>> make_extractor("hog+hue").name
    'hog+hue'
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
        If the state names no extractor of this version.
    """
    kinds = EXTRACTORS | {kind.kind: kind for kind in (Concat, Encoder)}
    kind = state.get("kind")
    if kind not in kinds:
        raise ValueError(
            f"the state is of the features {kind!r}, which this version does not have; it has "
            f"{', '.join(EXTRACTORS)}"
        )
    return kinds[kind].from_state(state, extractor_from_state)
