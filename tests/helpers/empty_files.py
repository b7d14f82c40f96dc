"""Folders of empty files, to be listed: names alone count."""


def make_files(folder, *names):
    """Create empty files; scanning looks at names only."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def images(*folders, n=2):
    return [f"{folder}/{i}.png" for folder in folders for i in range(1, n + 1)]


def listing(images, folder):
    return [
        (path.relative_to(folder).as_posix(), int(label))
        for path, label in zip(images.paths, images.labels, strict=True)
    ]


def names_in(images):
    return sorted({path.parent.name for path in images.paths})
