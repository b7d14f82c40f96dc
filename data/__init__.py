"""Images: from files to arrays, from folders to labelled lists, and a bundled sample."""
