"""Memory of memory-mapped arrays is given back."""

import re
from pathlib import Path

import numpy as np
import pytest

from handcraft.classifiers.numerics.memmap import release_pages


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="asks Linux for its memory")
def test_memory_of_rows_on_disk_is_given_back(tmp_path):
    np.save(tmp_path / "rows.npy", np.ones((4_000, 1_000)))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")

    def resident_kib():
        maps = Path("/proc/self/smaps").read_text().split("rows.npy\n")[1]
        return int(re.search(r"Rss: +(\d+) kB", maps)[1])

    assert rows.sum() == 4e6
    assert resident_kib() > 30_000
    release_pages(np.asarray(rows)[10:])
    assert resident_kib() < 100
    assert rows.sum() == 4e6
