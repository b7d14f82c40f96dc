"""The files that a run leaves for other programs: results.json, predictions.csv and their like."""
