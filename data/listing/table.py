"""Tables of paths and labels: CSV files in common variants."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handcraft.data.errors import DecodeError, RequestError
from handcraft.data.files import read_bytes
from handcraft.data.formats.kinds import image_suffixes, is_image_name
from handcraft.data.listing.layout import role_of
from handcraft.data.listing.report import ScanReport
from handcraft.data.names import counted, listed, normalised, printable
from handcraft.data.remote import RemotePath, located

_COLUMNS = {
    "path": (
        *("path", "file", "filename", "file_name", "filepath", "file_path"),
        *("image", "image_path", "image_name", "image_id", "id"),
    ),
    "label": ("label", "labels", "class", "class_name", "category", "target"),
    "split": ("split", "set", "subset"),
    "group": ("group", "group_id"),
}
"""Accepted names of columns; messages use the first."""

_DELIMITERS = ",;\t|: "

_FIRST_LINE = re.compile(r"\A[^\r\n]{0,100000}")
"""Of which csv takes a cell of at most 131,072 characters."""

MAX_TABLE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Row:
    """An image in a table; `role` and `group` are None if the table has none."""

    path: Path
    label: str
    role: str | None
    group: str | None


def read_table(table: Path, folder: Path, report: ScanReport) -> list[Row]:
    """Read a table with a header and a line for each image.

    Its columns are path and label and, optionally, split (train, test, val ...) and group; some
    other common names are accepted. The delimiter is a comma, semicolon, tab, bar, colon or
    space. Paths are relative to the table's folder, else to `folder`, with slashes or
    backslashes; an image's extension may be omitted. Missing images are left out and reported.

    Raises
    ------
    RequestError
        If the table cannot be read, lacks a column, has a line with an empty or wrong cell, more
        cells than columns or a repeated image, or if all images are missing. Line and column are
        named.
    """
    reader = _lines(table)
    header = next(reader, (0, []))[1]
    columns = _columns(table, header)
    rows: dict[Path, Row] = {}
    for line, cells in reader:
        if any(cells[len(header) :]):
            raise RequestError(
                f"{printable(table)}, line {line}: {len(cells)} cells, and {len(header)} in the "
                "header; put a cell that holds a delimiter into quotation marks."
            )
        row = _row(
            _Line(table, line, cells, columns), [table.parent, *([folder] if folder else [])]
        )
        if rows.setdefault(row.path, row) != row:
            raise RequestError(
                f"{printable(table)}, line {line}: {printable(row.path)} is listed twice, with "
                "another label, split or group; remove one of the two lines."
            )
    found = [row for row in rows.values() if row.path.is_file()]
    missing = [path for path in rows if not path.is_file()]
    if not found:
        what = f"none of its images exists, such as {listed(missing, 1)}" if rows else "no lines"
        raise RequestError(
            f"{printable(table)}: {what}; it needs a line for each image, with its path relative "
            "to the table or to FOLDER."
        )
    if any("\udc80" <= letter <= "\udcff" for row in found for letter in row.label):
        report.warnings.append(
            f"{printable(table)}: not in UTF-8, so that labels are shown as bytes; save it as CSV "
            "in UTF-8"
        )
    if missing:
        what = counted(len(missing), "image")
        report.warnings.append(f"In the table, but missing: {what}, {listed(missing, 3)}")
    return found


@dataclass(frozen=True)
class _Line:
    table: Path
    number: int
    cells: list[str]
    columns: dict[str, int]

    def cell(self, column: str) -> str | None:
        """Return a cell without spaces around it, or None if there is no such column."""
        index = self.columns.get(column)
        if index is None:
            return None
        return self.cells[index].strip() if index < len(self.cells) else ""

    def needed(self, column: str) -> str:
        """Return a cell that must not be empty."""
        value = self.cell(column)
        if not value:
            raise self.error(column, "is empty; fill the cell or remove the line")
        return value

    def error(self, column: str, what: str) -> RequestError:
        """Return the error that names the table, the line and the column."""
        return RequestError(
            f"{printable(self.table)}, line {self.number}, column {column!r}: {what}."
        )


def _row(line: _Line, folders: Sequence[Path]) -> Row:
    role = None
    if line.cell("split") is not None:
        role = role_of(line.needed("split"))
        if role is None:
            known = "train, test, val, dev and eval"
            split = printable(line.needed("split"))
            raise line.error("split", f"'{split}' is not a split; known are {known}")
    path = _located(line.needed("path"), folders)
    return Row(path, normalised(line.needed("label")), role, line.cell("group") or None)


def _located(name: str, folders: Sequence[Path]) -> Path:
    """Return the file of this name in one of the folders, with or without an image's extension.

    A name may also be an address.
    """
    if isinstance(address := located(name), RemotePath):
        return address
    endings = [""] if is_image_name(name) else ["", *sorted(image_suffixes())]
    names = dict.fromkeys([name, name.replace("\\", "/")])
    candidates = [
        folder / (one + ending) for one in names for ending in endings for folder in folders
    ]
    return next((path for path in candidates if path.is_file()), candidates[0])


def _columns(table: Path, header: list[str]) -> dict[str, int]:
    """Return the index of each known column."""
    names = [name.strip().casefold() for name in header]
    columns = {
        column: names.index(known)
        for column, usual in _COLUMNS.items()
        for known in [next((name for name in usual if name in names), None)]
        if known is not None
    }
    for column in ("path", "label"):
        if column not in columns:
            usual = ", ".join(_COLUMNS[column])
            raise RequestError(
                f"{printable(table)}, line 1: no column {column!r} (or {usual}) in the header "
                f"({listed(header)}); name it so."
            )
    return columns


def _lines(table: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each line that is not empty."""
    text = _text(table)
    if told := re.match(rf"sep=([{_DELIMITERS}])\r?\n", text):  # as written by Excel
        text = text[told.end() :]
    delimiter = told[1] if told else _delimiter(_FIRST_LINE.findall(text)[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise RequestError(
            f"{printable(table)}, line {reader.line_num}: {error}; save it as CSV."
        ) from None


def _delimiter(header: str) -> str:
    """Return the delimiter that separates most known column names."""
    known = {name for names in _COLUMNS.values() for name in names}

    def rank(delimiter: str) -> tuple[int, bool, int]:
        """Count known names, and all; a space may also be next to another delimiter."""
        names = next(csv.reader([header], delimiter=delimiter), [])
        n_known = sum(name.strip().casefold() in known for name in names)
        return n_known, delimiter != " ", len(names)

    return max(_DELIMITERS, key=rank)


def _text(table: Path) -> str:
    """Read a table in UTF-8, or UTF-16 with a byte order mark; other bytes are kept."""
    try:
        content = read_bytes(table, MAX_TABLE_BYTES)
    except DecodeError as error:
        raise RequestError(
            f"{printable(table)}: {error.reason}; --labels takes a table of paths and labels."
        ) from None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise RequestError(f"{printable(table)}: not a text file; save it as CSV in UTF-8.")
    return content.decode("utf-8-sig", "surrogateescape")
