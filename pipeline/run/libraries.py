"""The libraries, and our own code, on which rows, models and results depend."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from handcraft import data, features
from handcraft.classifiers import numerics

IN_PREDICTIONS = ("numpy", "opencv-python-headless", "pillow")
"""Those used in a prediction."""

IN_ROWS = (*IN_PREDICTIONS, "pillow-heif")
"""Those on which fitted extractors and rows depend."""

IN_RESULTS = ("handcraft", *IN_ROWS, "scikit-image", "scikit-learn", "scipy", "safetensors")
"""Those on which a run depends in any way."""

_OTHER_DISTRIBUTIONS = {
    "opencv-python-headless": (
        "opencv-python",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
    ),
}
"""Other distributions of the same library."""


def versions(names: Iterable[str]) -> dict[str, str | None]:
    """Return the version of each library; None for one that is not installed."""
    found: dict[str, str | None] = {}
    for name in names:
        candidates = (_version(one) for one in (name, *_OTHER_DISTRIBUTIONS.get(name, ())))
        found[name] = next((number for number in candidates if number), None)
    return found


def differences(trained: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Describe the libraries whose version differs from that in training; empty if none does."""
    others = [
        f"{name} {number}, was {trained[name]}"
        for name, number in now.items()
        if number != trained[name]
    ]
    return (
        f"trained with other libraries ({', '.join(others)}); scores may differ" if others else ""
    )


@functools.cache
def own_code() -> str:
    """Return a hash of all our code on which rows depend."""
    digest = hashlib.blake2b(digest_size=16)
    for package in (data, features, numerics):
        for file in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
