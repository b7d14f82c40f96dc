"""Names of files and classes: display, comparison and sorting."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePath

_SHOWN_FORMATS = "\u200c\u200d"
"""Joiners, used in some scripts and emoji; other format characters are hidden."""

MAX_QUOTED = 300
"""Characters of what is quoted from a file, which may be of any length."""


def printable(name: str | PurePath) -> str:
    r"""Return a name for display in one line of a terminal, table or page.

    Control and hidden characters, line breaks, and the bytes of names that are not UTF-8 are shown
    as escapes. Markup is not escaped.

    Examples
    --------
    >>> print(printable("new\nline"), printable("café"), printable("caf\udce9"))
    new\nline café caf\xe9
    """
    shown = str(name)
    return shown if shown.isprintable() else "".join(map(_shown, shown))


def quoted(text: str) -> str:
    r"""Return what a file holds, or an error that quotes it, as a part of a message: with an end.

    >>> quoted("a\nb"), len(quoted("x" * 9_000))
    ('a\\nb', 300)
    """
    shown = printable(text)
    return shown if len(shown) <= MAX_QUOTED else f"{shown[: MAX_QUOTED - 1]}…"


def normalised(name: str) -> str:
    """Return a name in Unicode's composed form (NFC), in which equal names are equal strings."""
    return unicodedata.normalize("NFC", name)


def loosely(name: str) -> str:
    """Return a name without case, accents, spaces, hyphens and underscores."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c) and c not in " -_")


def natural_key(name: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Return a key that sorts numbers within names by their value: 1, 2, 10."""
    parts = re.split("([0-9]+)", name)  # text, digits, text, ...
    digits = [part.lstrip("0") for part in parts[1::2]]
    parts[1::2] = digits
    return tuple((i % 2 * len(part), part) for i, part in enumerate(parts)), name


def name_bytes(name: str) -> bytes:
    """Return the bytes of a name, independent of the locale."""
    return name.encode("utf-8", "surrogateescape")


def _shown(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that is not UTF-8, as Python keeps it
        return f"\\x{ord(character) - 0xDC00:02x}"
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    if hidden and character not in _SHOWN_FORMATS:
        return character.encode("unicode_escape").decode()
    return character


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number and its noun, in the plural where it is not one.

    >>> counted(1, "image"), counted(1200, "image"), counted(2, "class", "classes")
    ('1 image', '1,200 images', '2 classes')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listed(names: Sequence[str | PurePath], most: int = 5) -> str:
    """Return names in one line, followed by the number of further ones.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d"], most=2)
    ('a, b', 'a, b and 2 more')
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(printable(name) for name in names[:most]) + more
