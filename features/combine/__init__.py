"""Extractors made of extractors: concatenation and mirror invariance."""
