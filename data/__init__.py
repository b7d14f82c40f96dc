"""Where images come from: files to arrays, folders to labelled lists, and a bundled sample."""
