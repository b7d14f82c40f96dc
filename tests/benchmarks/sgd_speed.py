"""Compare the time of our SGD with that of scikit-learn's LinearSVC, to the same test accuracy.

Run `python tests/benchmarks/sgd_speed.py FOLDER [--test FOLDER]` from the top folder. LinearSVC
gets every C of a grid; the fit with the best test accuracy sets the accuracy to reach and its
seconds count. Ours are timed with everything chosen automatically, and again as a user would who
trains once more: with the values chosen, for the fewest epochs that reach that accuracy.
"""

from __future__ import annotations

from linear_accuracy import Outcome, Problem, arguments_of, line, ours, peers, problems

from handcraft.classifiers import LinearSVM, Softmax

EPOCHS = (1, 2, 3, 5, 8, 12, 20)
KINDS = (LinearSVM, Softmax)


def until(
    goal: float, kind: type[LinearSVM | Softmax], problem: Problem, searched: Outcome
) -> Outcome:
    """Train with the values found, for more and more epochs, until the accuracy reaches `goal`."""
    for epochs in EPOCHS:
        outcome = ours(kind, problem, **searched.parameters | {"epochs": epochs})
        if outcome.accuracy >= goal:
            break
    return outcome


def main() -> None:
    """Print a line for each fit, and how many times as fast ours are."""
    arguments = arguments_of(__doc__.splitlines()[0], "hog+hue")
    print(f"{'':24s} classifier            accuracy  seconds  setting")
    for spec, problem in problems(arguments).items():
        print(f"{spec}: {problem.training.shape[0]:,} rows of {problem.training.shape[1]:,} values")
        fits = []
        for outcome in peers("LinearSVC", problem):
            print(f"{'':24s}{line(outcome)}", flush=True)
            fits.append(outcome)
        best = max(fits, key=lambda outcome: outcome.accuracy)
        for kind in KINDS:
            searched = ours(kind, problem)
            for outcome in (searched, until(best.accuracy, kind, problem, searched)):
                reached = outcome.accuracy >= best.accuracy
                ratio = f"{best.seconds / outcome.seconds:.1f} times as fast"
                print(f"{ratio if reached else 'not as accurate':24s}{line(outcome)}", flush=True)


if __name__ == "__main__":
    main()
