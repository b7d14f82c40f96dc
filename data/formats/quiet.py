"""Messages of decoding libraries, kept off the terminal."""

from __future__ import annotations

import os
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_warnings_lock = threading.Lock()
_stderr_lock = threading.Lock()
_inside = 0
_filters = ExitStack()

_WHO_WARNS = r"(PIL|pillow_heif|handcraft\.data)\b"


@contextmanager
def decoder_warnings_ignored() -> Iterator[None]:
    """Ignore the warnings of Pillow about oddities in files that decode.

    `warnings.catch_warnings` alone may permanently restore the filters of another thread. Here the
    first thread to enter changes them, and the last one to leave restores them.
    """
    global _inside
    with _warnings_lock:
        if _inside == 0:
            _filters.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=_WHO_WARNS)
        _inside += 1
    try:
        yield
    finally:
        with _warnings_lock:
            _inside -= 1
            if _inside == 0:
                _filters.close()


@contextmanager
def standard_error_captured() -> Iterator[list[str]]:
    """Collect the lines that C code writes to the standard error in a list, filled at the end.

    It captures everything that the process writes there, and takes 0.1 ms, so it is only for
    libtiff, which cannot be silenced otherwise from Python. Only one thread at a time may enter.
    """
    lines: list[str] = []
    with _stderr_lock, tempfile.TemporaryFile() as capture:
        original = os.dup(2)
        os.dup2(capture.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(original, 2)
            os.close(original)
            capture.seek(0)
            lines += capture.read().decode(errors="replace").splitlines()
