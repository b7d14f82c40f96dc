"""Training of a classifier: hyperparameters, folds, principal axes, search."""
