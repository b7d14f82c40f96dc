"""CS231n, Stanford's course, as an illustrated page with numbers computed on the bundled sample."""
