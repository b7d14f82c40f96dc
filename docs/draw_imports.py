"""Draws the imports between folders as text in CONTRIBUTING.md: run it from anywhere.

A module directly in a top folder is one line, and so is a sub-folder. Each line names what it
imports, and all of that stands below it.
"""

from graphlib import TopologicalSorter
from pathlib import Path
from textwrap import fill

import grimp

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"
START, END = "<!-- imports -->\n```\n", "```\n<!-- end of imports -->"
FOLDERS = ["api", "pipeline", "features", "classifiers", "data"]
"""From top to bottom."""


def line_of(module: str) -> str:
    """Return the line that a module belongs to, such as features/hog or features/words."""
    folders = module.split(".")[1:3]
    return "/".join(folders if folders and folders[0] in FOLDERS else ["api", *folders])


def imports() -> dict[str, list[str]]:
    """Return the other lines that each line imports from, from top to bottom.

    Raises
    ------
    graphlib.CycleError
        If imports run in a circle; it names the lines on it.
    """
    graph = grimp.build_graph("handcraft", cache_dir=None)
    found: dict[str, set[str]] = {line_of(module): set() for module in sorted(graph.modules)}
    for module in graph.modules:
        imported = {line_of(m) for m in graph.find_modules_directly_imported_by(module)}
        found[line_of(module)] |= imported - {line_of(module)}
    order = list(TopologicalSorter({n: sorted(found[n]) for n in found}).static_order())[::-1]
    order.sort(key=lambda name: FOLDERS.index(name.split("/")[0]))
    return {name: sorted(found[name], key=order.index) for name in order}


def drawing() -> str:
    """Return one line per module or sub-folder, with what it imports after an arrow."""
    found = imports()
    width = max(map(len, found)) + 1
    lines = (
        f"{name:{width}}-> {', '.join(found[name])}" if found[name] else name for name in found
    )
    return "".join(fill(line, 99, subsequent_indent=" " * (width + 3)) + "\n" for line in lines)


def with_drawing(page: str) -> str:
    """Return the page with the drawing between its two marks rebuilt."""
    before, _, rest = page.partition(START)
    return before + START + drawing() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(with_drawing(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(drawing(), end="")
