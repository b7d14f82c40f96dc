"""Experiments: recipes, automatic choice, evaluation, baselines, statistics, models."""

COMPARED_FEATURES = ("raw", "hue", "hog", "sift-words", "hog+hue")
"""The feature sets that are compared unless others are named."""

EXTRACTED_FEATURES = "hog+hue"
"""The feature set that `handcraft extract` writes unless another is named."""

LINEAR = ("svm", "softmax")
"""The classifiers that are trained unless others are named."""
