"""serve: what it says where it cannot serve."""

import errno
import os
import socket
import sys


def test_a_missing_library_is_named_with_the_remedy(run, model, monkeypatch):
    monkeypatch.setitem(sys.modules, "waitress", None)
    refused = run("serve", model, "--no-browser", expect=2)
    assert "serve needs waitress, which is not installed; pip install 'handcraft[serve]'" in (
        refused.stderr
    )


def test_a_port_that_is_taken_is_named(run, model):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run("serve", model, "--port", port, "--no-browser", expect=2)
    reason = os.strerror(errno.EADDRINUSE)
    assert f"port {port}: {reason}; name another with --port" in refused.stderr
