"""Local descriptors of points and patches, and the grids they stand on."""
