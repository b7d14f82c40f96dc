"""Versions of libraries: of those that are there, and what they decide."""

import importlib.metadata

import pytest

from handcraft.pipeline.extraction import keys
from handcraft.pipeline.run.libraries import IN_ROWS, versions


def test_a_library_may_come_from_another_distribution_or_not_be_there(monkeypatch):
    installed = {"opencv-python": "5.0", "numpy": "2.4"}

    def version(name):
        if name not in installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr("handcraft.pipeline.run.libraries.version", version)
    found = versions(["numpy", "opencv-python-headless", "pillow-heif"])
    assert found == {"numpy": "2.4", "opencv-python-headless": "5.0", "pillow-heif": None}


@pytest.mark.parametrize("library", IN_ROWS)
def test_rows_of_another_version_of_a_library_are_not_taken(monkeypatch, library):
    here = keys.code_version.__wrapped__()
    monkeypatch.setattr(keys, "versions", lambda names: versions(names) | {library: "0.1"})
    assert keys.code_version.__wrapped__() != here
