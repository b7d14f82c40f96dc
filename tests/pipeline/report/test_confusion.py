"""What the page shows of a confusion matrix."""

from pathlib import Path

import numpy as np

from handcraft.pipeline.report import confusion
from handcraft.pipeline.report.confusion import confusion_view


def view_of(labels, predicted, n_classes):
    paths = [Path(f"{i}.png") for i in range(len(labels))]
    return confusion_view(paths, np.array(labels), np.array(predicted), n_classes)


def test_every_image_is_in_the_cell_of_its_classes():
    labels, predicted = [0, 0, 0, 1, 2], [0, 1, 1, 1, 0]
    view = view_of(labels, predicted, 3)
    shown = {pair: cell.shown for pair, cell in view.cells.items()}
    assert shown == {(0, 0): [0], (0, 1): [1, 2], (1, 1): [3], (2, 0): [4]}
    assert view.cells[0, 1].share == 2 / 3
    assert {i: image["name"] for i, image in view.images.items()} == {
        i: f"{i}.png" for i in range(5)
    }
    assert sorted(view.order) == [0, 1, 2]


def test_large_sets_show_a_bounded_number_of_images():
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(10, size=(2, 10_000))
    view = view_of(labels, predicted, 10)
    assert sum(cell.count for cell in view.cells.values()) == 10_000
    assert len(view.images) <= confusion.MAX_THUMBNAILS
    assert all(len(cell.shown) == confusion.MAX_PER_CELL for cell in view.cells.values())
