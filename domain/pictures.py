"""Pictures: how large they are, and each as a small one that holds nothing but what is seen.

Whoever uploads one may have made it to do harm. So it is read within limits, by the decoders of five formats alone,
and whatever goes wrong with it is its own fault.
"""

from contextlib import suppress
from io import BytesIO

import msgspec
from PIL import Image, ImageCms, ImageOps

from core import telemetry

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")

MOST_SIDE = 320
"""Pixels of a thumbnail's longer side."""

MOST_PIXELS = 64_000_000
"""More than telephones put into a picture by themselves. So many take a decoder 1.0 GB at most, that of WebP."""

QUALITY = 80

ORIENTATION = 0x0112
TURNED = frozenset({5, 6, 7, 8})
"""The tag of Exif that says how the camera was held, and when the sides change places (CIPA DC-008, 4.6.4)."""

INDEXED = frozenset({"1", "P", "PA"})
DEEP = "I;16"
"""Pillow's modes in which no pixel between two others can be computed, and of grey in 16 bits."""

# What is too large is refused below; Pillow would only warn of most of it.
Image.MAX_IMAGE_PIXELS = None


class Picture(msgspec.Struct, frozen=True):
    """What is known of a picture.

    Attributes:
        width: In pixels, as people see it.
        height: The same.
        thumbnail: A WebP of at most ``MOST_SIDE`` pixels a side.
    """

    width: int
    height: int
    thumbnail: bytes


def read(content: bytes) -> Picture | None:
    """Read a picture; of one that moves, the first frame.

    Args:
        content: All of its bytes.

    Returns:
        None where these bytes are no whole picture, or one of too many pixels.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            return _read(image)
    # Pillow raises nearly anything where bytes are not what they pretend to be.
    except Exception as error:
        telemetry.logger.warning("not read", extra={"error": type(error).__name__})
        return None


def _read(image: Image.Image) -> Picture | None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        return None
    # JPEG is decoded at a fraction of its size, and everything is reduced before anything else is done to it.
    small = _reducible(image)
    small.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.LANCZOS)
    if image.getexif().get(ORIENTATION) in TURNED:
        width, height = height, width
    written = BytesIO()
    # Of all that a camera or a person wrote into the picture, WebP is given nothing.
    _coloured(ImageOps.exif_transpose(small)).save(written, "WEBP", quality=QUALITY)
    return Picture(width, height, written.getvalue())


def _reducible(image: Image.Image) -> Image.Image:
    if image.mode in INDEXED:
        return image.convert("RGBA")
    # Of 16 bits the upper eight are left.
    return image.point(lambda value: value / 256).convert("L") if image.mode == DEEP else image


def _coloured(image: Image.Image) -> Image.Image:
    """Return a picture in sRGB, which is what one without a profile is in."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    # A profile that cannot be applied is left out; the colours are off by a little then.
    with suppress(ImageCms.PyCMSError, OSError):
        if profile := image.info.get("icc_profile"):
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            made = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode=mode)
            return made or image.convert(mode)
    return image.convert(mode)
