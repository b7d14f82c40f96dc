"""Progress of training: epochs done over all the runs of a search."""

from __future__ import annotations

from handcraft.classifiers.base import OnEpoch
from handcraft.classifiers.optim.minimise import History


class EpochCount:
    """Counts epochs over several training runs, some at the same time, some of which end early."""

    def __init__(self, on_epoch: OnEpoch | None, total: int) -> None:
        self.on_epoch = on_epoch
        self.total = total
        self.done = 0

    def count_epoch(self, _: History) -> None:
        """Report one epoch more."""
        self.skip(1)

    def skip(self, epochs: int) -> None:
        """Report epochs as done that need not be run."""
        self.done += epochs
        if self.on_epoch is not None:
            self.on_epoch(min(self.done, self.total), self.total)
