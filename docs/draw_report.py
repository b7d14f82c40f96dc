"""Draws README's picture of the report: `python docs/draw_report.py runs/sample/report.html`.

The report is that of README's first command. It takes Chromium and its driver.
"""

import base64
import shutil
import sys
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

WIDTH, HEIGHT = 1000, 2100
"""Pixels of the page: the headline, the chart, the table and some mistakes."""


def draw(report: Path, picture: Path) -> None:
    """Write a picture of the top of a report."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{flag}")
    browser = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    metrics = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(report.resolve().as_uri())
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    picture.write_bytes(base64.b64decode(shot["data"]))
    browser.quit()


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(__file__).parent / "report.png")
