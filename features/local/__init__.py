"""Local descriptors of points and patches, on grids."""
