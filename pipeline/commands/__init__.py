"""What each command does, from the request to the files that it leaves."""

COMMAND_LINE = "handcraft.command_line"
"""Where click's context notes what was asked for, as it would be typed."""
