"""What a run shows people: the table, the page, and the folder with all that it leaves."""
