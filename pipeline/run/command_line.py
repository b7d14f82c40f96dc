"""The command line of a run, as it would be typed."""

from __future__ import annotations

import shlex

import click

COMMAND_LINE = "handcraft.command_line"
"""Key of the command in click's context."""


def command_line() -> str | None:
    """Return the command as given; None outside of the command line."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.find_root().meta.get(COMMAND_LINE)


def note_option(given: str, name: str, value: str) -> None:
    """Replace an option of the recorded command, and its value, by another one.

    The other one reproduces the results on any machine.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return
    meta = context.find_root().meta
    words = [w for word in shlex.split(meta[COMMAND_LINE]) for w in _split(word, given)]
    place = words.index(given)
    meta[COMMAND_LINE] = shlex.join([*words[:place], name, value, *words[place + 2 :]])


def _split(word: str, option: str) -> list[str]:
    """Split an option from its value where they are one word, such as ``--seed=1``."""
    name, is_one, value = word.partition("=")
    return [name, value] if is_one and name == option else [word]
