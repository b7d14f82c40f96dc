"""Image files that Pillow does not write, built byte by byte, and ICC profiles to put into them."""

import io
import struct
import zlib

import cv2
import numpy as np
import PIL.Image
import skimage.color

COLOUR = np.random.default_rng(0).integers(0, 256, (17, 23, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]

_INKS = [[0.1, 0.6, 0.9], [0.9, 0.2, 0.5], [1, 0.9, 0.2], [0.1, 0.1, 0.1]]
"""The sRGB colours of cyan, magenta, yellow and black ink on paper."""


def encode(image, file_format, **options):
    """Return the bytes of a file that Pillow writes, of an array or a PIL image."""
    buffer = io.BytesIO()
    if isinstance(image, np.ndarray):
        image = PIL.Image.fromarray(image)
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_chunk(kind, content, checksum=None):
    checksum = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(rows, width, bit_depth, colour_type, *extra_chunks):
    """Build a PNG from packed rows of bytes, with chunks between its header and its pixels."""
    header = struct.pack(">IIBBBBB", width, len(rows), bit_depth, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), *extra_chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_of(pixels, *extra_chunks):
    """Build a PNG of an array (height, width, 1, 2, 3 or 4) of uint8."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[pixels.shape[2]]
    rows = [row.tobytes() for row in pixels]
    return png(rows, pixels.shape[1], 8, colour_type, *extra_chunks)


def gamma_chunk(gamma):
    return b"gAMA", struct.pack(">I", round(gamma * 100_000))


def primaries_chunk(*x_y):
    """Build a cHRM chunk of x and y of white, red, green and blue."""
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in x_y))


def profile_chunk(profile):
    return b"iCCP", b"name\0\0" + zlib.compress(profile)


def animation_chunks(frames, n_plays=0):
    """Build the chunks of an animation of RGB or RGBA frames, none of which is the still image."""
    control = (b"acTL", struct.pack(">II", len(frames), n_plays))
    chunks, sequence = [], 0
    for frame in frames:
        height, width = frame.shape[:2]
        place = struct.pack(">IIIII", sequence, width, height, 0, 0)
        chunks.append((b"fcTL", place + struct.pack(">HHBB", 1, 10, 0, 0)))
        packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in frame))
        chunks.append((b"fdAT", struct.pack(">I", sequence + 1) + packed))
        sequence += 2
    return control, chunks


def apng(still, frames):
    """Build an APNG whose still image is no part of its animation."""
    control, chunks = animation_chunks(frames)
    plain = png_of(still, control)
    return plain[:-12] + b"".join(png_chunk(*chunk) for chunk in chunks) + plain[-12:]


def on_screen(gif, width, height):
    """Return a GIF with another logical screen, at whose upper left its frames stay."""
    return gif[:6] + struct.pack("<HH", width, height) + gif[10:]


def bmp(words, masks, header_size=40, compression=3, top_down=False):
    """Build a BMP of 16- or 32-bit words (height, width) with masks of red, green, blue, alpha."""
    height, width = words.shape
    bits = 8 * words.itemsize
    padding = bytes(-width * bits // 8 % 4)
    pixels = b"".join(row.tobytes() + padding for row in (words if top_down else words[::-1]))
    header = struct.pack(
        "<IiiHHIIiiII",
        *(header_size, width, -height if top_down else height, 1, bits, compression),
        *(len(pixels), 2835, 2835, 0, 0),
    )
    packed_masks = struct.pack("<4I", *masks)
    if header_size > 40:
        header += (packed_masks + b"BGRs").ljust(header_size - 40, b"\0")[: header_size - 40]
    elif compression:
        header += packed_masks[: 12 if compression == 3 else 16]
    offset = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + header + pixels


def two_bit_bmp(indices, palette):
    """Build a BMP of 2-bit indices (height, width) into an RGB palette (4, 3)."""
    height, width = indices.shape
    padded = np.pad(indices, ((0, 0), (0, -width % 16)))[::-1].reshape(height, -1, 4)
    pixels = (padded << np.array([6, 4, 2, 0])).sum(axis=-1).astype(np.uint8).tobytes()
    colours = np.pad(palette[:, ::-1], ((0, 0), (0, 1))).astype(np.uint8).tobytes()
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 2, 0, len(pixels), 0, 0, 4, 0)
    return b"BM" + struct.pack("<IHHI", 70 + len(pixels), 0, 0, 70) + header + colours + pixels


def icc_profile(space, tags):
    """Build an ICC profile of version 2 from the colour space's name and its tags."""
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    pcs = b"Lab " if space == b"CMYK" else b"XYZ "
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"none", 0x02100000, kind, space, pcs)
    header += struct.pack(">6H4s", 2024, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)  # the white of the connection space, D50
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _curve(gamma):
    return struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256))


def _xyz(x, y, z):
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65536) for value in (x, y, z)))


def grey_profile(gamma):
    return icc_profile(b"GRAY", {b"wtpt": _xyz(0.9642, 1, 0.8249), b"kTRC": _curve(gamma)})


def rgb_profile(gamma=2.2):
    """Build a profile with the primaries of Adobe RGB (1998), adapted to D50."""
    columns = {
        b"rXYZ": (0.60974, 0.31111, 0.01947),
        b"gXYZ": (0.20528, 0.62567, 0.06087),
        b"bXYZ": (0.14919, 0.06322, 0.74457),
    }
    tags = {b"wtpt": _xyz(0.9642, 1, 0.8249)}
    tags |= {name: _xyz(*column) for name, column in columns.items()}
    return icc_profile(b"RGB ", tags | dict.fromkeys([b"rTRC", b"gTRC", b"bTRC"], _curve(gamma)))


def cmyk_profile():
    """Build a profile of dull inks, with a table of 5 x 5 x 5 x 5 colours."""
    amounts = np.stack(np.meshgrid(*[np.linspace(0, 1, 5)] * 4, indexing="ij"), axis=-1)
    absorbed = 1 - 0.9 * amounts.reshape(-1, 4, 1) * (1 - np.array(_INKS))
    lab = skimage.color.rgb2lab(absorbed.prod(axis=1))
    table = np.rint(lab * (2.55, 1, 1) + (0, 128, 128)).astype(np.uint8).tobytes()
    identity = bytes(range(256))
    matrix = struct.pack(">9i", *(65536, 0, 0, 0, 65536, 0, 0, 0, 65536))
    lut = struct.pack(">4sI4B", b"mft1", 0, 4, 3, 5, 0) + matrix + identity * 4 + table
    return icc_profile(b"CMYK", {b"wtpt": _xyz(0.9642, 1, 0.8249), b"A2B0": lut + identity * 3})


def decode_with_opencv(content):
    """Return the pixels that OpenCV sees: uint8 (height, width, 3), RGB."""
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
