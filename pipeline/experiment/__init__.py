"""Experiments: recipes, automatic choice, evaluation, baselines, statistics, models."""
