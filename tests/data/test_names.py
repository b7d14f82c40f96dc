"""Names are shown in one line, equal in NFC, and sorted by their numbers."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from handcraft.data.names import loosely, name_bytes, natural_key, normalised, printable


def test_what_would_break_a_line_or_hide_is_shown_escaped():
    assert printable("a\tb\r\n") == r"a\tb\r\n"
    assert printable("\x1b[31mred") == r"\x1b[31mred"
    assert printable("gpj.\u202eexe\u2028") == r"gpj.\u202eexe\u2028"
    assert printable(b"caf\xe9".decode(errors="surrogateescape")) == r"caf\xe9"
    assert printable("café 写真 👩\u200d💻 [b] <i> =1") == "café 写真 👩\u200d💻 [b] <i> =1"


@given(st.text(st.characters()))
def test_any_name_becomes_one_line_that_can_be_written(name):
    shown = printable(name)
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in shown)


@given(st.binary(max_size=20))
def test_name_bytes_are_the_bytes_of_the_file_name(raw):
    assert name_bytes(raw.decode(errors="surrogateescape")) == raw


def test_names_sort_by_the_value_of_their_numbers():
    names = ["10", "9", "2b", "2", "02", "a10", "a9", "1.5", "1.10", "", "a", "B"]
    expected = ["", "1.5", "1.10", "02", "2", "2b", "9", "10", "B", "a", "a9", "a10"]
    assert sorted(names, key=natural_key) == expected


@given(st.lists(st.text(st.characters(), max_size=9), unique=True))
def test_no_two_names_are_equal_in_natural_order(names):
    assert len({natural_key(name) for name in names}) == len(names)


def test_composed_and_decomposed_letters_are_the_same_name():
    assert normalised("Cafe\u0301") == normalised("Caf\u00e9")
    assert normalised("caf\udce9") == "caf\udce9"


def test_case_accents_and_separators_do_not_count_loosely():
    assert loosely("livingRoom") == loosely("living_room") == loosely("Living Room")
    assert loosely("Café") == loosely("cafe")
    assert loosely("cat") != loosely("cart")
