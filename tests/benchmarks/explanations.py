"""Faithfulness of heat maps: deletion, shuffled weights, exact sums, seconds.

    handcraft train photos/ --features vlad --classifiers svm --model model.safetensors
    python tests/benchmarks/explanations.py model.safetensors photos-test/ --images 100

Deletion: a share of the image is covered with its mean colour, in cells of a grid: where the map
speaks most for the class, at random, and where it speaks most against it. How much does the
difference of the two classes' scores fall, in units of what it was on average? Shuffled weights
(Adebayo et al., "Sanity Checks for Saliency Maps", 2018): the rank correlation of the map with that
of the same weights in another order, which is near 0 if the map shows what was learned.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

import handcraft as hc
from handcraft.data.decode import read_image
from handcraft.data.folder import list_images
from handcraft.features.attribution import pixel_shares, spread
from handcraft.pipeline.explanation.heat_map import smoothed

GRID = 10
"""Rows and columns of cells that are covered."""

SHARES = (0.1, 0.3)


def covered(image, cells):
    """Return the image with some cells of the grid in its mean colour."""
    height, width = image.shape[:2]
    mask = np.zeros(GRID * GRID, bool)
    mask[cells] = True
    rows, columns = (np.arange(n) * GRID // n for n in (height, width))
    hidden = mask.reshape(GRID, GRID)[rows[:, None], columns]
    return np.where(hidden[..., None], image.mean(axis=(0, 1)).astype(np.uint8), image)


def falls(model, image, found, rng):
    """Return how much the difference falls: (shares, [highest, random, lowest])."""
    order = np.argsort(-spread(found.places, GRID, GRID), axis=None)
    fallen = []
    for share in SHARES:
        n = round(share * order.size)
        chosen = (order[:n], rng.permutation(order)[:n], order[::-1][:n])
        scores = model.predict_scores([covered(image, cells) for cells in chosen])
        given, against = (model.class_names.index(c) for c in (found.given, found.against))
        fallen.append(found.difference - (scores[:, given] - scores[:, against]))
    return np.array(fallen)


def shuffled_correlation(model, image, found, rng):
    """Return the rank correlation of a map with that of shuffled weights."""
    given, against = (model.class_names.index(c) for c in (found.given, found.against))
    weights = model.classifier.linear_at(model.extractor.transform([image])[0])[0]
    shuffled = rng.permutation(weights[given] - weights[against])
    maps = (found.places, pixel_shares(model.extractor, image, shuffled))
    return spearmanr(*(smoothed(places, 30, 30).ravel() for places in maps)).statistic


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=100)
    options = parser.parse_args()
    model, rng = hc.load(options.model), np.random.default_rng(0)
    paths = list(list_images([options.folder])[0])
    chosen = [paths[i] for i in rng.permutation(len(paths))[: options.images]]
    fallen, differences, correlations, errors, seconds = [], [], [], [], []
    for path in chosen:
        image = read_image(path)
        start = time.process_time()
        found = model.explain(image)
        seconds.append(time.process_time() - start)
        errors.append(abs(sum(found.parts.values()) + found.bias - found.difference))
        differences.append(found.difference)
        fallen.append(falls(model, image, found, rng))
        correlations.append(shuffled_correlation(model, image, found, rng))
    falls_in_units = np.array(fallen) / np.mean(differences)
    print(f"{len(chosen)} photographs, {model.training}")
    print("covered  highest  at random  lowest  highest falls more than random in")
    for share, of_images in zip(SHARES, falls_in_units.swapaxes(0, 1), strict=True):
        highest, at_random, lowest = of_images.mean(axis=0)
        wins = np.mean(of_images[:, 0] > of_images[:, 1])
        print(f"{share:7.0%}  {highest:7.0%}  {at_random:9.0%}  {lowest:6.0%}  {wins:.0%}")
    print(
        f"rank correlation with the map of shuffled weights: mean {np.mean(correlations):.2f}, "
        f"mean size {np.mean(np.abs(correlations)):.2f}"
    )
    mean = np.mean(differences)
    print(f"largest error of a sum: {max(errors):.1g}, of differences of {mean:.2f} on average")
    print(f"processor seconds for an explanation: median {np.median(seconds):.2f}")


if __name__ == "__main__":
    main()
