"""Number types, products with reproducible bits, memory maps, threads."""
