"""Checks of single images: blank, dark, blurred, tiny, huge, of an odd shape or colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handcraft.data.formats.kinds import format_of_name
from handcraft.data.names import counted
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.survey import Survey

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class ImageCheck:
    """A check of every image by itself.

    Parameters
    ----------
    name, severity
        Its name, and how much it matters.
    score
        Computes a score of every image from the raw values.
    unit
        What the score measures, to be read after the number.
    threshold
        The score at which an image stands out, upwards if `above`, else downwards.
    what
        Description of such images, after their number; `remedy` says what to do.
    """

    name: str
    severity: Severity
    score: Callable[[Survey], Scores]
    unit: str
    threshold: float
    above: bool
    what: str
    remedy: str

    def __call__(self, survey: Survey) -> list[Finding]:
        """Return a finding if any image stands out, the worst image first."""
        scores = self.score(survey)
        stands_out = scores >= self.threshold if self.above else scores <= self.threshold
        found = np.flatnonzero(stands_out)
        if len(found) == 0:
            return []
        found = found[np.argsort(-scores[found] if self.above else scores[found], kind="stable")]
        paths = survey.pick(found)
        return [
            Finding(
                self.name,
                self.severity,
                f"{counted(len(found), 'image')} {self.what}",
                self.remedy,
                groups=tuple((path,) for path in paths),
                scores=tuple(scores[found].tolist()),
                notes=tuple(f"{score:.3g} {self.unit}" for score in scores[found]),
                threshold=self.threshold,
                set_aside=paths if self.severity > Severity.NOTE else (),
            )
        ]


def _contrast(survey: Survey) -> Scores:
    return survey.values(lambda m: m.contrast) * _stretch(survey)


def _lightness(survey: Survey) -> Scores:
    """Return the 99th percentile of grey levels; a blank image, black or not, is not dark."""
    lightness = survey.values(lambda m: m.lightest) * _stretch(survey)
    return np.where(_contrast(survey) > BLANK.threshold, lightness, 255.0)


def _blur(survey: Survey) -> Scores:
    return np.where(_contrast(survey) > BLANK.threshold, survey.values(lambda m: m.blur), 0.0)


def _stretch(survey: Survey) -> Scores:
    """Return the factor of each image's values that compensates for unused bits."""
    is_wide = survey.values(lambda m: m.info.bits == 16)
    return np.where(is_wide, 2.0 ** (16 - used_bits(survey)), 1.0)


def _shorter_side(survey: Survey) -> Scores:
    return survey.values(lambda m: float(min(m.info.height, m.info.width)))


def _relative_size(survey: Survey) -> Scores:
    """Return the square root of each image's area relative to the folder's median."""
    sides = np.sqrt(survey.values(lambda m: float(m.info.height * m.info.width)))
    return np.asarray(sides / np.median(sides))


def _oddness_of_shape(survey: Survey) -> Scores:
    """Return the factor by which each aspect ratio differs from the folder's median."""
    ratios = np.log(survey.values(lambda m: m.info.width / m.info.height))
    return np.asarray(np.exp(np.abs(ratios - np.median(ratios))))


