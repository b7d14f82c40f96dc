"""The application: what it answers, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from handcraft.classifiers import NearestNeighbor
from handcraft.data.decode import DEFAULTS
from handcraft.pipeline.serving.app import make_app

IMAGE = {"Content-Type": "application/octet-stream"}


def client_of(model, **limits):
    return make_app(model, "colours", replace(DEFAULTS, **limits)).test_client()


def test_the_page_names_the_classes_and_takes_nothing_from_elsewhere(colour_model):
    answer = client_of(colour_model).get("/", base_url="http://127.0.0.1")
    assert answer.status_code == 200
    assert "2 classes: &lt;red&gt;, blue" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "http" not in answer.text


def test_an_image_is_answered_with_classes_and_a_heat_map(colour_model, blue_png):
    client = client_of(colour_model)
    answer = client.post("/explain", data=blue_png, headers=IMAGE, base_url="http://localhost:80")
    assert answer.status_code == 200
    assert answer.text.index("blue") < answer.text.index("&lt;red&gt;")
    assert answer.text.count("data:image/jpeg") == 2


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_answered_with_a_sentence(colour_model, content):
    client = client_of(colour_model)
    answer = client.post("/explain", data=content, headers=IMAGE, base_url="http://127.0.0.1")
    assert answer.status_code == 422
    assert answer.text.startswith("the image: ")
    assert answer.mimetype == "text/plain"


def test_sizes_are_bounded_before_anything_is_decoded(colour_model, blue_png):
    few_bytes, few_pixels = {"max_bytes": 1_000}, {"max_pixels": 100}
    for limits, code in ((few_bytes, 413), (few_pixels, 422)):
        client = client_of(colour_model, **limits)
        answer = client.post("/explain", data=blue_png, headers=IMAGE, base_url="http://127.0.0.1")
        assert answer.status_code == code


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8023"])
def test_a_page_of_another_name_is_refused(colour_model, host):
    answer = client_of(colour_model).get("/", base_url=f"http://{host}")
    assert answer.status_code == 403
    assert answer.text == "this page answers to 127.0.0.1 and localhost only"


def test_what_another_site_can_send_unasked_is_refused(colour_model, blue_png):
    """A form of another site sends one of three types, without asking."""
    client = client_of(colour_model)
    for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
        answer = client.post(
            "/explain", data=blue_png, content_type=kind, base_url="http://127.0.0.1"
        )
        assert answer.status_code == 415
        assert answer.text == "an image is sent as application/octet-stream"


def test_a_model_whose_scores_are_no_sums_says_so(colour_model, blue_png):
    rows = np.random.default_rng(0).random((20, colour_model.extractor.n_features))
    nearest = NearestNeighbor().fit(rows, np.arange(20) % 2)
    client = client_of(replace(colour_model, classifier=nearest))
    answer = client.post("/explain", data=blue_png, headers=IMAGE, base_url="http://127.0.0.1")
    assert answer.status_code == 422
    assert "not sums" in answer.text
