"""The chapters of the tour: a template for each, and what is computed for it."""
