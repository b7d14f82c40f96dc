"""The end of the command line: one sentence and the right exit code for every failure."""

from __future__ import annotations

import errno
import select
import shlex
import sys
import traceback
from typing import Any, NoReturn

import click

from handcraft.data.errors import RequestError
from handcraft.pipeline.run.command_line import COMMAND_LINE

DEBUG = "handcraft.debug"
"""Key in the context: whether --debug was given."""

RUN = "handcraft.run"
"""Key in the context: the `RunContext` of a command that caches features."""

STOPPED = "Stopped."
RESUMES = "Extracted features are kept: the same command continues from there."

REMEDIES = {
    errno.ENOSPC: "free some space, or name another place",
    errno.EDQUOT: "free some space, or name another place",
    errno.EROFS: "name a place that can be written to",
    errno.EACCES: "check its permissions, or name another place",
    errno.EPERM: "check its permissions, or name another place",
    errno.EPIPE: "a process of the run ended early, run the command again",
}
"""Remedies for errors of the operating system."""


class Command(click.Command):
    """A command that takes --debug."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params.append(
            click.Option(
                ["--debug"],
                is_flag=True,
                expose_value=False,
                callback=_note_debug,
                help="Print the traceback of an unexpected error.",
            )
        )


def _note_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.meta[DEBUG] = value


class CommandGroup(click.Group):
    """A group of commands whose failures end in one sentence and an exit code.

    The code is 2 for an invalid request, and 1 for a failed run. Unexpected exceptions are handled
    in `handcraft.pipeline.entry`.
    """

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Record the arguments before they are parsed."""
        context.meta[COMMAND_LINE] = shlex.join(["handcraft", *args])
        return super().parse_args(context, args)

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise  # handled by click
        except KeyboardInterrupt:
            end(f"{STOPPED} {RESUMES}" if keeps_features(context) else STOPPED, 1)
        except RequestError as error:
            end(f"Error: {error}", 2)
        except OSError as error:
            if isinstance(error, BrokenPipeError) and nobody_reads():
                raise  # click ends silently
            end(f"Error: {os_sentence(error)}", 1)
        except FloatingPointError as error:  # training that diverged in all trials
            end(f"Error: {error}", 1)
        except Exception:
            if context.meta.get(DEBUG):
                traceback.print_exc()
            raise


def keeps_features(context: click.Context) -> bool:
    """Return whether extracted features are kept for the next run."""
    run = context.meta.get(RUN)
    return run is not None and run.keeps_features


def nobody_reads() -> bool:
    """Return whether the reader of the standard output or error is gone."""
    if not hasattr(select, "poll"):  # Windows
        return True
    streams = select.poll()
    for stream in (1, 2):
        streams.register(stream, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in streams.poll(0))


def end(message: str, code: int) -> NoReturn:
    """Print a sentence on the standard error, and leave with an exit code."""
    from handcraft.pipeline.run.text import printable

    click.echo(printable(message), err=True)
    sys.exit(code)


def os_sentence(error: OSError) -> str:
    """Return a sentence on an error of the operating system: file, reason and remedy."""
    parts = [str(error.filename)] if error.filename is not None else []
    reason = error.strerror or str(error)
    remedy = f"; {REMEDIES[error.errno]}" if error.errno in REMEDIES else ""
    return ": ".join([*parts, reason]) + remedy
