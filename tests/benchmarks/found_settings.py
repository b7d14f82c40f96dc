"""Settings found on all rows, taken over to fewer of them: softmax on scikit-learn's digits.

Run `python tests/benchmarks/found_settings.py [--draws N]` from the top folder. Of 500 images a
quarter and a half are trained on, and 700 others are classified: with the settings found on all
500, with a search of its own, and with penalty and whitening made stronger in proportion to the
rows, as a prior would be. Accuracies are means over random draws of the images.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.datasets import load_digits

from handcraft.classifiers import Softmax

N_ROWS, N_TEST, SHARES = 500, 700, (0.25, 0.5)


def accuracies(seed: int) -> list[float]:
    """Return the accuracies for each of `SHARES`: taken over, searched, stronger."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    training, test = order[:N_ROWS], order[N_ROWS : N_ROWS + N_TEST]
    found = Softmax(seed=seed).fit(X[training], y[training])
    names = ("learning_rate", "reg", "whitening")
    results = []
    for share in SHARES:
        few = training[: int(share * N_ROWS)]
        chosen = {n: found.best_params_[n] / (1 if n == "learning_rate" else share) for n in names}
        softmax = Softmax(seed=seed)
        taken_over = softmax.tune(X[few], y[few], found=found)
        models = [
            softmax.fit(X[few], y[few], tuned=taken_over),
            Softmax(seed=seed).fit(X[few], y[few]),
            Softmax(seed=seed, **chosen).fit(X[few], y[few]),
        ]
        results += [model.score(X[test], y[test]) for model in models]
    return results


def main() -> None:
    """Print a line for each share of the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20)
    n_draws = parser.parse_args().draws
    means = np.mean([accuracies(seed) for seed in range(n_draws)], axis=0).reshape(-1, 3)
    print("training images  taken over  searched  stronger")
    for share, of_share in zip(SHARES, means, strict=True):
        values = "  ".join(f"{accuracy:9.1%}" for accuracy in of_share)
        print(f"{int(share * N_ROWS):15d}  {values}")


if __name__ == "__main__":
    main()
