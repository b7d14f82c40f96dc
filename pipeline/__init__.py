"""The pipeline: from images to features to classes, and to results for people."""
