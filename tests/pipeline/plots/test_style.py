"""Matplotlib as it is set up here."""

import os
import subprocess
import sys

PLACES = ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")


def test_nothing_is_said_of_a_home_that_cannot_be_written_to(tmp_path):
    home = tmp_path / "a-file"
    home.touch()
    environment = {name: value for name, value in os.environ.items() if name not in PLACES}
    said = subprocess.run(
        [sys.executable, "-c", "import handcraft.pipeline.plots.style"],
        env=environment | {"HOME": str(home)},
        capture_output=True,
        check=True,
    )
    assert said.stderr == b""
