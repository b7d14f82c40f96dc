"""Names and figures as people read them."""

import os
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from handcraft.pipeline.run.text import csv_cell, plot_label, printable

names = st.text() | st.binary().map(lambda b: b.decode("utf-8", "surrogateescape"))


@given(names)
def test_a_printable_name_is_one_line_of_text(name):
    shown = printable(name)
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    categories = {unicodedata.category(c) for c in shown} - {"Cf"}
    assert categories.isdisjoint({"Cc", "Cs", "Zl", "Zp"})


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_ordinary_names_stay_as_they_are(name):
    assert printable(name) == name


def test_joined_emoji_and_persian_stay_whole_but_direction_marks_are_shown():
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}"
    assert printable(family) == family
    assert printable("a\u202egpj.exe") == "a\\u202egpj.exe"


def test_a_byte_that_is_no_text_is_shown():
    assert printable(os.fsdecode(b"caf\xe9.png")) in ("caf\\xe9.png", "café.png")


@given(names)
def test_a_cell_is_no_formula_and_loses_nothing(name):
    cell = csv_cell(name)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (name, f"'{name}")


@given(names)
def test_a_plot_label_has_no_mathematics_and_a_bounded_length(name):
    label = plot_label(name, 20)
    assert "$" not in label.replace(r"\$", "")
    assert len(label.replace(r"\$", "$")) <= 20
