"""Explanations of predictions: a score as a sum, in figures, as a heat map and on a page."""
