"""Worker processes, here or on a cluster: batches of work, and whatever becomes of a worker."""
