"""Images of a run: reading, checking, splitting."""
