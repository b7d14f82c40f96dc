"""Builds the API reference from the docstrings: `python docs/build_reference.py [FOLDER]`."""

import argparse
import inspect
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import get_type_hints

import pdoc.doc
import pdoc.render

import handcraft

FOLDER = Path(__file__).parent.parent / "build" / "reference"
"""Default folder of the pages."""


def modules() -> list[ModuleType]:
    """Import and return all modules of the package except the one that runs it."""
    found = walk_packages(handcraft.__path__, "handcraft.")
    return [import_module(module.name) for module in found if module.name != "handcraft.__main__"]


def resolve_constructor(cls: type) -> None:
    """Replace names of types by types in the constructor of a dataclass or a named tuple.

    Names are those of the module in which a field is declared; pdoc looks them up in the module of
    the class, which may be another.
    """
    hints = get_type_hints(cls)
    for constructor in (cls.__init__, cls.__new__):
        for name in getattr(constructor, "__annotations__", {}):
            if name in hints:
                constructor.__annotations__[name] = hints[name]


def main() -> None:
    """Write one page per module to the folder on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="default: %(default)s")
    folder = parser.parse_args().folder
    found = [handcraft, *modules()]
    for module in found:
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ == module.__name__:
                resolve_constructor(cls)
    pdoc.render.configure(docformat="numpy")
    pages = {module.__name__: pdoc.doc.Module(module) for module in found}
    for name, page in pages.items():
        path = folder.joinpath(*name.split(".")).with_suffix(".html")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pdoc.render.html_module(page, pages), "utf-8")
    (folder / "index.html").write_text(pdoc.render.html_index(pages), "utf-8")
    print(folder / "index.html")


if __name__ == "__main__":
    main()
