"""``python -m pipeline`` is the command `handcraft`."""

from pipeline.cli import main

main(prog_name="handcraft")
