"""Feature extraction in batches; rows kept on disk and checked."""
