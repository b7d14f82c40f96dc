"""CSV files: names come back as they were, and are no formulas."""

import csv
import os

from hypothesis import given
from hypothesis import strategies as st

from handcraft.pipeline.results.csv_file import write_csv

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
