"""Fuzz the decoder and the reader of model files, guided by coverage, with Google's Atheris.

Run `python tests/fuzz/decode_and_load.py [decode|load] [-max_total_time=SECONDS] [CORPUS]` from the
top folder, after `pip install atheris`; further options are libFuzzer's. A file either decodes, or
is refused by a `DecodeError`; a model loads, or is refused by a `RequestError`. Whatever else
happens, or takes more than ten seconds, is a crash, whose input libFuzzer keeps.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["handcraft", "PIL"]):
    from handcraft.data.decode import DecodeError, DecodeOptions, decode
    from handcraft.data.errors import RequestError
    from handcraft.pipeline.experiment.model import Model
    from handcraft.pipeline.run.state_file import StateFileError, decode_state, encode_state

SMALL = DecodeOptions(max_pixels=1_000_000, keep_damaged=True)
SCRATCH = Path(tempfile.mkdtemp()) / "model.safetensors"


def try_to_decode(content: bytes) -> None:
    """Decode bytes as an image file."""
    try:
        pixels = decode(content, "file", SMALL)
    except DecodeError:
        return
    assert pixels.dtype == "uint8", pixels.dtype
    assert pixels.ndim == 3, pixels.shape
    assert pixels.shape[2] == 3, pixels.shape


def try_to_load(content: bytes) -> None:
    """Load bytes as a model file: as they are, and sealed with a right checksum."""
    SCRATCH.write_bytes(content)
    with suppress(RequestError):
        Model.load(SCRATCH)
    with suppress(RequestError, StateFileError):
        SCRATCH.write_bytes(encode_state(decode_state(content, "model")))
        Model.load(SCRATCH)


def main() -> None:
    """Run libFuzzer with the rest of the arguments."""
    tries = {"decode": try_to_decode, "load": try_to_load}
    name = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1] in tries else "decode"
    atheris.Setup([*sys.argv, "-timeout=10", "-rss_limit_mb=4000"], tries[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