BLANK = ImageCheck(
    "blank",
    Severity.WARNING,
    _contrast,
    "levels of contrast",
    threshold=2.0,
    above=False,
    what="of one colour: there is nothing to see",
    remedy="remove them",
)
DARK = ImageCheck(
    "dark",
    Severity.NOTE,
    _lightness,
    "of 255",
    threshold=48.0,
    above=False,
    what="nearly black: 99 in 100 pixels are darker than a fifth of the scale",
    remedy="check whether they are exposed like the images that will be classified",
)
BLURRED = ImageCheck(
    "blurred",
    Severity.NOTE,
    _blur,
    "of 1",
    threshold=0.6,
    above=True,
    what="blurred",
    remedy="check whether their subject is still recognisable",
)
TINY = ImageCheck(
    "tiny",
    Severity.WARNING,
    _shorter_side,
    "pixels",
    threshold=7.0,
    above=False,
    what="less than 8 pixels high or wide",
    remedy="remove them, or replace them by larger ones",
)
SMALL = ImageCheck(
    "small",
    Severity.NOTE,
    _relative_size,
    "times the median size",
    threshold=1 / 8,
    above=False,
    what="small: an eighth of the others' size or less",
    remedy="check whether they are thumbnails or icons",
)
HUGE = ImageCheck(
    "huge",
    Severity.NOTE,
    _relative_size,
    "times the median size",
    threshold=8.0,
    above=True,
    what="huge: eight times the others' size or more",
    remedy="shrink them: they take longer to read, and the features do not use the detail",
)
ODD_SHAPE = ImageCheck(
    "odd aspect ratio",
    Severity.NOTE,
    _oddness_of_shape,
    "times the median ratio",
    threshold=3.0,
    above=True,
    what="of an odd shape: three times wider or higher than the others",
    remedy="check whether they show the same subjects: they are stretched to the others' shape",
)
IMAGE_CHECKS = (BLANK, DARK, BLURRED, TINY, SMALL, HUGE, ODD_SHAPE)

GREY = 6
"""Largest difference between the channels of a grey image's thumbnail, in levels: that of a grey
photograph saved as a JPEG in colour."""


def grey_among_colour(survey: Survey) -> list[Finding]:
    """Find the grey images if most are in colour, or those in colour if most are grey."""
    is_grey = survey.values(lambda m: m.chroma <= GREY)
    few, many = ("grey", "in colour") if is_grey.mean() <= 0.5 else ("in colour", "grey")
    is_blank = _contrast(survey) <= BLANK.threshold
    found = np.flatnonzero((is_grey == (few == "grey")) & ~is_blank)
    if len(found) == 0:
        return []
    paths = survey.pick(found)
    return [
        Finding(
            "grey among colour" if few == "grey" else "colour among grey",
            Severity.NOTE,
            f"{counted(len(found), 'image')} {few}, while most are {many}",
            "make sure that the images to be classified include such ones",
            groups=tuple((path,) for path in paths),
            threshold=GREY,
        )
    ]


def used_bits(survey: Survey) -> int:
    """Return the bits used by the values of all 16-bit files together; 16 without any."""
    tops = [m.brightest_value for m in survey.measured if m.info.bits == 16]
    # A top is the largest value v as v / 257, rounded up or down: 4095 becomes 15 or 16.
    return min(8 + int(np.ceil(np.log2(max(*tops, 1.5) - 0.5))), 16) if tops else 16


def unused_bits(survey: Survey) -> list[Finding]:
    """Find 16-bit files whose values together use less than half of the range."""
    used = used_bits(survey)
    if used == 16:
        return []
    paths = survey.pick(np.flatnonzero(survey.values(lambda m: m.info.bits == 16)))
    return [
        Finding(
            "unused bits",
            Severity.WARNING,
            f"{counted(len(paths), '16-bit image')} with values of {used} bits: nearly black",
            f"train and compare with --stretch, or multiply the values by {2 ** (16 - used)}",
            groups=tuple((path,) for path in paths),
        )
    ]


def misnamed(survey: Survey) -> list[Finding]:
    """Find files with the extension of another format."""
    suffixes = [path.suffix for path in survey.paths]
    named = {suffix: format_of_name(f"image{suffix}") for suffix in set(suffixes)}
    found = [
        path
        for path, suffix, measured in zip(survey.paths, suffixes, survey.measured, strict=True)
        if named[suffix] not in (measured.info.format, None)
    ]
    if not found:
        return []
    return [
        Finding(
            "misnamed format",
            Severity.NOTE,
            f"{counted(len(found), 'file')} in another format than the name says",
            "they are read as what they are; other programs may refuse them",
            groups=tuple((path,) for path in found),
        )
    ]
