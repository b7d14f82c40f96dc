"""The page of explanations in a real browser."""

import numpy as np
import pytest
from click.testing import CliRunner
from pages import SCREENS, assert_fits_and_is_accessible, assert_keeps_to_itself, open_page
from PIL import Image
from selenium.webdriver.common.by import By

from handcraft.pipeline.cli import main

NAMES = ("a<b>", "dog & cat", "z" * 60)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """Train on noise of three colours, and explain an image of each, one of them very wide."""
    folder = tmp_path_factory.mktemp("explained")
    rng = np.random.default_rng(0)
    for label, name in enumerate(NAMES):
        (folder / "images" / name).mkdir(parents=True)
        for i in range(8):
            pixels = rng.integers(0, 120, (16, 64 if i == 0 else 20, 3), np.uint8)
            pixels[..., label] += 100
            Image.fromarray(pixels).save(folder / "images" / name / f"{i} & <i>.png")
    images = [str(folder / "images" / name / "0 & <i>.png") for name in NAMES]
    model, out = str(folder / "m.safetensors"), str(folder / "why.html")
    shared = ["--jobs", "1", "--cache", str(folder / "cache")]
    train = ["train", str(folder / "images"), "--features", "hog+hue", "--classifiers", "softmax",
             "--model", model, "--out", str(folder / "run"), *shared]  # fmt: skip
    for command in (train, ["explain", model, *images, "--out", out]):
        run = CliRunner().invoke(main, command, catch_exceptions=False)
        assert run.exit_code == 0, run.output
    return folder / "why.html"


@pytest.fixture
def page(browser, page_file):
    return open_page(browser, page_file)


def test_the_page_asks_for_nothing_and_its_console_is_clean(page, page_file):
    assert_keeps_to_itself(page, page_file.as_uri())


def test_every_image_stands_beside_its_map_of_the_same_size(page):
    sections = page.find_elements(By.CSS_SELECTOR, "section.explanation")
    assert len(sections) == 3
    for section, name in zip(sections, NAMES, strict=True):
        photo, heat_map = section.find_elements(By.TAG_NAME, "img")
        assert photo.size == heat_map.size
        assert photo.get_attribute("alt") == "0 & <i>.png"
        assert "what speaks for " + name in heat_map.get_attribute("alt")
        assert name in section.find_element(By.TAG_NAME, "h2").text


def test_the_rectangles_are_the_places_listed_and_lie_on_the_map(page):
    for section in page.find_elements(By.CSS_SELECTOR, "section.explanation"):
        boxes = section.find_elements(By.CSS_SELECTOR, ".map b")
        listed = section.find_elements(By.CSS_SELECTOR, ".places li b")
        assert [box.text for box in boxes] == [str(i + 1) for i in range(len(listed))]
        whole = section.find_element(By.CSS_SELECTOR, ".map img").rect
        for box, line in zip(boxes, listed, strict=True):
            assert box.get_attribute("class") == line.get_attribute("class")
            assert whole["x"] - 1 <= box.rect["x"]
            assert box.rect["x"] + box.rect["width"] <= whole["x"] + whole["width"] + 1
            assert whole["y"] - 1 <= box.rect["y"]
            assert box.rect["y"] + box.rect["height"] <= whole["y"] + whole["height"] + 1


@SCREENS
def test_the_page_fits_every_screen_and_is_accessible(browser, page_file, width, scheme):
    assert_fits_and_is_accessible(open_page(browser, page_file, width, scheme), scheme)
