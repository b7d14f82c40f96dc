"""One tour for all tests: what it is told from, the page, and what was said meanwhile."""

import io

import pytest
from rich.console import Console

from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress
from handcraft.pipeline.tour.material import gather
from handcraft.pipeline.tour.walkthrough import STEPS, tell


@pytest.fixture(scope="session")
def told(photos, tmp_path_factory):
    """Return the material, the page and the log of a tour of `photos`."""
    progress = Progress(Console(file=io.StringIO(), width=200))
    progress.expect(STEPS)
    material = gather(RunContext(tmp_path_factory.mktemp("cache"), progress=progress), 0, photos)
    page = tell(tmp_path_factory.mktemp("tour"), material)
    return material, page, progress.console.file.getvalue()


@pytest.fixture(scope="session")
def material(told):
    return told[0]


@pytest.fixture(scope="session")
def tour(told):
    return told[1]
