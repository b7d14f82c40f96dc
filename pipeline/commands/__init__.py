"""The work of each command, from the request to the output files."""
