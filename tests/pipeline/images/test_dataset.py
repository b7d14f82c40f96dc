"""Random splits of the training images: every image in its turn, and no group taken apart."""

import numpy as np
import pytest

from handcraft.data.decode import ImageInfo
from handcraft.data.errors import RequestError
from handcraft.data.image_set import ImageSet
from handcraft.pipeline.images.dataset import Dataset, Splitting, random_splits
from handcraft.pipeline.images.intake import CheckedImages


def make_dataset(tmp_path, labels, contents, groups=None):
    """Return images of which those of the same content are copies."""
    paths = tuple(tmp_path / f"{i}.png" for i in range(len(labels)))
    infos = {p: ImageInfo(f"{c:032x}", 8, 8, "PNG") for p, c in zip(paths, contents, strict=True)}
    images = ImageSet(paths, np.array(labels), groups)
    return Dataset(tmp_path, ("a", "b"), CheckedImages(images, infos, ()), None, ())


@pytest.fixture
def dataset(tmp_path):
    """Return 60 images: every two copies of each other, every six of one group."""
    groups = tuple(f"patient {i // 6}" for i in range(60))
    return make_dataset(tmp_path, [i // 30 for i in range(60)], [i // 2 for i in range(60)], groups)


def test_folds_test_every_image_once_each_time_and_take_no_group_apart(dataset):
    splits = random_splits(dataset, Splitting(5, 2), seed=0)
    assert len(splits) == 10
    for repeat in (splits[:5], splits[5:]):
        tested = [path for _, test in repeat for path in test.paths]
        assert sorted(tested) == sorted(dataset.training.paths)
    for part, test in splits:
        assert set(part.training.images.groups).isdisjoint(test.images.groups)
        assert set(part.training.digests).isdisjoint(test.digests)
        assert len(part.training) + len(test) == 60
        assert set(test.labels) == {0, 1}
    assert splits[0][1].paths != splits[5][1].paths
    again = random_splits(dataset, Splitting(5, 2), seed=0)
    assert [test.paths for _, test in again] == [test.paths for _, test in splits]


def test_without_folds_a_fifth_is_held_out_each_time(dataset):
    splits = random_splits(dataset, Splitting(None, 3), seed=7)
    assert len({test.paths for _, test in splits}) == 3
    for part, test in splits:
        assert len(test) == 12
        assert set(part.training.images.groups).isdisjoint(test.images.groups)


def test_classes_of_one_group_cannot_be_split(tmp_path):
    dataset = make_dataset(tmp_path, [0, 0, 1, 1], [0, 0, 1, 1])
    with pytest.raises(RequestError, match="which splits keep together"):
        random_splits(dataset, Splitting(3, 2), seed=0)
