"""The report of a scan: what was left out or noticed, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from handcraft.data.formats.kinds import EXTRA, needs_extra
from handcraft.data.listing.tree import Folder
from handcraft.data.names import counted, listed, natural_key, printable

MAX_NAMED = 3
"""The most files to list; of more, the extensions are counted."""


@dataclass
class ScanReport:
    """The files and folders that a scan left out, and its notes.

    Parameters
    ----------
    n_hidden
        The hidden files and folders, and those of operating systems.
    not_images
        The files without an image's extension.
    not_files
        Broken links, pipes and the like, with the reason.
    repeated
        Links to folders already listed, and such folders below a link, with their path there.
    n_loose
        The images next to the class folders instead of in one.
    empty_classes
        The class folders without an image.
    unused_folders
        The folders next to those of training and test images that belong to neither.
    similar_names
        Class names that differ only in case, accents or separators.
    untested_classes
        Classes without test images, where there are test images.
    notes, warnings
        Further sentences; a warning is about something that, if unintended, makes results wrong.
    """

    n_hidden: int = 0
    not_images: list[Path] = field(default_factory=list)
    not_files: list[tuple[Path, str]] = field(default_factory=list)
    repeated: list[tuple[Path, Path]] = field(default_factory=list)
    n_loose: int = 0
    empty_classes: list[Path] = field(default_factory=list)
    unused_folders: list[Path] = field(default_factory=list)
    similar_names: list[list[str]] = field(default_factory=list)
    untested_classes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, folder: Folder, below: bool = True) -> None:
        """Add everything except images in a folder and all below it."""
        for one in folder.walk() if below else [folder]:
            self.n_hidden += one.n_hidden
            self.not_images += one.others
            self.not_files += one.not_files
            self.repeated += one.repeated

    def sentences(self) -> list[str]:
        """Return what was left out or noticed, as sentences without a full stop."""
        classes = [
            f"Classes that differ only in case, accents or separators: {listed(names)}"
            for names in self.similar_names
        ]
        if self.untested_classes:
            what = counted(len(self.untested_classes), "class", "classes")
            classes.append(f"No test images of {what}: {listed(self.untested_classes)}")
        return [*self.notes, *self._files(), *self._folders(), *classes, *self.warnings]

    def _files(self) -> list[str]:
        said = not_images(self.not_images)
        said += [f"Ignored {printable(path)}: {printable(why)}" for path, why in self.not_files]
        if self.n_hidden:
            what = counted(self.n_hidden, "hidden or system entry", "hidden or system entries")
            said.append(f"Ignored {what}")
        if self.n_loose:
            said.append(f"Ignored {counted(self.n_loose, 'image')} outside the class folders")
        return said

    def _folders(self) -> list[str]:
        said = [
            f"Ignored {printable(link)}: the same folder as {printable(path)}, listed already"
            for link, path in self.repeated
        ]
        if self.empty_classes:
            what = counted(len(self.empty_classes), "class folder")
            said.append(f"No image in {what}: {listed(self.empty_classes)}")
        if self.unused_folders:
            unused = listed(self.unused_folders)
            said.append(f"Not used: {unused}; to test on a folder, name it with --test")
        return said


def not_images(paths: list[Path]) -> list[str]:
    """List files that are not images, or count them by extension if there are many."""
    readable = [path for path in paths if needs_extra(path.suffix)]
    others = [path for path in paths if not needs_extra(path.suffix)]
    said = []
    if readable:
        files = "files were" if len(readable) > 1 else "file was"
        said.append(f"{_endings(readable)} {files} skipped; {EXTRA} makes them readable")
    if others:
        named = listed(others) if len(others) <= MAX_NAMED else _endings(others)
        what = counted(len(others), "file that is not an image", "files that are not images")
        said.append(f"Ignored {what}: {named}")
    return said


def _endings(paths: Iterable[Path]) -> str:
    """Count files by extension, the most frequent first: 10 .txt, 2 .xml."""
    counts = Counter(path.suffix.lower() or "without an ending" for path in paths)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], natural_key(item[0])))
    return listed([f"{count:,} {suffix}" for suffix, count in ordered], most=8)
