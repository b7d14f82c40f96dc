"""Plots of features, models and results, for the report, the tour and notebooks."""
