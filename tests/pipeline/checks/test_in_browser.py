"""The page of findings in a real browser, on a desk and on a telephone."""

import pytest
from click.testing import CliRunner
from pages import (
    SCHEMES,
    WIDTHS,
    complaints,
    open_details,
    open_page,
    out_of_reach,
    overflow,
    requested,
    serious_faults,
)
from selenium.webdriver.common.by import By

from handcraft.pipeline.cli import main


@pytest.fixture(scope="module")
def findings(planted_once, tmp_path_factory):
    """Check a folder with everything wrong that the checks know."""
    out = tmp_path_factory.mktemp("checked")
    command = [
        "check",
        planted_once.folder,
        "--test",
        planted_once.test,
        "--out",
        out,
        "--jobs",
        "1",
    ]
    run = CliRunner().invoke(main, list(map(str, command)), catch_exceptions=False)
    assert run.exit_code == 0, run.output
    return out / "check.html"


def test_each_line_of_the_summary_leads_to_its_finding_and_nothing_is_asked_for(browser, findings):
    page = open_page(browser, findings)
    assert requested(page) == [findings.as_uri()]
    links = page.find_elements(By.CSS_SELECTOR, ".contents a")
    assert len(links) > 10
    for link in links:
        name = link.get_attribute("href").rpartition("#")[2]
        assert page.find_element(By.ID, name).is_displayed()
    assert complaints(page) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_overflows_or_is_out_of_reach_and_axe_finds_no_serious_fault(
    browser, findings, width, scheme
):
    page = open_page(browser, findings, width, scheme)
    open_details(page)
    assert overflow(page) <= 0
    assert out_of_reach(page) == []
    assert serious_faults(page) == {}
