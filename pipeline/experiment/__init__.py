"""Experiments: recipes, automatic choice, evaluation, baselines, statistics, models."""

COMPARED_FEATURES = ("raw", "hue", "hog", "sift-words", "hog+hue")
"""The feature sets that are compared unless others are named."""

LINEAR = ("svm", "softmax")
"""The classifiers that are trained unless others are named."""
