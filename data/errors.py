"""The errors that tell a user what was wrong: with a request, or with one image file."""

from __future__ import annotations

from handcraft.data.names import printable


class RequestError(ValueError):
    """What was asked for cannot be done: one clear sentence that ends with the remedy.

    The command line prints the sentence alone and exits with code 2.
    """


class DecodeError(ValueError):
    """An image file that cannot be read.

    Parameters
    ----------
    path
        The file, as the user would name it.
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
