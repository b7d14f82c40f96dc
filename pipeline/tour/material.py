"""The material shared by all chapters of the tour: images, and models trained on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handcraft.data.bundled import sample_folder
from handcraft.features import make_extractor
from handcraft.features.base import Extractor
from handcraft.features.words.configurations import PatchWords
from handcraft.pipeline.experiment.comparison import Comparison, compare, steps_of_comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.training import Recipe, make_classifier, train
from handcraft.pipeline.extraction.row_matrix import JoinedRows
from handcraft.pipeline.extraction.rows import compute_rows
from handcraft.pipeline.images.dataset import Dataset, load_dataset, with_test_images
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext

N_WORDS = 100
"""Patch words: enough to win on the sample, few enough to look at, and to train on in seconds."""


@dataclass(frozen=True)
class Material:
    """Images in two parts, and models: of softmax on each feature set, of the SVM on raw pixels."""

    dataset: Dataset
    test: CheckedImages
    comparison: Comparison
    context: RunContext
    seed: int

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each class."""
        return self.dataset.class_names

    @property
    def softmax(self) -> list[Evaluation]:
        """The evaluations of softmax, one for each feature set."""
        return [row for row in self.comparison.evaluations if row.classifier == "softmax"]

    def rows(self, extractor: Extractor) -> tuple[JoinedRows, JoinedRows]:
        """Return the rows of the training and of the test images."""
        parts = (self.dataset.training, self.test)
        training, test = (compute_rows(extractor, part, self.context).rows for part in parts)
        return training, test


def gather(context: RunContext, seed: int, images: Path | None = None) -> Material:
    """Read a class-per-folder tree, by default the bundled sample, and train on it."""
    recipes = [
        Recipe(extractor, make_classifier(name, seed, context))
        for extractor, name in (
            (make_extractor("raw"), "svm"),
            (make_extractor("raw"), "softmax"),
            (make_extractor("hog+hue"), "softmax"),
            (PatchWords(n_words=N_WORDS), "softmax"),
        )
    ]
    context.progress.expect(steps_of_comparison(len(recipes)))
    loaded = load_dataset(images or context.write_to_cache(sample_folder), None, context)
    dataset, test = with_test_images(loaded, seed)
    models = (train(recipe, dataset, seed, context) for recipe in recipes)
    comparison = compare(models, test, context, is_bundled_sample=images is None)
    return Material(dataset, test, comparison, context, seed)
