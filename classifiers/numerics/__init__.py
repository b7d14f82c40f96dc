"""Number types, bit-reproducible matrix products, memory maps, threads, checked state."""
