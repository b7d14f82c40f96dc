"""The code of a function as the tour shows it: the real source, without its docstring."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple


class Source(NamedTuple):
    """Lines of code, and their file."""

    file: str
    text: str


def source_of(function: Callable[..., Any]) -> Source:
    """Return the source of a function or method, dedented.

    >>> from handcraft.classifiers.losses import l2
    >>> print(*source_of(l2), sep=chr(10))
    classifiers/losses.py
    def l2(W: Array) -> tuple[float, Array]:
        return 0.5 * float(np.vdot(W, W)), W
    """
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    definition = ast.parse("\n".join(lines)).body[0]
    docstring = definition.body[0] if isinstance(definition, ast.FunctionDef) else None
    if isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant):
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    file = function.__module__.removeprefix("handcraft.").replace(".", "/") + ".py"
    return Source(file, "\n".join(lines))
