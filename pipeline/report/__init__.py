"""Presentation of a run's results: the table, the page, and the output folder."""
