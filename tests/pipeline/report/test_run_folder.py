"""The folder that a run leaves."""

from datetime import datetime
from pathlib import Path

from handcraft.pipeline.report import run_folder
from handcraft.pipeline.run.terminal import Printer


def test_two_runs_in_one_second_have_a_folder_each(monkeypatch):
    class Noon(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 1, 2, 12)

    monkeypatch.setattr(run_folder, "datetime", Noon)
    photos, quiet = Path("photos"), Printer(quiet=True)
    first, second = (run_folder.open_run_folder(None, photos, quiet) for _ in range(2))
    assert first.parts == ("runs", "photos-20260102-120000")
    assert second.parts == ("runs", "photos-20260102-120000-2")
