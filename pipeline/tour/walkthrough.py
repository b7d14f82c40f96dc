"""The walkthrough of CS231n: its ideas tried on a folder of images, chapter by chapter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from handcraft.pipeline.report.page import write_page
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.tour.chapters import (
    captions,
    descent,
    examples,
    features,
    gradients,
    linear,
    losses,
    nearest,
    networks,
    perturbations,
    scoreboard,
    words,
)
from handcraft.pipeline.tour.material import Material, gather


class Chapter(NamedTuple):
    """A chapter: its title, its template, its content, and the files that it is about."""

    title: str
    name: str
    content: Callable[[Material], dict[str, Any]]
    files: tuple[str, ...]

    @property
    def template(self) -> str:
        """Where its text stands."""
        return f"tour/chapters/{self.name}.html.j2"


CHAPTERS = (
    Chapter(
        "Examples instead of rules",
        "examples",
        examples.content,
        ("data/folder.py", "data/bundled.py"),
    ),
    Chapter(
        "Ask the nearest neighbour",
        "nearest",
        nearest.content,
        ("classifiers/nearest.py", "classifiers/distances.py"),
    ),
    Chapter(
        "A score for every class",
        "linear",
        linear.content,
        ("classifiers/linear.py", "pipeline/plots/templates.py"),
    ),
    Chapter(
        "How wrong is a score?",
        "losses",
        losses.content,
        ("classifiers/losses.py", "classifiers/backprop/gradient_check.py"),
    ),
    Chapter(
        "Going downhill",
        "descent",
        descent.content,
        (
            "classifiers/optim/random_search.py",
            "classifiers/optim/minimise.py",
            "classifiers/optim/update_rules.py",
        ),
    ),
    Chapter(
        "Who is to blame?",
        "gradients",
        gradients.content,
        ("classifiers/backprop/graph.py", "classifiers/backprop/expression.py"),
    ),
    Chapter(
        "What to look at", "features", features.content, ("features/hog.py", "features/hue.py")
    ),
    Chapter(
        "Words made of patches",
        "words",
        words.content,
        ("features/words/vocabulary.py", "features/words/triangle.py"),
    ),
    Chapter(
        "Raw pixels against features",
        "scoreboard",
        scoreboard.content,
        ("pipeline/experiment/comparison.py", "pipeline/experiment/statistics.py"),
    ),
    Chapter(
        "What they cannot see",
        "perturbations",
        perturbations.content,
        ("data/perturbations.py", "pipeline/experiment/stress.py"),
    ),
    Chapter(
        "What no line can separate",
        "networks",
        networks.content,
        ("classifiers/network.py", "pipeline/tour/hard_cases.py"),
    ),
    Chapter(
        "From a word to a sentence",
        "captions",
        captions.content,
        ("classifiers/backprop/recurrent.py", "pipeline/tour/chapters/captions.py"),
    ),
)

STEPS = {"Finding": 1, "Racing": 1, "Extracting": 22, "Training": 2, "Writing": 1}
"""The steps beside those of `gather`, by kind. Rows are extracted of three feature sets on images
perturbed in four ways; ten times they are there already."""


def write_tour(folder: Path, context: RunContext, seed: int) -> Path:
    """Write tour.html, with numbers of the bundled sample, to `folder` and return its path.

    Parameters
    ----------
    folder
        Exists.
    context
        The cache, the number of workers and the progress reporter.
    seed
        Of everything random. The same seed gives the same page.
    """
    context.progress.expect(STEPS)
    return tell(folder, gather(context, seed))


def tell(folder: Path, material: Material) -> Path:
    """Fill every chapter from the same material, write the page, and return its path."""
    content: dict[str, Any] = {}
    for chapter in CHAPTERS:
        content |= chapter.content(material)
    with material.context.progress.stage("Writing the page", 1):
        return write_page(
            folder / "tour.html",
            "tour/tour.html.j2",
            chapters=CHAPTERS,
            class_names=material.class_names,
            n_training=len(material.dataset.training),
            n_test=len(material.test),
            is_sample=material.comparison.is_bundled_sample,
            seed=material.seed,
            **content,
        )
