"""The page of findings in a real browser, on a desk and on a telephone."""

import pytest
from click.testing import CliRunner
from pages import SCREENS, assert_fits_and_is_accessible, assert_keeps_to_itself, open_page
from selenium.webdriver.common.by import By

from handcraft.pipeline.cli import main


@pytest.fixture(scope="module")
def findings(planted_once, tmp_path_factory):
    """Check a folder with everything wrong that the checks know."""
    out = tmp_path_factory.mktemp("checked")
    arguments = ["check", planted_once.folder, "--test", planted_once.test, "--out", out]
    command = [*map(str, arguments), "--jobs", "1"]
    run = CliRunner().invoke(main, command, catch_exceptions=False)
    assert run.exit_code == 0, run.output
    return out / "check.html"


def test_each_line_of_the_summary_leads_to_its_finding_and_nothing_is_asked_for(browser, findings):
    page = open_page(browser, findings)
    links = page.find_elements(By.CSS_SELECTOR, ".contents a")
    assert len(links) > 10
    for link in links:
        name = link.get_attribute("href").rpartition("#")[2]
        assert page.find_element(By.ID, name).is_displayed()
    assert_keeps_to_itself(page, findings.as_uri())


@SCREENS
def test_the_page_fits_every_screen_and_is_accessible(browser, findings, width, scheme):
    assert_fits_and_is_accessible(open_page(browser, findings, width, scheme), scheme)
