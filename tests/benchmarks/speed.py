"""Print every speed table that needs no data: HOG, dense SIFT, patch words, VLAD, neighbours.

Run `python tests/benchmarks/speed.py` from the top folder; it takes a few minutes on a machine that
does nothing else. Each table compares with a named peer in the same run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = ("hog_speed", "sift_speed", "patch_speed", "vlad_speed", "nearest_speed")


def main() -> None:
    """Run one benchmark after the other."""
    for name in BENCHMARKS:
        path = Path(__file__).with_name(f"{name}.py")
        print(f"\n== {path.name}\n", flush=True)
        subprocess.run([sys.executable, path], check=True)


if __name__ == "__main__":
    main()
