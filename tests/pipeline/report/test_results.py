"""The files that a run leaves for other programs."""

import csv
import json
import os

from hypothesis import given
from hypothesis import strategies as st

from handcraft.data.decode import DecodeError
from handcraft.pipeline.report.results import write_csv, write_results


def test_every_image_that_was_left_out_is_in_the_results(tmp_path, comparison):
    left_out = [DecodeError("train/a\udce9.png", "the file is empty"), DecodeError("b.png", "cut")]
    write_results(tmp_path, comparison, [], left_out)
    found = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert found["data"]["unreadable"] == [str(error) for error in left_out]


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.binary(max_size=8).map(
    lambda b: b.decode("utf-8", "surrogateescape")
)


@given(st.lists(names, min_size=1, max_size=4))
def test_names_come_back_from_a_csv_as_they_were(tmp_path_factory, line):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_csv(path, ["path"], [line])
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        [_, found] = csv.reader(file)
    assert [cell.removeprefix("'") for cell in found] == [cell.removeprefix("'") for cell in line]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in found)


def test_the_bytes_of_a_file_name_are_kept(tmp_path):
    write_csv(tmp_path / "a.csv", ["path"], [[os.fsdecode(b"caf\xe9.png"), -0.12345678]])
    assert (tmp_path / "a.csv").read_bytes() == b"path\ncaf\xe9.png,-0.123457\n"
