"""A command in a terminal of its own: what it writes there, as the screen shows it in the end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios


def run_in_terminal(*arguments: object, columns: int) -> tuple[int, str]:
    """Run `handcraft` in a terminal of so many columns; return its exit code and all it wrote."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "handcraft", *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "", "LINES": ""},
        start_new_session=True,
    )
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error, not an empty read
        while chunk := os.read(ours, 65536):
            written += chunk
    os.close(ours)
    return process.wait(), written.decode()


def screen(written: str) -> list[str]:
    """Return the lines that stay: a carriage return starts a line anew, ESC[1A the one above."""
    lines, row = [""], 0
    for part in re.split(r"(\r|\n|\x1b\[[0-9;?]*[A-Za-z])", written):
        if part == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
        elif part == "\x1b[1A":
            row = max(row - 1, 0)
        elif part in ("\r", "\x1b[2K"):
            lines[row] = lines[row] if part == "\r" else ""
        elif not part.startswith("\x1b["):
            lines[row] += part
    return lines


def frames(written: str) -> list[str]:
    """Return each state of the progress line, without colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written)
    return [part for part in re.split(r"[\r\n]|\x1b\[[0-9;?]*[A-Za-z]", plain) if "step " in part]
