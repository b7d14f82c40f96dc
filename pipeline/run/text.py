"""Names and numbers for people: safe on a terminal, in a table, a page and a plot.

File and class names are untrusted: they may contain line breaks, terminal escapes, formulas,
markup, and bytes that are not text in any encoding. Numbers have one style everywhere, with
no-break spaces where a line must not break.
"""

from __future__ import annotations

import codecs

from handcraft.data.names import counted as counted
from handcraft.data.names import printable as printable

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

_PLAIN = {NBSP: " ", MINUS: "-"}
"""Replacements for these where an encoding lacks them."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Characters that start a formula in spreadsheets (OWASP, "CSV Injection")."""


def csv_cell(text: str) -> str:
    """Return a cell that a spreadsheet shows as text and does not evaluate.

    What looks like a formula is preceded by an apostrophe. Nothing else is changed.

    >>> csv_cell("=1+1"), csv_cell("cat")
    ("'=1+1", 'cat')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def plot_label(text: str, length: int = 40) -> str:
    r"""Return `text` for matplotlib: without mathematics, and not wider than the plot.

    >>> print(plot_label("a$b$"), plot_label("x" * 9, 5))
    a\$b\$ xx…xx
    """
    text = printable(text)
    if len(text) > length:
        half = (length - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return text.replace("$", r"\$")


def percent(share: float) -> str:
    """Return a share in [0, 1] in per cent, with one decimal.

    >>> percent(0.905).replace(NBSP, "~")
    '90.5~%'
    """
    return f"{100 * share:.1f}{NBSP}%"


def points(difference: float) -> str:
    """Return a difference of two shares in percentage points, with its sign.

    >>> points(-0.05).replace(NBSP, "~")
    '−5.0~percentage~points'
    """
    return f"{100 * difference:+.1f}{NBSP}percentage{NBSP}points".replace("-", MINUS)


def interval(low: float, high: float) -> str:
    """Return a 95 % confidence interval of a share in [0, 1].

    >>> interval(0.779, 0.962).replace(NBSP, "~")
    '95~%~interval 77.9~% to 96.2~%'
    """
    return f"95{NBSP}%{NBSP}interval {percent(low)} to {percent(high)}"


def seconds(time: float | None) -> str:
    """Return a time in seconds with one decimal, or a dash if unknown.

    >>> seconds(2.345), seconds(None)
    ('2.3', '–')
    """
    return "–" if time is None else f"{time:.1f}"


def duration(time: float) -> str:
    """Return a time in seconds in everyday units, at most two of them.

    >>> [duration(t).replace(NBSP, "~") for t in (0.4, 42, 200, 3900, 7200)]
    ['0~s', '42~s', '3~min~20~s', '1~h~5~min', '2~h']
    """
    minutes, rest = divmod(round(time), 60)
    hours, minutes = divmod(minutes, 60)
    units = ((hours, "h"), (minutes, "min"), (0 if hours else rest, "s"))
    return NBSP.join(f"{n}{NBSP}{unit}" for n, unit in units if n) or f"0{NBSP}s"


def about(time: float) -> str:
    """Return an estimate of a time in seconds, with appropriate precision.

    >>> [about(t).replace(NBSP, "~") for t in (7.4, 48.0, 1000.0)]
    ['about 7~s', 'about 50~s', 'about 17~min']
    """
    unit = 1 if time < 20 else 5 if time < 600 else 60
    return f"about {duration(unit * round(time / unit))}"


def p_value(p: float) -> str:
    """Return a p-value to three decimals.

    >>> p_value(0.0321).replace(NBSP, "~"), p_value(1e-9).replace(NBSP, "~")
    ('p~=~0.032', 'p~<~0.001')
    """
    return f"p{NBSP}<{NBSP}0.001" if p < 0.001 else f"p{NBSP}={NBSP}{p:.3f}"


def _spaces_and_escapes(error: UnicodeError) -> tuple[str | bytes, int]:
    """Encode what a terminal's encoding lacks: a plain space or hyphen, escapes for the rest."""
    if isinstance(error, UnicodeEncodeError) and error.object[error.start] in _PLAIN:
        return _PLAIN[error.object[error.start]], error.start + 1
    return codecs.lookup_error("backslashreplace")(error)


ENCODING_ERRORS = "handcraft"
"""The name of the error handler for streams whose encoding lacks some characters."""

codecs.register_error(ENCODING_ERRORS, _spaces_and_escapes)
