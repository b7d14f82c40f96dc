"""The report in a real browser: what people press, on a desk and on a telephone."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from handcraft.pipeline.cli import main


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Compare two feature sets on images that neither tells apart by more than chance."""
    folder = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(0)
    for name in ("a<b>", "dog & cat", "z"):
        (folder / "images" / name).mkdir(parents=True)
        for i in range(15):
            pixels = rng.integers(0, 255, (12, 12, 3), np.uint8)
            Image.fromarray(pixels).save(folder / "images" / name / f"{i} & <i>.png")
    run = CliRunner().invoke(
        main,
        ["compare", str(folder / "images"), "--features", "raw,hue", "--classifiers", "softmax",
         "--jobs", "1", "--cache", str(folder / "cache"), "--out", str(folder / "out")],
        catch_exceptions=False,
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    return folder / "out" / "report.html"


@pytest.fixture
def page(browser, report):
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(report.as_uri())
    return browser


def script_data(page):
    return json.loads(page.find_element(By.ID, "images").get_attribute("textContent"))


def test_the_page_asks_for_nothing_and_its_console_is_clean(page, report):
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    urls = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in urls if not url.startswith("data:")] == [report.as_uri()]
    assert [e for e in page.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []


def test_a_cell_of_the_confusion_matrix_shows_exactly_its_images(page, report):
    data = script_data(page)
    predictions = (report.parent / "predictions.csv").read_text(encoding="utf-8")
    buttons = page.find_elements(By.CSS_SELECTOR, ".matrix button")
    assert len(buttons) == len(data["cells"])
    for button in buttons:
        page.execute_script("arguments[0].click()", button)
        cell = data["cells"][button.get_attribute("data-cell")]
        captions = [c.text for c in page.find_elements(By.CSS_SELECTOR, ".cell figcaption")]
        assert captions == [data["images"][str(i)]["name"] for i in cell["shown"]]
        assert len(captions) == cell["count"] == int(button.text)
        assert len(page.find_elements(By.CSS_SELECTOR, ".cell img")) == cell["count"]
    assert sum(cell["count"] for cell in data["cells"].values()) == 9
    assert all(image["name"] in predictions for image in data["images"].values())


def test_the_arrow_keys_go_from_cell_to_cell_and_enter_opens_one(page):
    buttons = page.find_elements(By.CSS_SELECTOR, ".matrix button")
    buttons[0].send_keys(Keys.ARROW_DOWN)
    focused = page.switch_to.active_element
    assert focused != buttons[0]
    focused.send_keys(Keys.ENTER)
    assert focused.get_attribute("aria-pressed") == "true"
    assert page.find_elements(By.CSS_SELECTOR, ".cell figure")


def test_the_table_of_classes_is_sorted_by_the_heading_that_is_pressed(page):
    table = page.find_element(By.CSS_SELECTOR, "table.sortable")

    def column(index):
        cells = table.find_elements(By.CSS_SELECTOR, f"tbody td:nth-child({index})")
        return [cell.get_attribute("data-value") for cell in cells]

    for index in (2, 5):
        heading = table.find_element(By.CSS_SELECTOR, f"th:nth-child({index}) button")
        heading.send_keys(Keys.ENTER)
        assert column(index) == sorted(column(index), key=float)
        heading.send_keys(Keys.ENTER)
        assert column(index) == sorted(column(index), key=float, reverse=True)
    table.find_element(By.CSS_SELECTOR, "th button").send_keys(Keys.ENTER)
    assert column(1) == ["a<b>", "dog & cat", "z"]


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_the_scheme_is_followed(page, width, scheme):
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    paper = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    brightness = np.mean([int(v) for v in paper.removeprefix("rgb(").rstrip(")").split(",")])
    assert (brightness > 128) == (scheme == "light")
