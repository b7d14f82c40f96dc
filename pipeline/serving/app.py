"""The web application: one page, and the explanation of the image that is sent to it."""

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
"""Nobody but this machine."""

KNOWN_HOSTS = (HOST, "localhost")
"""What a browser may call it. A site that makes its own name point here (DNS rebinding) sends that
name."""

IMAGE_TYPE = "application/octet-stream"
"""Of what is sent. A browser asks a server first before it sends this from another site."""

POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; connect-src 'self'"
"""The page takes nothing from any network."""


def make_app(model: Model, title: str, decoding: DecodeOptions) -> Flask:
    """Return the application.

    Parameters
    ----------
    title
        What the page calls the model.
    decoding
        The limits of files and images, as everywhere.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = decoding.max_bytes
    environment = page_environment()

    @app.before_request
    def refuse_strangers() -> None:
        """Answer this machine alone: a page elsewhere could have its own name resolved to here."""
        if request.host.rsplit(":", 1)[0] not in KNOWN_HOSTS:
            abort(403, f"this page answers to {' and '.join(KNOWN_HOSTS)} only")

    @app.get("/")
    def page() -> Response:
        """Return the page, which allows its own script and no other."""
        nonce = secrets.token_urlsafe()
        text = environment.get_template("serving/page.html.j2").render(
            title=title, classes=model.class_names, nonce=nonce, image_type=IMAGE_TYPE
        )
        policy = f"{POLICY}; script-src 'nonce-{nonce}'"
        return Response(text, headers={"Content-Security-Policy": policy})

    @app.post("/explain")
    def explain() -> Response:
        """Return the explanation of the image that was sent, as a part of the page."""
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
        """Say in a sentence what is refused, and how large an image may be."""
        too_large = f"the image is larger than {decoding.max_bytes / 1e6:,.0f} MB"
        sentence = too_large if error.code == 413 else error.description
        return Response(sentence, status=error.code, mimetype="text/plain")

    return app
