"""What every stage of a run shares: context, progress, workers, plain-data files."""
