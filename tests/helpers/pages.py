"""What is checked of every page in a real browser."""

import itertools
import json

import pytest
from axe_core_python.selenium import Axe

SCREENS = pytest.mark.parametrize(
    ("width", "scheme"), list(itertools.product((360, 1200), ("light", "dark")))
)
"""A telephone and a desk."""


def open_page(browser, page, width=1200, scheme="light"):
    """Open a file, or an address, in a window of this width; forget what was logged before."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(page if isinstance(page, str) else page.as_uri())
    return browser


def assert_keeps_to_itself(browser, *addresses):
    """Check that these addresses alone were asked for, and that the console is clean."""
    assert requested(browser) == list(addresses)
    assert complaints(browser) == []


def assert_fits_and_is_accessible(browser, scheme):
    """Check an open page with all that it discloses; afterwards its drawings are gone."""
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert overflow(browser) <= 0
    assert out_of_reach(browser) == []
    paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    brightness = [int(v) for v in paper.removeprefix("rgb(").rstrip(")").split(",")]
    assert (sum(brightness) > 3 * 128) == (scheme == "light")
    assert serious_faults(browser) == {}


def requested(browser):
    """Return the addresses that were asked for, but those of what is in the page."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in urls if not url.startswith("data:")]


def complaints(browser):
    """Return the warnings and errors of the console."""
    return [e for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]


def overflow(browser):
    """Return by how many pixels the page is wider than its window."""
    return browser.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def serious_faults(browser):
    """Return what axe-core finds serious or critical: the rule and the elements.

    Drawings are taken out before: the tour has so many that it would take minutes.
    """
    browser.execute_script("document.querySelectorAll('svg').forEach(svg => svg.remove())")
    found = Axe().run(browser)
    return {
        fault["id"]: [node["html"][:120] for node in fault["nodes"][:3]]
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    }


def out_of_reach(browser):
    """Return what can be pressed, or scrolled, but not be reached with the keyboard.

    In a matrix the arrow keys lead from the one cell that Tab stops at to all others.
    """
    return browser.execute_script(
        """
        const able = (e) => !e.disabled &&
          (e.tabIndex >= 0 || e.closest('.matrix')?.querySelector('button[tabindex="0"]'));
        const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowX) &&
          e.scrollWidth > e.clientWidth && !able(e);
        const pressed = [...document.querySelectorAll('a[href], button, summary, input')];
        return [...pressed.filter((e) => !able(e)),
                ...[...document.querySelectorAll('body *')].filter(scrolls)]
          .map((e) => e.outerHTML.slice(0, 120));
        """
    )
