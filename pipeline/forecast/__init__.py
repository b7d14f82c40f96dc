"""Estimate of the time of a run, from a few of its images and short pieces of its work."""
