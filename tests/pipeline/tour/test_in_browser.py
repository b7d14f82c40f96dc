"""The tour in a real browser: sliders and questions by keyboard, on a desk and on a telephone."""

import pytest
from pages import SCREENS, assert_fits_and_is_accessible, assert_keeps_to_itself, open_page
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def page(browser, tour):
    return open_page(browser, tour)


def test_the_page_asks_for_nothing_and_its_console_is_clean(page, tour):
    assert_keeps_to_itself(page, tour.as_uri())


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


@SCREENS
def test_the_page_fits_every_screen_and_is_accessible(browser, tour, width, scheme):
    assert_fits_and_is_accessible(open_page(browser, tour, width, scheme), scheme)
