"""Draws README's pictures and runs the notebook again: `python docs/draw.py`.

It compares feature sets on the bundled sample, which takes some minutes, and needs Chromium and its
driver. The sources of each picture are recorded in docs/drawn.json, and a test compares them with
the code.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import draw_explanation
import run_quickstart
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from handcraft.classifiers import CLASSIFIERS
from handcraft.data import bundled
from handcraft.features import make_extractor
from handcraft.pipeline.experiment import COMPARED_FEATURES, LINEAR

DOCS = Path(__file__).parent
NOTE = DOCS / "drawn.json"

WIDTH = 1000
"""Pixels of the page."""

SOURCES = {
    "report.png": (
        "pipeline/pages/style.css",
        "pipeline/plots/comparison.py",
        "pipeline/report/photographs.html.j2",
        "pipeline/report/results.html.j2",
    ),
    "explanation.png": (
        "docs/draw_explanation.py",
        "pipeline/explanation/heat_map.py",
        "pipeline/plots/explanation.py",
    ),
}
"""These decide what the pictures look like; what they show, the versions of rows and scores."""

FEATURES = {"report.png": COMPARED_FEATURES, "explanation.png": ("patch-words",)}


def drawn_from(picture: str) -> dict[str, Any]:
    """Return what a picture is drawn from, as the code is now: hashes, and numbers of versions."""
    files = {name: (DOCS.parent / name).read_bytes() for name in SOURCES[picture]}
    return {
        "sources": {name: hashlib.sha256(text).hexdigest()[:16] for name, text in files.items()},
        "rows": {
            part.kind: part.row_version
            for spec in FEATURES[picture]
            for part in make_extractor(spec).parts
        },
        "scores": {name: CLASSIFIERS[name].score_version for name in LINEAR},
        "sample": bundled.VERSION,
    }


def draw_report(report: Path, picture: Path) -> None:
    """Write a picture of a report from its headline to its table."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{flag}")
    browser = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    metrics = {"width": WIDTH, "height": 2000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(report.resolve().as_uri())
    end = "return document.querySelector('.results').getBoundingClientRect().bottom"
    part = {"x": 0, "y": 0, "width": WIDTH, "height": browser.execute_script(end) + 8, "scale": 1}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": part})
    picture.write_bytes(base64.b64decode(shot["data"]))
    browser.quit()


def main() -> None:
    """Draw, run, and note what it was made of."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "handcraft", "compare", "--no-diagnosis", "--out", folder]
        subprocess.run(command, check=True)
        draw_report(Path(folder) / "report.html", DOCS / "report.png")
    draw_explanation.main()
    run_quickstart.main()
    note = {picture: drawn_from(picture) for picture in SOURCES}
    NOTE.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
