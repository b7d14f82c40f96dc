"""Plain-data states (arrays and JSON values) as safetensors files, and their fingerprints.

A safetensors file holds numbers and one JSON text, so that reading one never runs code.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

State = dict[str, Any]

_TENSOR = "$tensor"
_DOCUMENT = "handcraft"


class StateFileError(ValueError):
    """The file is not a state file of this project, or it is damaged."""


def write_state(path: Path, state: State) -> None:
    """Write `state` to `path`, whole or not at all."""
    from safetensors.numpy import save

    tensors: dict[str, NDArray[Any]] = {}
    document = _extract_tensors(state, "", tensors)
    content = save(tensors, metadata={_DOCUMENT: json.dumps(document, sort_keys=True)})
    with atomic_path(path) as partial:
        partial.write_bytes(content)


def read_state(path: Path) -> State:
    """Read what `write_state` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    StateFileError
        If the file is damaged or was not written by `write_state`.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            document = json.loads((file.metadata() or {})[_DOCUMENT])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return dict(_insert_tensors(document, tensors))
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise StateFileError(
            f"{path}: not a handcraft model ({error}); expected a file written by `handcraft train`"
        ) from error


def fingerprint(*values: Any) -> str:
    """Return a short hash that is equal exactly when all values (plain data) are equal.

    >>> fingerprint({"a": 1}, "x") == fingerprint({"a": 1}, "x")
    True
    >>> fingerprint({"a": 1}) == fingerprint({"a": 2})
    False
    """
    tensors: dict[str, NDArray[Any]] = {}
    document = _extract_tensors(list(values), "", tensors)
    digest = hashlib.blake2b(json.dumps(document, sort_keys=True).encode(), digest_size=16)
    for name, array in sorted(tensors.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `path` that takes its place when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _umask() -> int:
    """Return the permissions that new files do not get; reading it means setting it twice."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _extract_tensors(value: Any, name: str, tensors: dict[str, NDArray[Any]]) -> Any:
    """Return `value` with each array moved to `tensors` and a reference left in its place."""
    if isinstance(value, np.ndarray):
        tensors[name] = np.ascontiguousarray(value)
        return {_TENSOR: name}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {k: _extract_tensors(v, f"{name}/{k}", tensors) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_extract_tensors(v, f"{name}/{i}", tensors) for i, v in enumerate(value)]
    return value


def _insert_tensors(value: Any, tensors: dict[str, NDArray[Any]]) -> Any:
    """Undo `_extract_tensors`."""
    if isinstance(value, dict):
        if _TENSOR in value:
            return tensors[value[_TENSOR]]
        return {k: _insert_tensors(v, tensors) for k, v in value.items()}
    if isinstance(value, list):
        return [_insert_tensors(v, tensors) for v in value]
    return value
