"""Optimisation: update rules, schedules and the mini-batch loop, whatever is trained."""
