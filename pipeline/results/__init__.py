"""Results of a run: the verdict in words, and the files for other programs."""
