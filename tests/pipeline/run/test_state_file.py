"""State files: what is written is read, and damage or forgery is named."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save

from handcraft.pipeline.run.state_file import (
    StateFileError,
    checksum,
    decode_state,
    encode_state,
    fingerprint,
    read_state,
    write_state,
)

arrays = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.uint8]),
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4),
    elements=st.integers(0, 100),
)
plain = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5) | arrays
states = st.dictionaries(
    st.text("abcdefg_", min_size=1, max_size=4),
    st.recursive(plain, lambda inner: st.lists(inner, max_size=3), max_leaves=6),
    max_size=4,
)


def same(a: object, b: object) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())
    return type(a) is type(b) and a == b


@settings(deadline=None, max_examples=50)
@given(states)
def test_what_is_written_is_read(tmp_path_factory, state):
    path = tmp_path_factory.mktemp("state") / "a.safetensors"
    write_state(path, state)
    assert same(read_state(path), state)


def test_a_non_contiguous_array_keeps_its_values(tmp_path):
    array = np.arange(12).reshape(3, 4).T
    write_state(tmp_path / "a.safetensors", {"array": array})
    assert (read_state(tmp_path / "a.safetensors")["array"] == array).all()


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 50, 200])
def test_a_truncated_file_is_named(tmp_path, keep):
    path = tmp_path / "a.safetensors"
    write_state(path, {"array": np.arange(100.0)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StateFileError, match=r"a\.safetensors: (not a handcraft file|damaged)"):
        read_state(path)


def test_a_foreign_safetensors_file_is_named(tmp_path):
    from safetensors.numpy import save_file

    save_file({"weight": np.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(StateFileError, match="not a handcraft file"):
        read_state(tmp_path / "other.safetensors")


def test_any_changed_byte_is_noticed():
    content = encode_state({"array": np.arange(6.0), "words": ["a", {"b": None}], "pi": 3.5})
    for position in range(len(content)):
        for bit in (1, 128):
            changed = bytearray(content)
            changed[position] ^= bit
            with pytest.raises(StateFileError, match=r"^name: "):
                decode_state(bytes(changed), "name")


def test_the_same_state_gives_the_same_bytes():
    state = {"b": np.arange(3), "a": [1, "x"], "c": {"z": np.zeros((0, 2)), "y": 0.1}}
    assert encode_state(state) == encode_state(dict(reversed(state.items())))


def sealed(document):
    """Return the bytes of a file with a right checksum and any JSON text."""
    content = save({}, metadata={"handcraft": "0" * 32 + document})
    return content.replace(b"0" * 32, checksum(content), 1)


@pytest.mark.parametrize(
    "document",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a": ' * 100_000 + "1" + "}" * 100_000,
        "[1, 2]",
        "",
        "{",
        '{"a": {"$tensor": "none"}}',
        '{"a": {"$tensor": []}}',
        '{"a": ' + "9" * 10_000 + "}",
    ],
)
def test_a_forged_document_is_refused_in_a_sentence(document):
    with pytest.raises(StateFileError, match=r"^name: not a handcraft file"):
        decode_state(sealed(document), "name")


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path):
        with pytest.raises(StateFileError, match="not a regular file"):
            read_state(path)


def test_a_file_of_absurd_size_is_not_read(tmp_path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(StateFileError, match="larger than"):
        read_state(path)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_state(tmp_path / "none.safetensors")


@given(states, states)
def test_fingerprints_are_equal_exactly_for_equal_states(first, second):
    assert fingerprint(first) == fingerprint(dict(reversed(first.items())))
    assert (fingerprint(first) == fingerprint(second)) == same(first, second)


def test_fingerprint_sees_dtype_shape_and_every_value():
    base = np.zeros((2, 3))
    changed = base.copy()
    changed[1, 2] = 1e-300
    variants = [base, base.reshape(3, 2), base.astype(np.float32), changed]
    assert len({fingerprint({"a": variant}) for variant in variants}) == len(variants)
