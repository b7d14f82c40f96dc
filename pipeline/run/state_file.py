"""Plain-data states (arrays and JSON values) as safetensors files, verified before use.

A safetensors file holds numbers and one JSON text, so that reading one never runs code. Here the
JSON text begins with a checksum of the whole file, computed with zeros in the checksum's place.
"""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.data.names import quoted
from handcraft.pipeline.run.atomic import atomic_path

State = dict[str, Any]

MAX_BYTES = 4 * 2**30
"""The largest state file to read: a model of 1,000 classes on 200,000 features has 0.8 GB."""

_TENSOR = "$tensor"
_DOCUMENT = "handcraft"
_START = f'{{"__metadata__":{{"{_DOCUMENT}":"'.encode()
"""Start of the header, after its length, of a safetensors file with our only metadata entry."""

_CHECKSUM = slice(8 + len(_START), 8 + len(_START) + 32)
"""Position of the checksum in the file: 32 hexadecimal digits."""

_ZEROS = b"0" * 32


class StateFileError(ValueError):
    """The file is not a state file of this project, or it is damaged."""


def write_state(path: Path, state: State, durable: bool = True) -> None:
    """Write `state` to `path`, atomically; see `atomic_path`."""
    with atomic_path(path, durable) as partial:
        partial.write_bytes(encode_state(state))


def read_state(path: Path) -> State:
    """Read what `write_state` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    StateFileError
        If the file is damaged or was not written by `write_state`.
    """
    try:
        _require_file(path)
        with path.open("rb") as file:
            start = file.read(_CHECKSUM.stop)
            _require_start(start, str(path))
            file.seek(0)
            return decode_state(file.read(), str(path))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StateFileError(f"{path}: {error.strerror or error}") from error


def is_state_file(start: bytes) -> bool:
    """Return whether a file starts like those of `write_state`."""
    return start[8 : _CHECKSUM.start] == _START


def read_document(path: Path) -> State:
    """Return the state in a file without its arrays, and without verifying the checksum.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    StateFileError
        If `write_state` did not write it.
    """
    n_bytes = _require_file(path)
    with path.open("rb") as file:
        start = file.read(_CHECKSUM.stop)
        _require_start(start, str(path))
        header_end = min(8 + int.from_bytes(start[:8], "little"), n_bytes)
        document: State = _document(start + file.read(max(0, header_end - len(start))), str(path))
    return document


def encode_state(state: State) -> bytes:
    """Return the bytes of a state file, equal for equal states."""
    from safetensors.numpy import save

    tensors: dict[str, NDArray[Any]] = {}
    document = _extract_tensors(state, "", tensors)
    text = _ZEROS.decode() + json.dumps(document, sort_keys=True)
    return sealed(save(tensors, metadata={_DOCUMENT: text}))


def sealed(content: bytes) -> bytes:
    """Return a state file's bytes with the correct checksum."""
    return content[: _CHECKSUM.start] + checksum(content) + content[_CHECKSUM.stop :]


def decode_state(content: bytes, name: str) -> State:
    """Return the state from the bytes of `encode_state`.

    Raises
    ------
    StateFileError
        If the bytes are damaged, or not those of a state file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    _require_start(content, name)
    if checksum(content) != content[_CHECKSUM]:
        raise StateFileError(f"{name}: damaged, or written by another version of handcraft")
    try:
        return dict(_insert_tensors(_document(content, name), load(content)))
    except (SafetensorError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise StateFileError(f"{name}: not a handcraft file ({quoted(str(error))})") from error


def checksum(content: bytes) -> bytes:
    """Return the checksum of a state file's bytes, ignoring the one in the file.

    XXH3 (Collet 2019) at some 20 GB/s: reading the file takes longer. It detects damage, not
    forgery.
    """
    import xxhash

    digest = xxhash.xxh3_128(content[: _CHECKSUM.start] + _ZEROS)
    digest.update(memoryview(content)[_CHECKSUM.stop :])
    return digest.hexdigest().encode()


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


def _require_file(path: Path) -> int:
    """Return the size of a file; refuse pipes, devices and files larger than `MAX_BYTES`."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise StateFileError(f"{path}: not a regular file")
    if status.st_size > MAX_BYTES:
        raise StateFileError(f"{path}: larger than {MAX_BYTES:,} bytes")
    return status.st_size


def _require_start(content: bytes, name: str) -> None:
    """Refuse files that do not start like a state file."""
    if not is_state_file(content):
        raise StateFileError(f"{name}: not a handcraft file")


def _document(content: bytes, name: str) -> Any:
    """Return the state in the header of a file, with references instead of arrays."""
    header = content[8 : 8 + int.from_bytes(content[:8], "little")]
    try:
        text = json.loads(header)["__metadata__"][_DOCUMENT]
        return json.loads(text[len(_ZEROS) :])
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise StateFileError(f"{name}: not a handcraft file ({quoted(str(error))})") from error


def _extract_tensors(value: Any, name: str, tensors: dict[str, NDArray[Any]]) -> Any:
    """Return `value` with each array moved to `tensors` and replaced by a reference."""
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
