"""Worker processes, here or on a cluster: batches of work, and recovery from dead workers."""
