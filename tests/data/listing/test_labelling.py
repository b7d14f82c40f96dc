"""Labels from the names of files, and groups from paths."""

import pytest

from handcraft.data.errors import RequestError
from handcraft.data.folder import scan, scan_test
from handcraft.data.listing.labelling import Labelling
from handcraft.data.listing.layout import role_of
from handcraft.data.splits import stratified_split


def make_files(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    "pattern", [r"^([a-z]+)\.", r"(?P<label>[a-z]+)\.\d", r"(\.)?x?(?P<label>cat|dog)"]
)
def test_labels_are_found_in_names(tmp_path, pattern):
    make_files(tmp_path, "cat.0.jpg", "dog.0.jpg", "x/cat.1.jpg", "x/dog.1.jpg", "notes.txt")
    manifest = scan(tmp_path, Labelling(pattern=pattern))
    assert manifest.class_names == ("cat", "dog")
    assert [path.name for path in manifest.train.paths] == [
        "cat.0.jpg",
        "cat.1.jpg",
        "dog.0.jpg",
        "dog.1.jpg",
    ]
    assert manifest.train.labels.tolist() == [0, 0, 1, 1]
    assert manifest.report.sentences() == [
        f"Ignored 1 file that is not an image: {tmp_path}/notes.txt"
    ]


def test_labels_in_names_with_training_and_test_folders(tmp_path):
    make_files(tmp_path, *(f"Train/{c}.{i}.jpg" for c in ("cat", "dog") for i in range(3)))
    make_files(tmp_path, "Test/cat.9.jpg", "Test/x.jpg")
    labelling = Labelling(pattern=r"^(.*)\.\d")
    manifest = scan(tmp_path, labelling)
    assert len(manifest.train) == 6
    assert [path.name for path in manifest.test.paths] == ["cat.9.jpg"]
    assert manifest.report.warnings == [
        f"Left out 1 image whose name --label-pattern does not match: {tmp_path}/Test/x.jpg"
    ]
    found, _ = scan_test(tmp_path, ["dog", "cat"], labelling)
    assert found.labels.tolist() == [1]


@pytest.mark.parametrize(
    ("labelling", "message"),
    [
        (Labelling(pattern="("), r"--label-pattern '\(' is not a regular expression: "),
        (Labelling(pattern="cat"), "has no group; put the part that is the label into parentheses"),
        (
            Labelling(pattern=r"_(\d+)_"),
            r"'_\(\\d\+\)_' matches none of 4 names, such as cat\.0\.jpg",
        ),
        (Labelling(pattern=r"(cat|dog)", group_by="["), r"--group-by '\[' is not a regular"),
        (Labelling(pattern=r"(cat|dog)", group_by="x"), "--group-by 'x' matches none of 4 paths"),
    ],
)
def test_patterns_that_do_not_do_are_refused_in_a_sentence(tmp_path, labelling, message):
    make_files(tmp_path, *(f"{c}.{i}.jpg" for c in ("cat", "dog") for i in range(2)))
    with pytest.raises(RequestError, match=message) as caught:
        scan(tmp_path, labelling)
    assert str(caught.value).endswith(".")


def test_groups_are_found_in_paths_and_never_split(tmp_path):
    names = [f"{c}/patient{p}/{i}.png" for c in "ab" for p in range(10) for i in range(4)]
    make_files(tmp_path, *names, "a/loose.png")
    manifest = scan(tmp_path, Labelling(group_by=r"(?P<group>[ab]/patient\d)"))
    images = manifest.train
    assert set(images.groups) >= {"a/patient0", "b/patient9"}
    assert manifest.report.warnings == [
        f"1 image that --group-by does not match, each a group of its own: {tmp_path}/a/loose.png"
    ]
    train, test = stratified_split(images, manifest.class_names, 0.2, seed=0)
    assert set(train.groups).isdisjoint(test.groups)
    assert len(test) in (16, 17)


def test_a_pattern_for_groups_without_a_group_stands_for_all_that_it_matches(tmp_path):
    make_files(tmp_path, *(f"{c}/s{s}-{i}.png" for c in "ab" for s in "12" for i in "xy"))
    assert scan(tmp_path, Labelling(group_by=r"s\d")).train.groups == ("s1", "s1", "s2", "s2") * 2
    of_cameras = Labelling(group_by=r"-(\w)")
    assert scan(tmp_path, of_cameras).train.groups == ("x", "y") * 4


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("train", "training"),
        ("TRAINING", "training"),
        ("train-images", "training"),
        ("test set", "test"),
        ("Testing", "test"),
        ("val", "validation"),
        ("valid_data", "validation"),
        ("dev", "development"),
        ("evaluation", "evaluation"),
        ("trains", None),
        ("contest", None),
        ("set", None),
        ("", None),
    ],
)
def test_roles_by_name(name, role):
    assert role_of(name) == role
