"""Runs docs/quickstart.ipynb and saves the output of its cells: `python docs/run_quickstart.py`.

The notebook runs in an empty folder of its own, with the kernel of this Python.
"""

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent / "quickstart.ipynb"

MOST_SECONDS = 600
"""For a cell: the slowest takes half a minute on a quiet machine."""


def run(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Run all cells in `folder`, with their output in place of what was there.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    """
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, timeout=MOST_SECONDS, resources=resources, record_timing=False
    )
    return client.execute()


def main(path: Path = NOTEBOOK) -> None:
    """Run the notebook, and write it with its output."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        run(notebook, Path(folder))
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(notebook, path)
    print(path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
