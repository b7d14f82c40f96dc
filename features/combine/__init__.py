"""Extractors that combine others: concatenation and mirror invariance."""
