"""The start of the process: every failure from the first import on ends in one sentence."""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import NoReturn

from handcraft.pipeline.run.stop import Stop, leave

NO_LAST_WORDS = "ignore:resource_tracker:UserWarning"
"""A filter for `PYTHONWARNINGS`, as the process that cleans up after stopped workers would warn of
what it finds."""

MANY_OBJECTS = 50_000
"""New objects after which Python collects garbage, instead of 700: those of imports are none, and
searching them takes a tenth of the time of `predict`."""


def main() -> NoReturn:
    """Run the command line.

    An interrupt during the import of a library may become any exception (numpy's is "ImportError:
    initialization failed"), so the signal itself is remembered.
    """
    gc.set_threshold(MANY_OBJECTS)
    # It warns twice on import if the home folder is not writable, but works nevertheless.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    _open_closed_streams()
    stop, code = Stop(), 1
    warnings = (os.environ.get("PYTHONWARNINGS"), NO_LAST_WORDS)
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, warnings))
    try:
        stop.install()
        _run_commands()
    except SystemExit as ended:
        stop.is_said = True
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise  # its frames keep objects alive that must not clean up before workers are killed
    except BaseException as error:
        sys.stderr.write("Stopped.\n" if stop.received else f"Error: {_unforeseen(error)}\n")
        stop.is_said = True
    finally:
        if not stop.received:
            stop.be_deaf()
        leave(code)


def _open_closed_streams() -> None:
    """Redirect standard streams that are closed at the start to the null device, for workers too.

    For Python they are None, but the next file opened would get such a stream's number, and
    with it the output of libraries.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode)  # noqa: SIM115 (it stays open); the lowest free number
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


def _run_commands() -> NoReturn:
    """Run the command line as click does, except for its message on an interrupt, "Aborted!"."""
    import click

    from handcraft.pipeline.cli import main as command_line
    from handcraft.pipeline.cli.group import end, os_sentence
    from handcraft.pipeline.run.text import ENCODING_ERRORS

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors=ENCODING_ERRORS)  # type: ignore[union-attr]  # they are files
    try:
        sys.exit(command_line(prog_name="handcraft", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OSError as error:  # of --help, which is printed before a command runs
        end(f"Error: {os_sentence(error)}", 1)


def _unforeseen(error: BaseException) -> str:
    """Write the traceback to a file, and return a sentence that names it."""
    from handcraft.pipeline.run.text import printable

    name, reason = type(error).__name__, printable(str(error))
    what = f"{name}: {reason}" if reason else name
    try:
        return f"unexpected error ({what}); please report it with {_write_log(error)}"
    except OSError:
        return f"unexpected error ({what}); --debug shows where"


def _write_log(error: BaseException) -> str:
    """Write the command and the traceback to a file of its own; return the file's path."""
    import time
    import traceback
    from importlib.metadata import version

    from platformdirs import user_log_path

    folder = user_log_path("handcraft")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**9:09}.log"
    about = f"handcraft {version('handcraft')}, Python {sys.version}\n{sys.argv}\n"
    details = "".join(traceback.format_exception(error))
    path.write_text(about + details, "utf-8", errors="backslashreplace")
    return str(path)
