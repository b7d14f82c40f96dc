"""How long a run will take, from a few of its images and short pieces of its work."""
