"""What other libraries say while they decode, kept off the terminal until it names the file."""

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
    """Ignore the warnings of Pillow, which tell of oddities in files that decode.

    `warnings.catch_warnings` alone may restore the filters of another thread for good. Here the
    first thread to come in changes them, and the last one to go out restores them.
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

    It takes all that the process writes there, and 0.1 ms, so it is for libtiff alone, which can
    be silenced in no other way from Python. One thread at a time is inside.
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
