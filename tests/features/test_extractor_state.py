"""The state of every extractor: plain data that gives the same bits again, or is refused."""

import copy
import json

import numpy as np
import pytest

from handcraft.features import extractor_from_state

SCALARS = (None, True, -1, 0, 3, 10**9, 2.5, float("nan"), float("inf"), "x", [], [1], {}, {"a": 1})


def through_plain_data(value):
    """Return a copy as a file would give it back: arrays kept, the rest through JSON."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        return {key: through_plain_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [through_plain_data(item) for item in value]
    return json.loads(json.dumps(value))


def paths(value, path=()):
    """Yield the way to every value within plain data, lists and dictionaries included."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from paths(value[key], (*path, key))


def at(state, path):
    """Return what holds the value at the end of the path."""
    for key in path[:-1]:
        state = state[key]
    return state


def mutations(value):
    """Yield what a damaged or forged file might hold in place of a value."""
    yield from SCALARS
    if isinstance(value, np.ndarray):
        yield from (value[:-1], value[None], value[:0], value.astype(np.int8), value.tolist())
        yield from (
            np.full_like(value, np.nan),
            np.full_like(value, 3e38),
            np.full_like(value, 1e6),
            value.astype(object),
        )
        yield np.concatenate([value, value])


@pytest.fixture(scope="module")
def state(fitted):
    """Return the state as a file would give it back; not to be changed."""
    return through_plain_data(fitted.to_state())


def test_round_trip_through_plain_data(fitted, state, rows, images):
    again = extractor_from_state(state)
    assert type(again) is type(fitted)
    assert again.feature_names == fitted.feature_names
    np.testing.assert_array_equal(again.transform(images.test), rows)


def test_a_state_before_fit_holds_the_parameters_and_is_refused(new):
    state = through_plain_data(new().to_state())
    assert state["kind"] == new().kind
    assert not [key for key in state if key.endswith("_")]
    with pytest.raises(ValueError, match="does not hold what fit learns"):
        extractor_from_state(state)


def test_a_state_of_another_row_version_is_refused_in_a_sentence(state):
    other = state | {"row_version": state["row_version"] + 1}
    with pytest.raises(ValueError, match=r"is of row version \d+, and this handcraft computes"):
        extractor_from_state(other)


@pytest.mark.parametrize("wrong", [None, 3, [], {}, {"kind": "wavelets"}, {"kind": ["hog"]}])
def test_a_state_of_no_extractor_is_refused(wrong):
    with pytest.raises(ValueError, match="which this installation does not have; it has raw"):
        extractor_from_state(wrong)


def test_a_state_with_anything_missing_or_unknown_is_refused(state):
    for path in paths(state):
        if isinstance(at(state, path), dict):
            less, more = copy.deepcopy(state), copy.deepcopy(state)
            del at(less, path)[path[-1]]
            at(more, path)[f"{path[-1]}x_"] = 1
            for damaged in (less, more):
                with pytest.raises(ValueError, match=r"."):
                    extractor_from_state(damaged)


def test_a_damaged_state_is_refused_or_gives_finite_rows(state, images):
    """Nothing else than a ValueError, nothing huge; what passes are other possible values."""
    n_refused = 0
    for path in paths(state):
        for value in mutations(at(state, path)[path[-1]]):
            damaged = copy.deepcopy(state)
            at(damaged, path)[path[-1]] = value
            try:
                extractor = extractor_from_state(damaged)
            except ValueError:
                n_refused += 1
                continue
            assert extractor.n_features <= 100_000
            rows = extractor.transform(images.test[:1])
            assert rows.shape == (1, extractor.n_features)
    assert n_refused > 100


def test_nested_concatenations_are_refused_however_deep():
    state = {"kind": "hog"}
    for _ in range(5_000):
        state = {
            "kind": "concat",
            "row_version": 1,
            "mirror": False,
            "seed": 0,
            "extractors": [state],
        }
    with pytest.raises(ValueError, match="'concat'"):
        extractor_from_state(state)
