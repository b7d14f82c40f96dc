"""An explanation: the difference of two classes' scores as a sum over blocks and over pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.data.errors import RequestError
from handcraft.features.attribution import PixelMap, pixel_shares
from handcraft.features.base import Extractor
from handcraft.pipeline.explanation.heat_map import Place, heat_map, shown_size, top_places
from handcraft.pipeline.explanation.hues import HueSum, hue_sums
from handcraft.pipeline.pages.thumbnails import shrunk
from handcraft.pipeline.run.text import percent

Values = NDArray[np.floating[Any]]


class ComparedClasses(NamedTuple):
    """The numbers of two classes, and the score of the first minus that of the second."""

    names: tuple[str, ...]
    given: int
    against: int
    difference: float


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why a model assigns an image to one class rather than to another.

    Attributes
    ----------
    image
        uint8 (height, width, 3).
    given, against
        The two classes' names.
    probabilities
        Of every class, by name; they add up to 1.
    difference
        The score of `given` minus that of `against`, by the classifier's `decision_function`.
    contributions
        float64 (n_features,): weight times value. With the `bias` they add up to the difference, to
        the floating-point precision of scores.
    bias
        The part that does not depend on the image.
    parts
        Sums of contributions by block of the row: each feature set of a concatenation is one.
    places
        float64 (height, width): the contribution of each pixel to the difference, see
        `handcraft.features.attribution.pixel_shares`. The total is exact; the distribution of a
        value over the pixels that it is a sum of is a convention.
    hues
        The contribution of each hue, the strongest first, if the row has histograms of hues.
    """

    image: Image
    given: str
    against: str
    probabilities: Mapping[str, float]
    difference: float
    contributions: NDArray[np.float64]
    bias: float
    parts: Mapping[str, float]
    places: PixelMap
    hues: tuple[HueSum, ...] = ()

    @property
    def placeless(self) -> float:
        """The sum of contributions that do not come from any pixel.

        These are constants, such as the mean that a concatenation subtracts, and rounding errors of
        rows in float16.
        """
        return sum(self.parts.values()) - float(self.places.sum())

    @cached_property
    def top_places(self) -> list[Place]:
        """The places with the strongest evidence for the class and against it; see `top_places`."""
        return top_places(self.places)

    @cached_property
    def picture(self) -> Image:
        """The image in the displayed size."""
        return shrunk(self.image, max(shown_size(self.image)))

    @cached_property
    def heat_map(self) -> Image:
        """The image in grey, overlaid with the colours of evidence for the class and against it."""
        return heat_map(self.picture, self.places)

    def __repr__(self) -> str:
        sums = [f"{name} {value:+.3g}" for name, value in self.parts.items()]
        p = percent(self.probabilities[self.given])
        return (
            f"{self.given} ({p}) against {self.against}: "
            f"{self.difference:+.3g} = {', '.join(sums)}, bias {self.bias:+.3g}"
        )

    def _repr_html_(self) -> str:
        from handcraft.pipeline.pages.templates import page_environment  # no prediction needs it

        template = page_environment().get_template("explanation/notebook.html.j2")
        return template.render(explanation=self)


def compared_classes(
    scores: Values, names: tuple[str, ...], given: str | None, against: str | None
) -> ComparedClasses:
    """Return the two classes: those given, else those of the highest scores.

    Parameters
    ----------
    scores
        (n_classes,).

    Raises
    ------
    RequestError
        If a class does not exist, or both are the same.
    """
    for name in (given, against):
        if name is not None and name not in names:
            raise RequestError(f"there is no class {name!r}; use one of {', '.join(names)}")
    best = [names[i] for i in np.argsort(-scores, kind="stable")]
    given = given or next(name for name in best if name != against)
    against = against or next(name for name in best if name != given)
    if given == against:
        raise RequestError(f"{given!r} against itself; name another class")
    first, second = names.index(given), names.index(against)
    return ComparedClasses(names, first, second, float(scores[first] - scores[second]))


def explain(
    extractor: Extractor,
    image: Image,
    row: Values,
    linear: tuple[Values, Values],
    pair: ComparedClasses,
    probabilities: Sequence[float] | Values,
) -> Explanation:
    """Return the explanation of the difference of two classes' scores.

    Parameters
    ----------
    row
        The image's row, (n_features,), as scored.
    linear
        Weights (n_classes, n_features) and biases (n_classes,), see `Classifier.linear_at`.
    pair
        The two classes.
    probabilities
        (n_classes,).
    """
    weights, bias = (values[pair.given] - values[pair.against] for values in linear)
    contributions = weights * row.astype(np.float64)
    edges = np.cumsum(list(extractor.blocks.values()))[:-1]
    sums = [float(block.sum()) for block in np.split(contributions, edges)]
    return Explanation(
        image,
        pair.names[pair.given],
        pair.names[pair.against],
        dict(zip(pair.names, map(float, probabilities), strict=True)),
        pair.difference,
        contributions,
        float(bias),
        dict(zip(extractor.blocks, sums, strict=True)),
        pixel_shares(extractor, image, weights),
        hue_sums(extractor, contributions),
    )
