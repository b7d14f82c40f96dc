"""Decoded pixels are what a browser shows, for files of every kind that browsers know."""

import zlib

import numpy as np
import odd_files as odd
import PIL.Image
import pytest
from browser import CHROMIUM, quadrant_means, shown_by_chromium

from handcraft.data.decode import decode
from handcraft.data.formats.kinds import formats

RNG = np.random.default_rng(0)
# Smooth, so that lossy formats keep it, with another colour in each quadrant.
CORNERS = np.array([[[220, 40, 30], [60, 200, 90]], [[30, 60, 190], [240, 220, 160]]], np.uint8)
COLOUR = np.asarray(PIL.Image.fromarray(CORNERS).resize((48, 40), PIL.Image.Resampling.BILINEAR))
GREY = COLOUR[..., 1]
ALPHA = np.tile(np.linspace(0, 255, 48).astype(np.uint8), (40, 1))
RGBA = np.dstack([COLOUR, ALPHA])
DISPLAY_P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)


def words(bits):
    return RNG.integers(0, 2**bits, (6, 5), dtype=f"u{bits // 8}")


def exif(orientation):
    data = PIL.Image.Exif()
    data[0x0112] = orientation
    return data


def xmp(orientation):
    tag = f'<x xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"/>'
    return tag.encode()


def palette_image(**options):
    return PIL.Image.fromarray(COLOUR).quantize(64, **options)


def frames(*images):
    first, *others = [PIL.Image.fromarray(image) for image in images]
    return first, {"save_all": True, "append_images": others}


def animated(file_format, *images, **options):
    first, frame_options = frames(*images)
    return odd.encode(first, file_format, **frame_options, **options)


NEGATIVE = 255 - COLOUR

