"""Paths on the standard input: one per line, whatever their bytes, and never an image itself."""

import io
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from odd_files import encode

from handcraft.data.errors import RequestError
from handcraft.pipeline.images.image_paths import expand_paths


@pytest.fixture
def give(monkeypatch):
    def give_bytes(content):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    return give_bytes


def test_lines_are_paths_whatever_their_bytes(give):
    give(b"a b.png\r\n\n/x/caf\xe9.jpg\nlast")
    expected = [Path("a b.png"), Path(os.fsdecode(b"/x/caf\xe9.jpg")), Path("last")]
    assert list(expand_paths(["-"])) == expected


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF"])
def test_an_image_in_place_of_paths_is_refused(give, file_format):
    give(encode(np.zeros((9, 9, 3), np.uint8), file_format))
    with pytest.raises(RequestError, match="is not text; paths were expected"):
        list(expand_paths(["-"]))
