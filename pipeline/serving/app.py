"""The web application: one page, and the explanation of an uploaded image."""

from __future__ import annotations

import secrets

from flask import Flask, Response, abort, request
from werkzeug.exceptions import HTTPException

from handcraft.data.decode import DecodeOptions, decode
from handcraft.data.errors import DecodeError, RequestError
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.pages.templates import page_environment
from handcraft.pipeline.run.text import printable

HOST = "127.0.0.1"
"""Reachable from this machine only."""

KNOWN_HOSTS = (HOST, "localhost")
"""Accepted host names. A site whose own name points here (DNS rebinding) sends that name."""

IMAGE_TYPE = "application/octet-stream"
"""Content type of uploads. From another site, a browser sends this only after asking the server."""

POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; connect-src 'self'"
"""Content security policy: the page loads nothing from any network."""


def make_app(model: Model, title: str, decoding: DecodeOptions) -> Flask:
    """Return the application.

    Parameters
    ----------
    title
        The name of the model on the page.
    decoding
        The usual limits of files and images.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = decoding.max_bytes
    environment = page_environment()

    @app.before_request
    def refuse_strangers() -> None:
        """Refuse other host names: a page elsewhere could have its own name resolved to here."""
        if request.host.rsplit(":", 1)[0] not in KNOWN_HOSTS:
            abort(403, f"this page answers to {' and '.join(KNOWN_HOSTS)} only")

    @app.get("/")
    def page() -> Response:
        """Return the page, which allows only its own script."""
        nonce = secrets.token_urlsafe()
        text = environment.get_template("serving/page.html.j2").render(
            title=title, classes=model.class_names, nonce=nonce, image_type=IMAGE_TYPE
        )
        policy = f"{POLICY}; script-src 'nonce-{nonce}'"
        return Response(text, headers={"Content-Security-Policy": policy})

    @app.post("/explain")
    def explain() -> Response:
        """Return the explanation of the uploaded image, as a part of the page."""
        if request.mimetype != IMAGE_TYPE:
            abort(415, f"an image is sent as {IMAGE_TYPE}")
        try:
            image = decode(request.get_data(), "the image", decoding)
            explanation = model.explain(image)
        except (DecodeError, RequestError) as error:
            return Response(printable(str(error)), status=422, mimetype="text/plain")
        template = environment.get_template("serving/answer.html.j2")
        return Response(template.render(explanation=explanation))

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        """Return the error message of a refused upload, with the size limit."""
        too_large = f"the image is larger than {decoding.max_bytes / 1e6:,.0f} MB"
        sentence = too_large if error.code == 413 else error.description
        return Response(sentence, status=error.code, mimetype="text/plain")

    return app
