"""serve: a local page where a photograph can be dropped on a model."""

from __future__ import annotations

import logging
import os
import socket
import webbrowser
from pathlib import Path

import click

from handcraft.data.errors import RequestError
from handcraft.pipeline.experiment.prediction import load_model
from handcraft.pipeline.run.context import RunContext

EXTRA = "pip install 'handcraft[serve]'"


def serve(context: RunContext, model: Path, port: int, browser: bool) -> None:
    """Answer requests until interrupted, the regular end of the command.

    Raises
    ------
    RequestError
        If the libraries are not installed, the model cannot be loaded, or the port is in use.
    """
    loaded = load_model(model, context)
    try:
        from waitress import create_server

        from handcraft.pipeline.serving.app import HOST, make_app
    except ModuleNotFoundError as error:
        raise RequestError(f"serve needs {error.name}, which is not installed; {EXTRA}") from error
    app = make_app(loaded, model.stem, context.decoding)
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RequestError(f"port {port}: {reason}; name another with --port") from error
    with listening:
        # One thread: images are explained one after the other; waiting is not worth a warning.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        server = create_server(app, sockets=[listening], threads=1)
        address = f"http://{HOST}:{listening.getsockname()[1]}/"
        click.echo(f"{address} shows {model.name}; Ctrl+C ends it")
        if browser:
            webbrowser.open(address)
        server.run()
