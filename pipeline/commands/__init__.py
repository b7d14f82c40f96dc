"""What each command does, from the request to the files that it leaves."""
