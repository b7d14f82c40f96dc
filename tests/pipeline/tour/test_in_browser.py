"""The tour in a real browser: sliders and questions by keyboard, on a desk and on a telephone."""

import json

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def page(browser, tour):
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(tour.as_uri())
    return browser


def test_the_page_asks_for_nothing_and_its_console_is_clean(page, tour):
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    urls = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in urls if not url.startswith("data:")] == [tour.as_uri()]
    assert [e for e in page.get_log("browser") if e["level"] in ("SEVERE", "WARNING")] == []


@pytest.mark.parametrize("name", ["k", "margin", "rate"])
def test_a_slider_shows_one_picture_at_each_stop_of_its_keys(page, name):
    slider = page.find_element(By.ID, name)
    box = slider.find_element(By.XPATH, "..")
    output = box.find_element(By.TAG_NAME, "output")
    frames = box.find_elements(By.CLASS_NAME, "frame")
    slider.send_keys(Keys.HOME)
    for i, frame in enumerate(frames):
        assert [f.is_displayed() for f in frames] == [j == i for j in range(len(frames))]
        assert output.text == frame.get_attribute("data-value")
        text = frame.find_element(By.TAG_NAME, "p").get_attribute("textContent")
        assert text in slider.get_attribute("aria-valuetext")
        slider.send_keys(Keys.ARROW_RIGHT)
    slider.send_keys(Keys.HOME)
    assert frames[0].is_displayed()


def test_an_answer_is_hidden_until_it_is_asked_for(page):
    question = page.find_element(By.CSS_SELECTOR, "details.ask")
    answer = question.find_element(By.TAG_NAME, "p")
    assert not answer.is_displayed()
    question.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert answer.is_displayed()


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
