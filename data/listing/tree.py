"""A folder tree, from a single walk."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from handcraft.data.errors import RequestError
from handcraft.data.files import why_no_file
from handcraft.data.formats.kinds import is_image_name
from handcraft.data.names import natural_key, printable
from handcraft.data.remote import RemoteEntry, RemotePath

_SYSTEM_NAMES = frozenset(
    {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "$recycle.bin", "@eadir"}
    | {"#recycle", "@recycle", "system volume information", "lost+found", "__pycache__"}
)
"""Names of system files and folders of macOS, Windows, Synology, QNAP and others, in lower case."""

_Inode = tuple[int, int]


@dataclass(eq=False)
class Folder:
    """The contents of one folder.

    Parameters
    ----------
    path
        The folder, starting with the path of the walk.
    folders
        The folders in it, in natural order.
    images, others
        The files in it with an image's extension, and all others, sorted.
    not_files
        What is neither a file nor a folder: broken links, pipes and the like, with the reason.
    repeated
        Links to folders already in the tree, and such folders below a link, with their path there.
    n_hidden
        The number of hidden files and folders, and those of the operating system.
    """

    path: Path
    folders: list[Folder] = field(default_factory=list)
    images: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    not_files: list[tuple[Path, str]] = field(default_factory=list)
    repeated: list[tuple[Path, Path]] = field(default_factory=list)
    n_hidden: int = 0

    def walk(self) -> Iterator[Folder]:
        """Yield this folder and all below it."""
        yield self
        for folder in self.folders:
            yield from folder.walk()

    def has_images(self) -> bool:
        """Return whether there is an image in this folder or below it."""
        return any(folder.images for folder in self.walk())

    def all_images(self) -> list[Path]:
        """Return the images in this folder and all below it, sorted."""
        return sorted(image for folder in self.walk() for image in folder.images)


def read_tree(path: Path) -> Folder:
    """Walk a folder; links are followed, but no folder is entered twice, so that loops end.

    Of two paths to one folder the one without links is used, else the first in order.

    Raises
    ------
    RequestError
        If a folder cannot be read.
    """
    root = Folder(path)
    if isinstance(path, RemotePath):
        path.forget()
    seen = {_inode(path): path}
    unread: deque[Folder] = deque([root])
    links: deque[tuple[Folder, Path]] = deque()
    while unread or links:
        if unread:
            folder = unread.popleft()
            subfolders = [(folder, subfolder) for subfolder in _read(folder)]
            found = [one for one in subfolders if not one[1].is_symlink()]
            links.extend(one for one in subfolders if one[1].is_symlink())
        else:
            found = [links.popleft()]
        for parent, subfolder in found:
            known = seen.setdefault(_inode(subfolder), subfolder)
            if known is subfolder:
                parent.folders.append(Folder(subfolder))
                unread.append(parent.folders[-1])
            else:
                parent.repeated.append((subfolder, known))
    for folder in root.walk():
        folder.folders.sort(key=lambda one: natural_key(one.path.name))
    return root


def is_system_name(name: str) -> bool:
    """Return whether a file or folder of this name is hidden, or the operating system's."""
    return name.startswith(".") or name.lower() in _SYSTEM_NAMES


def _read(folder: Folder) -> list[Path]:
    """Sort the entries of a folder into its lists; return the folders among them."""
    subfolders = []
    try:
        entries = sorted(_scan(folder.path), key=lambda entry: entry.name)
    except OSError as error:
        raise RequestError(
            f"{printable(folder.path)}: the folder cannot be read ({error.strerror}); check its "
            "permissions."
        ) from None
    for entry in entries:
        path = folder.path / entry.name
        # For a link to itself, os.DirEntry raises an error where os.path returns False.
        is_folder, is_file = (
            (os.path.isdir(path), os.path.isfile(path))
            if entry.is_symlink()
            else (entry.is_dir(), entry.is_file())
        )
        if is_system_name(entry.name):
            folder.n_hidden += 1
        elif is_folder:
            subfolders.append(path)
        elif not is_file:
            folder.not_files.append((path, why_no_file(path) or "not a regular file"))
        elif is_image_name(entry.name):
            folder.images.append(path)
        else:
            folder.others.append(path)
    return subfolders


def _scan(path: Path) -> Iterable[os.DirEntry[str] | RemoteEntry]:
    return path.scan() if isinstance(path, RemotePath) else os.scandir(path)


def _inode(path: Path) -> _Inode:
    status = path.stat()
    return status.st_dev, status.st_ino
