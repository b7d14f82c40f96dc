"""Fuzz the decoder and the reader of model files, guided by coverage, with Google's Atheris.

Run `PYTHONPATH=tests/helpers python tests/fuzz/decode_and_load.py decode|load [--minutes M]` from
the top folder, after `pip install atheris`; further options, and a folder to keep inputs in, are
libFuzzer's. It begins with small files of all kinds, and gives what it changes right checksums:
else hardly any would get past the door. A file either decodes, or is refused by a `DecodeError`; a
model predicts finite scores, or is refused by a `RequestError`. Whatever else happens, or takes
more than ten seconds, ends the run, and libFuzzer keeps the input.
"""

from __future__ import annotations

import argparse
import itertools
import random
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["handcraft", "PIL"]):
    import odd_files
    import PIL.Image
    from model_mutations import forge, outcome

    from handcraft.classifiers import CLASSIFIERS
    from handcraft.data.decode import DecodeError, DecodeOptions, decode
    from handcraft.data.formats.png import SIGNATURE
    from handcraft.features import EXTRACTORS, make_extractor
    from handcraft.pipeline.experiment.card import Training
    from handcraft.pipeline.experiment.model import Model
    from handcraft.pipeline.run.state_file import StateFileError, encode_state, sealed

OPTIONS = [DecodeOptions(max_pixels=1_000_000, keep_damaged=keep) for keep in (False, True)]
SCRATCH = tempfile.TemporaryDirectory()
IMAGES = list(np.random.default_rng(0).integers(0, 256, (6, 24, 28, 3), np.uint8))
NO_SCORES = np.empty(0)


def try_to_decode(content: bytes) -> None:
    """Decode bytes as an image file."""
    for options in OPTIONS:
        try:
            pixels = decode(content, "file", options)
        except DecodeError:
            continue
        assert pixels.dtype == "uint8", pixels.dtype
        assert pixels.ndim == 3, pixels.shape
        assert pixels.shape[2] == 3, pixels.shape


def try_to_load(content: bytes) -> None:
    """Load bytes as a model file, and predict."""
    outcome(content, Path(SCRATCH.name) / "model.safetensors", IMAGES[:1], NO_SCORES)


def image_files() -> Iterator[bytes]:
    """Yield small files of all formats, and of the odd kinds that Pillow does not write."""
    colour, grey = IMAGES[0][:9, :7], IMAGES[1][:9, :7, 0]
    for name in ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"):
        yield odd_files.encode(colour, name)
        yield odd_files.encode(grey, name)
    for mode, name in (
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("P", "GIF"),
        ("P", "PNG"),
        ("1", "TIFF"),
    ):
        yield odd_files.encode(PIL.Image.fromarray(colour).convert(mode), name)
    for compression in ("tiff_lzw", "jpeg", "packbits", "tiff_adobe_deflate"):
        yield odd_files.encode(colour, "TIFF", compression=compression)
    yield odd_files.encode(PIL.Image.fromarray(grey > 99), "TIFF", compression="group4")
    for name in ("PNG", "TIFF", "PPM"):
        yield odd_files.encode(grey.astype(np.uint16), name)
    for name in ("JPEG", "PNG", "WEBP", "TIFF"):
        yield odd_files.encode(colour, name, icc_profile=odd_files.rgb_profile())
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # lies on its side
    yield odd_files.encode(colour, "JPEG", exif=exif, progressive=True)
    yield odd_files.png_of(colour, odd_files.gamma_chunk(0.8), (b"tRNS", bytes(6)))
    yield odd_files.apng(colour, [colour // 2, colour])
    yield odd_files.two_bit_bmp(grey // 64, colour[0, :4])
    words = grey.astype(np.uint32)
    yield odd_files.bmp(words, (0xFF, 0xF0, 0xF0000, 0xFF000000), 108)
    yield odd_files.bmp(words.astype(np.uint16), (0x1F, 0x7E0, 0xF800, 0))


def model_files() -> Iterator[bytes]:
    """Yield a small model of every kind of features, and of classifiers in turn."""
    labels = np.arange(len(IMAGES)) % 3
    words = {
        name: kind(n_words=2) for name, kind in EXTRACTORS.items() if "n_words" in vars(kind())
    }
    specs = [*EXTRACTORS, "hog:mirror+hue"]
    for spec, (name, kind) in zip(specs, itertools.cycle(CLASSIFIERS.items())):
        extractor = make_extractor(spec, words).fit(IMAGES)
        few = {"n_hidden": 2} if name == "mlp" else {}
        classifier = kind(**few).fit(extractor.transform(IMAGES), labels)
        training = Training(spec, name, len(IMAGES), 0, validation_accuracy=0.5)
        yield encode_state(Model(extractor, classifier, ("a", "b", "c"), training)._to_state())


def changed_image(content: bytes, max_size: int, seed: int) -> bytes:
    """Return what libFuzzer makes of a file, with right checksums if it is a PNG."""
    content = bytes(atheris.Mutate(content, max_size))
    if seed % 4 == 0 or not content.startswith(SIGNATURE):
        return content
    mended, position = SIGNATURE, len(SIGNATURE)
    while position + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        data = content[position + 8 : position + 8 + length]
        mended += odd_files.png_chunk(kind, data)
        position += 12 + length
    return mended[:max_size]


def changed_model(content: bytes, max_size: int, seed: int) -> bytes:
    """Return a model with a value changed, or what libFuzzer makes of its bytes, sealed."""
    rng = random.Random(seed)
    if rng.random() < 0.5:
        try:
            return forge(content, rng)[1][:max_size]
        except (StateFileError, TypeError, ValueError, LookupError):  # it is no model any more
            pass
    return sealed(bytes(atheris.Mutate(content, max_size)))[:max_size]


Target = tuple[Callable[[bytes], None], Callable[[], Iterator[bytes]], Callable[..., bytes]]
TARGETS: dict[str, Target] = {
    "decode": (try_to_decode, image_files, changed_image),
    "load": (try_to_load, model_files, changed_model),
}


def main() -> None:
    """Write the files to begin with, and run libFuzzer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=15)
    arguments, others = parser.parse_known_args()
    attempt, seeds, change = TARGETS[arguments.target]
    start = Path(SCRATCH.name) / "start"
    start.mkdir()
    for number, content in enumerate(seeds()):
        attempt(content)  # what is imported on use takes seconds, which are no finding
        (start / str(number)).write_bytes(content)
    limits = ["-timeout=10", "-rss_limit_mb=4000", "-len_control=0", "-max_len=200000"]
    limits += [f"-max_total_time={round(60 * arguments.minutes)}", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, *others, str(start)], attempt, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
