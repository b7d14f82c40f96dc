"""The report in a real browser: what people press, on a desk and on a telephone."""

import json
import runpy
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pages import (
    SCREENS,
    assert_fits_and_is_accessible,
    assert_keeps_to_itself,
    complaints,
    open_page,
)
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from handcraft.pipeline.cli import main
from handcraft.pipeline.report.report import write_report
from handcraft.pipeline.results.record import RunRecord

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "report_speed.py"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Compare two feature sets on images that neither tells apart by more than chance.

    There are as many as it takes for a learning curve. Some have a wrong label, a copy, or do not
    decode.
    """
    folder = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(0)
    for name in ("a<b>", "dog & cat", "z"):
        (folder / "images" / name).mkdir(parents=True)
        for i in range(21):
            pixels = rng.integers(0, 255, (12, 12, 3), np.uint8)
            Image.fromarray(pixels).save(folder / "images" / name / f"{i} & <i>.png")
    (folder / "images" / "z" / "broken.png").write_bytes(b"not an image")
    (folder / "images" / "z" / "copy.png").write_bytes(
        (folder / "images" / "z" / "0 & <i>.png").read_bytes()
    )
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
    return open_page(browser, report)


def script_data(page):
    return json.loads(page.find_element(By.ID, "images").get_attribute("textContent"))


def test_the_page_asks_for_nothing_and_its_console_is_clean(page, report):
    assert_keeps_to_itself(page, report.as_uri())


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
    assert sum(cell["count"] for cell in data["cells"].values()) == 12
    assert all(image["name"] in predictions for image in data["images"].values())


def test_the_arrow_keys_lead_to_every_cell_and_enter_opens_one(page):
    buttons = page.find_elements(By.CSS_SELECTOR, ".matrix button")
    assert [b.get_attribute("tabindex") for b in buttons] == ["0"] + ["-1"] * (len(buttons) - 1)
    buttons[0].send_keys(Keys.ARROW_DOWN)
    below = page.switch_to.active_element
    assert below.location["y"] > buttons[0].location["y"]
    below.send_keys(Keys.ENTER)
    assert below.get_attribute("aria-pressed") == "true"
    assert page.find_elements(By.CSS_SELECTOR, ".cell figure")
    reached = [buttons[0]]
    for _ in buttons[1:]:
        reached[-1].send_keys(Keys.ARROW_RIGHT)
        reached.append(page.switch_to.active_element)
    assert reached == buttons
    assert buttons[-1].get_attribute("tabindex") == "0"  # Tab comes back to where it was


@pytest.fixture(scope="module")
def page_of_many_classes(tmp_path_factory):
    """Write a report of 30 classes with made-up scores, as its benchmark does."""
    made_up = runpy.run_path(str(BENCHMARK))
    folder, names = tmp_path_factory.mktemp("many"), 30
    images = made_up["made_up_images"](folder, 90, names)
    comparison = made_up["made_up_comparison"](images, names)
    parts = {"train": images, "test": images}
    names = comparison.selected.model.class_names
    record = RunRecord(folder, None, names, parts, (), datetime.now(UTC))
    return write_report(folder, record, comparison)


def test_a_matrix_of_many_classes_is_zoomed_and_names_its_cells(browser, page_of_many_classes):
    page = open_page(browser, page_of_many_classes)
    matrix = page.find_element(By.CLASS_NAME, "matrix")
    zoom = page.find_element(By.ID, "zoom")
    wider = "return arguments[0].scrollWidth - arguments[0].clientWidth"
    zoom.send_keys(Keys.HOME)
    assert page.execute_script(wider, matrix) <= 0
    zoom.send_keys(Keys.END)
    assert page.execute_script(wider, matrix) > 0
    matrix.find_element(By.TAG_NAME, "button").send_keys(Keys.ARROW_RIGHT)
    label = page.switch_to.active_element.get_attribute("aria-label")
    assert page.find_element(By.CLASS_NAME, "named").text == label
    given, true = page.find_elements(By.CLASS_NAME, "here")
    assert label.startswith(f"{true.text} predicted as {given.text}: ")


def test_the_list_of_confusions_opens_the_images_of_a_cell(browser, page_of_many_classes):
    page = open_page(browser, page_of_many_classes)
    summary = page.find_element(By.XPATH, "//summary[contains(., 'confusions as a list')]")
    summary.send_keys(Keys.ENTER)
    number = page.find_element(By.CSS_SELECTOR, "[aria-label=Confusions] tbody button")
    number.send_keys(Keys.ENTER)
    shown = page.find_elements(By.CSS_SELECTOR, ".cell figure")
    assert len(shown) == int(number.text)
    same = page.find_elements(By.CSS_SELECTOR, "[aria-pressed=true]")
    assert {button.get_attribute("data-cell") for button in same} == {
        number.get_attribute("data-cell")
    }
    assert len(same) == 2
    assert complaints(page) == []


def test_the_table_of_classes_is_sorted_by_the_heading_that_is_pressed(page):
    table = page.find_element(By.CSS_SELECTOR, "[aria-label='Every class'] table")

    def column(index):
        cells = table.find_elements(By.CSS_SELECTOR, f"tbody tr > :nth-child({index})")
        return [cell.get_attribute("data-value") for cell in cells]

    for index in (2, 5):
        heading = table.find_element(By.CSS_SELECTOR, f"th:nth-child({index}) button")
        heading.send_keys(Keys.ENTER)
        assert column(index) == sorted(column(index), key=float)
        heading.send_keys(Keys.ENTER)
        assert column(index) == sorted(column(index), key=float, reverse=True)
    table.find_element(By.CSS_SELECTOR, "th button").send_keys(Keys.ENTER)
    assert column(1) == ["a<b>", "dog & cat", "z"]


@SCREENS
def test_the_page_fits_every_screen_and_is_accessible(browser, report, width, scheme):
    assert_fits_and_is_accessible(open_page(browser, report, width, scheme), scheme)


def test_the_page_has_its_parts_in_order(page):
    headings = [h.text for h in page.find_elements(By.TAG_NAME, "h2")]
    wanted = [
        "What engineered features gain over raw pixels", "Results", "Worst mistakes",
        "Least certain", "Doubtful labels", "Most confused classes", "Confusion matrix",
        "Every class", "Calibration: how far its probabilities can be trusted",
        "Would more images help?",
        "The images", "How it was made",
    ]  # fmt: skip
    assert [heading for heading in headings if heading in wanted] == wanted
    text = page.find_element(By.TAG_NAME, "body").text
    assert "is not measured" not in text
    assert "broken.png" in text
    assert "more than once" in text


def test_links_lead_to_the_files_beside_the_page(page, report):
    links = {a.get_attribute("href") for a in page.find_elements(By.TAG_NAME, "a")}
    names = {link.removeprefix(report.parent.as_uri() + "/") for link in links}
    assert {"results.json", "predictions.csv"} <= names
    assert all((report.parent / name).is_file() for name in names)
