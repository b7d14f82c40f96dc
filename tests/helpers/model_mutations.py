"""Damaged and forged model files, and what becomes of them: refused, or the same predictions."""

import copy
import random
from pathlib import Path

import numpy as np

from handcraft.data.errors import RequestError
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.run.state_file import decode_state, encode_state

NASTY = [
    None, True, False, 0, 1, -1, 3, 10**9, 10**400, -(2**63), 0.5, -1.5, 1e300, float("nan"),
    float("inf"), "", "x", "hog", "\x00\x1b[2J", "é" * 300, [], [0], ["a", "a"], [[1], [2]], {},
    {"kind": "hog"}, {"$tensor": "none"}, np.zeros(0), np.zeros((2, 3)), np.array(7.0),
    np.array([np.nan, 1.0]), np.zeros(3, np.int8), np.array(["a"]).view(np.uint32),
]  # fmt: skip
"""Values that no field of a model expects, or not where they stand."""


def damage(content: bytes, rng: random.Random) -> bytes:
    """Change, cut, add or move some bytes."""
    changed, position = bytearray(content), rng.randrange(len(content))
    kind = rng.choice(["bit", "byte", "cut", "add", "remove", "move", "zero"])
    if kind == "bit":
        changed[position] ^= 1 << rng.randrange(8)
    elif kind == "byte":
        changed[position] = rng.randrange(256)
    elif kind == "cut":
        del changed[position:]
    elif kind == "add":
        changed[position:position] = rng.randbytes(rng.randint(1, 9))
    elif kind == "remove":
        del changed[position : position + rng.randint(1, 9)]
    elif kind == "move":
        part = changed[position : position + 64]
        del changed[position : position + 64]
        changed += part
    else:
        changed[position : position + 16] = bytes(len(changed[position : position + 16]))
    return bytes(changed)


def forge(content: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Change one value of a model, and seal it with a right checksum; return what was changed."""
    state = decode_state(content, "model")
    keys = _random_path(state, rng)
    forged = copy.deepcopy(state)
    part = forged
    for key in keys[:-1]:
        part = part[key]
    if rng.random() < 0.1:
        del part[keys[-1]]
        what = "deleted"
    elif isinstance(part[keys[-1]], np.ndarray) and rng.random() < 0.7:
        part[keys[-1]] = value = _other_array(part[keys[-1]], rng)
        what = f"{value.dtype} {value.shape}"
    else:
        part[keys[-1]] = value = rng.choice(NASTY)
        what = repr(value)[:60]
    return f"{'.'.join(map(str, keys))}: {what}", encode_state(forged)


def _random_path(state, rng):
    """Return the keys to something in a state, any of the few large parts as likely as of many."""
    keys, value = [], state
    while isinstance(value, dict | list) and value and (not keys or rng.random() < 0.85):
        keys.append(rng.choice(list(value) if isinstance(value, dict) else range(len(value))))
        value = value[keys[-1]]
    return keys


def _other_array(array: np.ndarray, rng: random.Random) -> np.ndarray:
    changed = np.array(array)
    position = rng.randrange(changed.size) if changed.size else None
    kind = rng.choice(["nan", "inf", "huge", "shape", "type", "shorter", "negative", "empty"])
    if kind == "shape":
        return changed.reshape(-1) if changed.ndim > 1 else changed[:, None]
    if kind == "type":
        return changed.astype(rng.choice([np.float16, np.float64, np.int8, np.uint8, np.int64]))
    if kind == "shorter":
        return changed[:-1]
    if kind == "negative":
        return -changed
    if kind == "empty" or position is None:
        return changed[:0]
    values = {"nan": np.nan, "inf": np.inf, "huge": 1e30}
    with np.errstate(all="ignore"):
        changed = changed.astype(np.float32) if changed.dtype.kind in "iu" else changed
        changed.flat[position] = values[kind]
    return changed


def outcome(content: bytes, path: Path, images: list[np.ndarray], expected: np.ndarray) -> str:
    """Load and use a model; return "refused", "same" or "other"; raise whatever else happens."""
    path.write_bytes(content)
    try:
        model = Model.load(path)
    except RequestError as error:
        refusal = str(error)
    else:
        return _use(model, images, expected)
    assert refusal.startswith(str(path)), refusal
    assert len(refusal) < 1000, refusal
    return "refused"


def _use(model: Model, images: list[np.ndarray], expected: np.ndarray) -> str:
    scores, probabilities = model.predict_scores(images), model.predict_proba(images)
    assert scores.shape == (len(images), len(model.class_names)), scores.shape
    assert np.isfinite(scores).all(), scores
    assert np.isfinite(probabilities).all(), probabilities
    assert set(model.predict(images)) <= set(model.class_names)
    assert model._repr_html_()  # all that `show` tells
    return "same" if np.array_equal(scores, expected) else "other"
