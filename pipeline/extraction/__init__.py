"""Feature extraction in batches; rows cached on disk and verified."""
