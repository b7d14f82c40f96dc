"""Which images there are and what class each is of: folders, tables and patterns of names."""
