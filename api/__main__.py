"""Runs the command line: ``python -m handcraft``."""

from handcraft.pipeline.entry import main

if __name__ == "__main__":
    main()
