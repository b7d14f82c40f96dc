"""What was asked for, as it would be typed."""

from __future__ import annotations

import shlex

import click

COMMAND_LINE = "handcraft.command_line"
"""Where click's context notes it."""


def command_line() -> str | None:
    """Return the command as it was given; None outside of the command line."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.find_root().meta.get(COMMAND_LINE)


def note_option(given: str, name: str, value: str) -> None:
    """Note in the command another option in place of one that was given, with its value.

    It is the one that gives the same results again on any machine.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return
    meta = context.find_root().meta
    words = [w for word in shlex.split(meta[COMMAND_LINE]) for w in _split(word, given)]
    place = words.index(given)
    meta[COMMAND_LINE] = shlex.join([*words[:place], name, value, *words[place + 2 :]])


def _split(word: str, option: str) -> list[str]:
    """Return an option and its value where they are one word, otherwise the word."""
    name, is_one, value = word.partition("=")
    return [name, value] if is_one and name == option else [word]
