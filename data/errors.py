"""The error that tells a user what was wrong with a request."""

from __future__ import annotations


class RequestError(ValueError):
    """What was asked for cannot be done: one clear sentence that ends with the remedy.

    The command line prints the sentence alone and exits with code 2.
    """
