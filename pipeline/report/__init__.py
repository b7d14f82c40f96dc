"""What a run tells people: the table, the verdict in words, and the page."""
