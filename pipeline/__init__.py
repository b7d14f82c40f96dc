"""The pipeline: images to features to classes, and what people see of it."""
