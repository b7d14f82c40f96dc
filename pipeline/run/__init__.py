"""Shared by all stages of a run: context, progress, plain-data files."""
