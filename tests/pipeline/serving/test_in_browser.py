"""serve as people use it: a real process, a real browser, a photograph chosen with the keyboard."""

import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from pages import (
    SCREENS,
    assert_fits_and_is_accessible,
    assert_keeps_to_itself,
    complaints,
    open_page,
    serious_faults,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


@pytest.fixture(scope="module")
def address(colour_model, tmp_path_factory):
    """Serve the model on a free port, and end it as people do."""
    path = tmp_path_factory.mktemp("served") / "colours.safetensors"
    colour_model.save(path)
    command = [sys.executable, "-m", "handcraft", "serve", path, "--port", "0", "--no-browser"]
    server = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    line = server.stdout.readline()
    assert line.endswith("shows colours.safetensors; Ctrl+C ends it\n"), server.stderr.read()
    yield line.split()[0]
    server.send_signal(signal.SIGINT)
    _, last_words = server.communicate(timeout=60)
    assert (server.returncode, last_words) == (0, "")  # it has done its work


@pytest.fixture
def page(browser, address):
    return open_page(browser, address)


def choose(page, path):
    """Choose a file, and return the status once there is an answer."""
    page.find_element(By.ID, "file").send_keys(str(path))
    return answered(page)


def drop(page, content, *names):
    """Drop files of one content on the page, and return the status once there is an answer."""
    page.execute_script(
        """
        const content = new Uint8Array(arguments[0]), files = new DataTransfer();
        for (const name of arguments[1]) files.items.add(new File([content], name));
        const dropped = new DragEvent("drop", { dataTransfer: files, bubbles: true });
        document.querySelector("h1").dispatchEvent(dropped);
        """,
        list(content),
        names,
    )
    return answered(page)


def answered(page):
    status = page.find_element(By.ID, "status")
    WebDriverWait(page, 60).until(lambda _: status.text and not status.text.startswith("Looking"))
    return status


def test_a_chosen_photograph_is_explained_and_nothing_leaves_the_machine(
    page, address, blue_png, tmp_path
):
    (tmp_path / "a & <b>.png").write_bytes(blue_png)
    assert choose(page, tmp_path / "a & <b>.png").text == "a & <b>.png"
    answer = page.find_element(By.ID, "answer")
    assert answer.find_element(By.TAG_NAME, "h2").text.startswith("blue ")
    photograph, heat_map = answer.find_elements(By.TAG_NAME, "img")
    assert photograph.size == heat_map.size
    assert photograph.size["width"] > 100
    assert "<red>" in answer.text
    assert_keeps_to_itself(page, address, f"{address}explain")


@SCREENS
def test_the_page_fits_every_screen_and_is_accessible_before_and_after_an_answer(
    browser, address, blue_png, width, scheme
):
    page = open_page(browser, address, width, scheme)
    assert serious_faults(page) == {}
    assert drop(page, blue_png, "blue & <b>.png").text == "blue & <b>.png"
    assert page.find_element(By.CSS_SELECTOR, "#answer h2").text.startswith("blue ")
    assert_fits_and_is_accessible(page, scheme)
    assert complaints(page) == []


def test_of_several_photographs_the_first_is_explained_and_this_is_said(page, blue_png):
    assert drop(page, blue_png, "a.png", "b.png").text == "a.png, the first of 2"
    assert len(page.find_elements(By.CSS_SELECTOR, "#answer h2")) == 1


def test_photographs_that_come_at_once_are_answered_in_turn(address, blue_png):
    """And without a warning: `address` checks at the end that none was printed."""

    def ask(_):
        headers = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(f"{address}explain", blue_png, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(ask, range(8)))
    assert len(answers) == 1
    assert b"<h2>blue " in answers.pop()


def test_what_is_no_image_is_said_beside_its_name(page, tmp_path):
    (tmp_path / "notes.png").write_text("nothing")
    status = choose(page, tmp_path / "notes.png")
    assert status.text.startswith("notes.png: the image: not an image")
    assert page.find_element(By.ID, "answer").text == ""