FILES = {
    "png": odd.encode(COLOUR, "PNG"),
    "png grey": odd.encode(GREY, "PNG"),
    "png alpha": odd.encode(RGBA, "PNG"),
    "png grey alpha": odd.encode(np.dstack([GREY, ALPHA]), "PNG"),
    "png palette": odd.encode(palette_image(), "PNG"),
    "png palette alpha": odd.encode(palette_image(), "PNG", transparency=bytes(range(0, 256, 4))),
    "png 16 bit": odd.encode(GREY.astype(np.uint16) * 257, "PNG"),
    "png 1 bit": odd.encode(PIL.Image.fromarray(GREY > 127), "PNG"),
    "png gamma 1": odd.png_of(COLOUR, odd.gamma_chunk(1)),
    "png gamma 0.47": odd.png_of(COLOUR, odd.gamma_chunk(0.47)),
    "png gamma 0.3 alpha": odd.png_of(RGBA, odd.gamma_chunk(0.3)),
    "png gamma grey": odd.png_of(GREY[..., None], odd.gamma_chunk(0.7)),
    "png primaries": odd.png_of(COLOUR, odd.gamma_chunk(0.45455), odd.primaries_chunk(*DISPLAY_P3)),
    "png primaries without gamma": odd.png_of(COLOUR, odd.primaries_chunk(*DISPLAY_P3)),
    "png srgb and gamma": odd.png_of(COLOUR, (b"sRGB", b"\0"), odd.gamma_chunk(1)),
    "png profile": odd.png_of(COLOUR, odd.profile_chunk(odd.rgb_profile())),
    "png profile alpha": odd.png_of(RGBA, odd.profile_chunk(odd.rgb_profile(1.8))),
    "png profile and gamma": odd.png_of(
        COLOUR, odd.profile_chunk(odd.rgb_profile()), odd.gamma_chunk(1)
    ),
    "png profile and srgb": odd.png_of(
        COLOUR, odd.profile_chunk(odd.rgb_profile()), (b"sRGB", b"\0")
    ),
    "png grey profile": odd.png_of(GREY[..., None], odd.profile_chunk(odd.grey_profile(1.0))),
    "png grey alpha profile": odd.png_of(
        np.dstack([GREY, ALPHA]), odd.profile_chunk(odd.grey_profile(1.0))
    ),
    "png grey, profile of colours": odd.png_of(
        GREY[..., None], odd.profile_chunk(odd.rgb_profile(1.0))
    ),
    "png colours, profile of grey": odd.png_of(COLOUR, odd.profile_chunk(odd.grey_profile(1.0))),
    "png palette profile": odd.encode(palette_image(), "PNG", icc_profile=odd.rgb_profile()),
    "png damaged profile": odd.png_of(COLOUR, (b"iCCP", b"name\0\0nonsense")),
    "png profile of nonsense": odd.png_of(COLOUR, odd.profile_chunk(b"nonsense")),
    "png large profile": odd.png_of(
        COLOUR, odd.profile_chunk(odd.rgb_profile() + bytes(2_000_000))
    ),
    "png large text": odd.png_of(
        COLOUR, (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(5_000_000)))
    ),
    "png turned": odd.encode(COLOUR, "PNG", exif=exif(6)),
    "png turned by xmp": odd.png_of(COLOUR, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6))),
    "apng, still image apart": odd.apng(COLOUR, [NEGATIVE, COLOUR]),
    "apng, still image apart, alpha": odd.apng(
        np.dstack([NEGATIVE, ALPHA]), [RGBA, np.dstack([NEGATIVE, ALPHA])]
    ),
    "apng": animated("PNG", NEGATIVE, COLOUR),
    "jpeg": odd.encode(COLOUR, "JPEG", quality=95),
    "jpeg grey": odd.encode(GREY, "JPEG", quality=95),
    "jpeg progressive": odd.encode(COLOUR, "JPEG", quality=95, progressive=True),
    "jpeg profile": odd.encode(COLOUR, "JPEG", quality=95, icc_profile=odd.rgb_profile()),
    "jpeg linear profile": odd.encode(COLOUR, "JPEG", quality=95, icc_profile=odd.rgb_profile(1)),
    "jpeg grey profile": odd.encode(GREY, "JPEG", quality=95, icc_profile=odd.grey_profile(1.0)),
    "jpeg grey, profile of colours": odd.encode(
        GREY, "JPEG", quality=95, icc_profile=odd.rgb_profile(1.0)
    ),
    "jpeg cmyk": odd.encode(PIL.Image.fromarray(COLOUR).convert("CMYK"), "JPEG", quality=95),
    "jpeg cmyk profile": odd.encode(
        PIL.Image.fromarray(COLOUR).convert("CMYK"),
        "JPEG",
        quality=95,
        icc_profile=odd.cmyk_profile(),
    ),
    "jpeg cmyk, profile of colours": odd.encode(
        PIL.Image.fromarray(COLOUR).convert("CMYK"),
        "JPEG",
        quality=95,
        icc_profile=odd.rgb_profile(),
    ),
    **{f"jpeg turned {i}": odd.encode(COLOUR, "JPEG", quality=95, exif=exif(i)) for i in range(9)},
    "jpeg turned by xmp": odd.encode(COLOUR, "JPEG", quality=95, xmp=xmp(6)),
    "mpo": animated("MPO", COLOUR, NEGATIVE, quality=95),
    "webp": odd.encode(COLOUR, "WEBP", lossless=True),
    "webp lossy": odd.encode(COLOUR, "WEBP", quality=95),
    "webp alpha": odd.encode(RGBA, "WEBP", lossless=True),
    "webp profile": odd.encode(COLOUR, "WEBP", lossless=True, icc_profile=odd.rgb_profile()),
    "webp turned": odd.encode(COLOUR, "WEBP", lossless=True, exif=exif(6)),
    "webp animated": animated("WEBP", COLOUR, NEGATIVE, lossless=True),
    "gif": odd.encode(palette_image(), "GIF"),
    "gif grey": odd.encode(GREY, "GIF"),
    "gif transparent": odd.encode(palette_image(), "GIF", transparency=3),
    "gif animated": animated("GIF", COLOUR, NEGATIVE),
    "gif smaller than its screen": odd.on_screen(odd.encode(palette_image(), "GIF"), 70, 60),
    "gif smaller, transparent": odd.on_screen(
        odd.encode(palette_image(), "GIF", transparency=3), 70, 60
    ),
    "gif interlaced": odd.encode(palette_image(), "GIF", interlace=1),
    "bmp": odd.encode(COLOUR, "BMP"),
    "bmp grey": odd.encode(GREY, "BMP"),
    "bmp 1 bit": odd.encode(PIL.Image.fromarray(GREY > 127), "BMP"),
    "bmp palette": odd.encode(palette_image(), "BMP"),
    "bmp alpha of Pillow": odd.encode(RGBA, "BMP"),
    "bmp 2 bit": odd.two_bit_bmp(RNG.integers(0, 4, (3, 7)), RNG.integers(0, 256, (4, 3))),
    "bmp 555": odd.bmp(words(16), (0x7C00, 0x3E0, 0x1F, 0)),
    "bmp 565": odd.bmp(words(16), (0xF800, 0x7E0, 0x1F, 0)),
    "bmp 231": odd.bmp(words(16), (0xC0, 0x38, 0x1, 0)),
    "bmp 4444": odd.bmp(words(16), (0xF00, 0xF0, 0xF, 0xF000), 108),
    "bmp 1555": odd.bmp(words(16), (0x7C00, 0x3E0, 0x1F, 0x8000), 56),
    "bmp 101010": odd.bmp(words(32), (0x3FF00000, 0xFFC00, 0x3FF, 0)),
    "bmp 1010102": odd.bmp(words(32), (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000), 124),
    "bmp gaps between": odd.bmp(words(32), (0xFF000000, 0x7F0000, 0x1F00, 0x3), 108),
    "bmp no masks": odd.bmp(words(32), (0, 0, 0, 0)),
    "bmp top down": odd.bmp(words(32), MASKS, 124, top_down=True),
    **{f"bmp 8888, header {n}": odd.bmp(words(32), MASKS, n) for n in (40, 52, 56, 108, 124)},
    **{f"bmp plain, header {n}": odd.bmp(words(32), MASKS, n, 0) for n in (40, 56, 108, 124)},
    "bmp alpha bit fields": odd.bmp(words(32), MASKS, compression=6),
    "bmp alpha 0": odd.bmp(words(32) & 0xFFFFFF, MASKS, 124),
}
if "AVIF" in formats():  # without alpha, which Chromium 156 stretches from 16-235 to 0-255
    FILES |= {
        "avif": odd.encode(COLOUR, "AVIF", quality=95),
        "avif profile": odd.encode(COLOUR, "AVIF", quality=95, icc_profile=odd.rgb_profile()),
        "avif turned": odd.encode(COLOUR, "AVIF", quality=95, exif=exif(6)),
    }


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to compare with")
def test_quadrants_have_the_mean_colours_that_a_browser_shows():
    shown = dict(zip(FILES, shown_by_chromium(list(FILES.values())), strict=True))
    differing = {}
    for name, content in FILES.items():
        image = decode(content, name)
        height, width, expected = shown[name] or (0, 0, {})
        if image.shape[:2] != (height, width):
            differing[name] = f"{image.shape[:2]}, the browser's is {height, width}"
            continue
        found = quadrant_means(image)
        distance = max(np.abs(found[place] - expected[place]).max() for place in expected)
        if distance > 2:
            differing[name] = f"off by {distance:.1f} levels"
    assert differing == {}
