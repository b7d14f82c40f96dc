"""What a run shows people: the table and the page."""
