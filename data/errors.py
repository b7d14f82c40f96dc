"""Errors for the user: of a request, or of one image file."""

from __future__ import annotations

from handcraft.data.names import printable


class RequestError(ValueError):
    """The request cannot be fulfilled; the message is one clear sentence that ends with the remedy.

    The command line prints only the sentence and exits with code 2.
    """


class DecodeError(ValueError):
    """An image file that cannot be read.

    Parameters
    ----------
    path
        The file, as named by the user.
    reason
        What is wrong with it.
    remedy
        What the user can do about it.
    """

    def __init__(self, path: str, reason: str, remedy: str = "replace or remove it") -> None:
        super().__init__(path, reason, remedy)
        self.path = path
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{printable(self.path)}: {printable(self.reason)}; {self.remedy}"
