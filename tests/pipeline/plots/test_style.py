"""Matplotlib as it is set up here."""

import os
import subprocess
import sys

import pytest

PLACES = ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")


@pytest.mark.parametrize("module", ["plots.style", "report.page", "tour.plots"])
def test_nothing_is_said_of_a_home_that_cannot_be_written_to(tmp_path, module):
    home = tmp_path / "a-file"
    home.touch()
    environment = {name: value for name, value in os.environ.items() if name not in PLACES}
    said = subprocess.run(
        [sys.executable, "-c", f"import handcraft.pipeline.{module}"],
        env=environment | {"HOME": str(home)},
        capture_output=True,
        check=True,
    )
    assert said.stderr == b""
