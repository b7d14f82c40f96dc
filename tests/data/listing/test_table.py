"""Tables of paths and labels are read as people have them, or the line and column are named."""

import codecs
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handcraft.data.errors import RequestError
from handcraft.data.folder import scan, scan_test
from handcraft.data.listing.labelling import Labelling


@pytest.fixture
def photos(tmp_path):
    """Return a folder of six images without class folders."""
    (tmp_path / "images").mkdir()
    for i in range(6):
        (tmp_path / "images" / f"{i}.png").touch()
    return tmp_path


def write(folder, text, encoding="utf-8"):
    (folder / "labels.csv").write_bytes(text.encode(encoding, "surrogateescape"))
    return Labelling(table=folder / "labels.csv")


def rows(*lines):
    return "\n".join(["path,label,split,group", *lines]) + "\n"


def found(images):
    return [
        (path.name, int(label)) for path, label in zip(images.paths, images.labels, strict=True)
    ]


def lines(delimiter, header="path,label", prefix="images/", suffix=".png"):
    cells = [header, *(f"{prefix}{i}{suffix},{'cat' if i % 2 else 'dog'}" for i in range(6))]
    return "\n".join(cells).replace(",", delimiter)


@pytest.mark.parametrize(
    "text",
    [
        lines(","),
        lines(";"),
        lines("\t"),
        lines("|"),
        lines(" "),
        lines(":"),
        lines(",").replace("\n", "\r\n"),
        lines(",", header=" Path , LABEL "),
        lines(",", header="filename,class"),
        lines(",", header="id,label", suffix=""),  # as on Kaggle
        lines(",", prefix=""),  # relative to the folder in place of the table
        lines(",", prefix="", suffix=""),
        lines(",").replace("path,label", '"path","label"') + "\n\n",
        lines(",", prefix="images\\"),  # as Windows has it
        "sep=;\n" + lines(";"),  # as Excel has it
        lines(",", header='"a;b;c;d;e",path,label', prefix=",images/"),
        lines(",", header="image_path,labels"),
        lines(",") + ",,",
        codecs.BOM_UTF8.decode() + lines(","),
    ],
)
def test_the_usual_forms_of_a_table_are_read(photos, text):
    manifest = scan(photos / "images", write(photos, text))
    assert manifest.class_names == ("cat", "dog")
    assert found(manifest.train) == [
        ("1.png", 0),
        ("3.png", 0),
        ("5.png", 0),
        ("0.png", 1),
        ("2.png", 1),
        ("4.png", 1),
    ]
    assert manifest.test is None
    assert manifest.train.groups is None


def test_a_table_in_utf_16_and_names_in_no_unicode_are_read(photos):
    labelling = write(photos, "\ufeff" + lines("\t", header="path,label"), "utf-16-le")
    assert len(scan(photos, labelling).train) == 6
    raw = os.fsencode(photos) + b"/images/caf\xe9.png"
    Path(os.fsdecode(raw)).touch()
    labelling = write(photos, lines(",") + "\nimages/caf\udce9.png,cat")
    assert os.fsdecode(raw) in map(str, scan(photos, labelling).train.paths)


def test_labels_that_are_no_unicode_are_told(photos):
    labelling = write(photos, lines(",").replace("dog", "caf\udce9"))
    (said,) = scan(photos, labelling).report.warnings
    assert said.startswith(f"{photos / 'labels.csv'}: not in UTF-8")


def test_splits_and_groups_of_a_table(photos):
    text = rows(
        "images/0.png,a,Train,p1",
        "images/1.png,a,training,",
        "images/2.png,b,train,p2",
        "images/3.png,b,train,p2",
        "images/4.png,a,TEST,p1",
        "images/5.png,b,val,p3",
    )
    manifest = scan(photos, write(photos, text))
    assert found(manifest.train) == [("0.png", 0), ("1.png", 0), ("2.png", 1), ("3.png", 1)]
    assert manifest.train.groups == ("p1", str(photos / "images/1.png"), "p2", "p2")
    assert found(manifest.test) == [("4.png", 0)]
    assert manifest.report.sentences() == [
        "Not used: 1 image for validation",
        "No test images of 1 class: b",
        "1 group in both training and test images: p1",
    ]
    in_test, _ = scan_test(photos, ["b", "a"], Labelling(table=photos / "labels.csv"))
    assert found(in_test) == [("4.png", 1)]


def test_the_order_of_lines_does_not_matter(photos):
    header, *others = lines(",").split("\n")
    forwards = scan(photos, write(photos, "\n".join([header, *others])))
    backwards = scan(photos, write(photos, "\n".join([header, *others[::-1]])))
    assert forwards.train.paths == backwards.train.paths
    np.testing.assert_array_equal(forwards.train.labels, backwards.train.labels)


def test_images_that_are_not_there_are_left_out_and_named(photos):
    manifest = scan(photos, write(photos, lines(",") + "\nimages/9.png,cat\ngone,dog"))
    assert len(manifest.train) == 6
    assert manifest.report.warnings == [
        f"In the table, but missing: 2 images, {photos}/images/9.png, {photos}/gone"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: no column 'path' \(or path, file, .*\) in the header"),
        ("images/0.png,cat\nimages/1.png,dog\n", r"no column 'path' .*\(images/0\.png, cat\)"),
        ("path,breed\nimages/0.png,x\n", r"no column 'label' \(or label, labels, class"),
        (rows("images/0.png,,train,"), "line 2, column 'label': is empty; fill"),
        (rows("images/0.png"), "line 2, column 'split': is empty"),
        (rows("images/0.png,a,train,", "", ",b,train,"), "line 4, column 'path': is empty"),
        (
            rows("images/0.png,a,fold 1,"),
            "line 2, column 'split': 'fold 1' is not a split; known are",
        ),
        (
            "path,label\nimages/0.png,a\nimages/1.png,b\nimages/0.png,b\n",
            r"line 4: .*images/0\.png is listed twice, with another label",
        ),
        ("path,label\n", "no lines"),
        ("path,label\nx/0.png,a\n", r"none of its images exists, such as .*x/0\.png; it needs"),
        ("path,label\nimages/0.png,a\nimages/1.png,a\n", r"1 class of training images \(a\)"),
        ('path,label\n"images/0.png,a\nimages/1.png,b\n', "unexpected end of data; save it as CSV"),
        ('path,label\nimages/0.png,"a\nimages/1.png,b\n', "unexpected end of data; save it as CSV"),
        ("path,label\nimages/0.png,a\nimages/1.png,a\0b\n", "not a text file; save it as CSV"),
        ("path,label\nimages/0.png,a, b\n", "line 2: 3 cells, and 2 in the header; put"),
    ],
)
def test_a_table_that_does_not_do_is_refused_in_a_sentence(photos, text, message):
    with pytest.raises(RequestError, match=message) as caught:
        scan(photos, write(photos, text))
    assert str(caught.value).endswith(".")


def test_a_table_that_cannot_be_read_is_named(photos):
    with pytest.raises(RequestError, match=r"gone\.csv: No such file .*--labels takes a table"):
        scan(photos, Labelling(table=photos / "gone.csv"))
    with pytest.raises(RequestError, match="a directory, not a regular file"):
        scan(photos, Labelling(table=photos))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["", "path,label\n", "path;label;split\n"]))
def test_no_table_ends_in_another_error(tmp_path_factory, content, header):
    folder = tmp_path_factory.mktemp("table")
    (folder / "0.png").touch()
    (folder / "labels.csv").write_bytes(header.encode() + content)
    with pytest.raises(RequestError):
        scan(folder, Labelling(table=folder / "labels.csv"))
