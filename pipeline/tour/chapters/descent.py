"""Chapter "Going downhill": searches, learning rates, schedules and update rules in a race."""

from __future__ import annotations

from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from handcraft.classifiers.optim import random_search, update_rules
from handcraft.classifiers.optim.random_search import Descent
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.tour import plots
from handcraft.pipeline.tour.frames import Frame, valley_descent
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.optimiser_races import (
    N_VALLEY_STEPS,
    RACERS,
    STEEPNESS,
    Problem,
    Run,
    learning_rates,
    make_problem,
    race,
    schedules,
    searches,
    valley,
    valley_path,
    valley_paths,
)
from handcraft.pipeline.tour.source_code import source_of

SHOWN_RATES = (0.001, 0.005, 0.01, 0.02, 0.03, 0.038, 0.0405, 0.042)
"""Of plain gradient descent in the valley: it diverges above 2 / STEEPNESS = 0.04."""


class Races(NamedTuple):
    """Optimisers on one problem: see `handcraft.pipeline.tour.optimiser_races`."""

    problem: Problem
    searches: dict[str, Descent]
    learning_rates: dict[str, Run]
    schedules: dict[str, Run]
    rules: dict[str, Run]


def content(material: Material) -> dict[str, Any]:
    """Return the races, their curves, and the valley at several learning rates."""
    races = _races(material)
    with plot_style():
        figures = {
            "searches": plots.search_curves(races.searches),
            "learning_rates": plots.learning_rate_curves(races.learning_rates),
            "schedules": plots.schedule_curves(races.schedules),
            "rules": plots.race_curves(races.rules),
            "valley": plots.valley_map(valley_paths()),
        }
        rates = [_at_rate(rate) for rate in SHOWN_RATES]
    return {
        "races": races,
        "ranking": sorted(races.rules, key=lambda name: races.rules[name].final_loss),
        "best_schedule": min(races.schedules, key=lambda name: races.schedules[name].final_loss),
        "steepness": STEEPNESS,
        "n_valley_steps": N_VALLEY_STEPS,
        "rates": rates,
        "descent_code": source_of(random_search.gradient_descent),
        "momentum_code": source_of(update_rules.momentum),
        "descent_figures": figures,
    }


def _races(material: Material) -> Races:
    training, test, seed = material.dataset.training, material.test, material.seed
    problem = make_problem(training, test, len(material.class_names), seed)
    progress = material.context.progress
    # The products are too small to be shared: two threads wait for each other most of the time.
    with (
        threadpool_limits(1, user_api="blas"),
        progress.stage("Racing optimisers", len(RACERS) + 3, "optimisers") as bar,
    ):
        found = searches(problem, seed)
        bar.advance(1)
        rates = learning_rates(problem, seed)
        bar.advance(1)
        falling = schedules(problem, seed)
        bar.advance(1)
        rules = race(problem, seed, on_rule=lambda: bar.advance(1))
    return Races(problem, found, rates, falling, rules)


def _at_rate(rate: float) -> Frame:
    """Return the path of plain gradient descent down the valley at a learning rate."""
    path = valley_path("sgd", rate)
    height = valley(path[-1])[0]
    if height > valley(path[0])[0]:
        end = f"it has climbed to a height of {height:.3g}: the steps are too long"
    else:
        end = f"it is at a height of {height:.2g}, from {valley(path[0])[0]:.2g} at the start"
    text = f"Learning rate {rate:g}: after {N_VALLEY_STEPS} steps {end}."
    return Frame(f"{rate:g}", text, valley_descent(path))
