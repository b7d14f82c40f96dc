"""Optimisation: update rules, learning rates and the mini-batch loop, for any objective."""
