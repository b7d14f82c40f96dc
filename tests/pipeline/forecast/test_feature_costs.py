"""What features cost: measured on a fake clock, and added up as a fit and an extraction are."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from handcraft.features.base import Extractor
from handcraft.features.state import learned
from handcraft.pipeline.forecast import feature_costs
from handcraft.pipeline.forecast.feature_costs import FeatureCost, FeatureCosts, measure_features
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.context import RunContext


class FakeClock:
    """Seconds that pass only where a test says so."""

    def __init__(self):
        self.now = 0.0

    def timed(self, work):
        start = self.now
        found = work()
        return self.now - start, found


CLOCK = FakeClock()


@dataclass
class Slow(Extractor):
    """Takes 2 s to collect, 3 s to extract an image, and 5 s and 0.5 s for each to learn."""

    kind: ClassVar[str] = "slow"
    sample_size: ClassVar[int] = 10
    n_learned_: int = learned(int, low=1)

    @property
    def n_features(self):
        return 7

    @property
    def feature_names(self):
        return list("abcdefg")

    def collect(self, image, rng):
        CLOCK.now += 2
        return 1

    def _learn(self, collected):
        CLOCK.now += 5 + 0.5 * len(collected)
        self.n_learned_ = len(collected)

    def _rows(self, images):
        CLOCK.now += 3 * len(images)
        return np.zeros((len(images), 7), np.float32)


@pytest.fixture
def costs(photos, tmp_path, monkeypatch):
    """Measure on a clock that stands still but for `Slow`, here in place of in workers."""
    monkeypatch.setattr(feature_costs, "timed", CLOCK.timed)
    monkeypatch.setattr(feature_costs, "usable_cores", lambda _=None: 1)
    monkeypatch.setattr(
        feature_costs, "run_batches", lambda work, batches, _: ((b, work(b)) for b in batches)
    )
    context = RunContext(tmp_path / "cache", n_jobs=1)
    return measure_features([Slow()], load_dataset(photos, None, context).training, context)


def test_the_clock_tells_each_part_of_the_work(costs):
    [cost] = costs.of_part.values()
    assert (cost.collect, cost.extract, cost.n_features) == (2, 3, 7)
    n_tried = 60  # all images of the folder, as they are tiny
    assert cost.learn == pytest.approx(5 + 0.5 * feature_costs.SHARE * n_tried)


def test_a_fit_and_an_extraction_take_what_a_loop_over_images_would():
    costs = FeatureCosts(1.0, {repr(Slow()): FeatureCost(2, 5, 3, 7, 1)}, n_workers=2, stretch=1)
    assert costs.fit([Slow()], 4) == sum(1 + 2 for _ in range(4)) / 2 + 5
    assert costs.fit([Slow()], 1_000) == sum(1 + 2 for _ in range(10)) / 2 + 5  # of a sample
    assert costs.extract([Slow()], 100) == sum(1 + 3 for _ in range(100)) / 2
    assert costs.fit([], 4) == costs.extract([], 4) == 0
