"""Runs the command line: ``python -m handcraft``."""

from handcraft.pipeline.cli import main

if __name__ == "__main__":
    main(prog_name="handcraft")
