"""Pictures, good ones and hostile ones, become thumbnails with nothing in them but what is seen."""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from domain import pictures
from tests.pictures import chunk, png

RED, BLUE = (255, 0, 0), (0, 0, 255)
GPS = 0x8825
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")


def picture(width: int, height: int, mode: str = "RGB", colour: Any = RED) -> Image.Image:
    return Image.new(mode, (width, height), colour)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def read(content: bytes) -> pictures.Picture:
    found = pictures.read(content)
    assert found
    return found


def thumbnail(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(read(content).thumbnail))
    assert image.format == "WEBP"
    image.load()
    return image


def is_close(colour: Any, wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(colour, wanted, strict=True))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_kind_of_picture_has_a_thumbnail(kind: str) -> None:
    content = encoded(picture(1000, 500), kind)
    found = read(content)
    assert (found.width, found.height) == (1000, 500)
    small = thumbnail(content)
    assert small.size == (320, 160)
    assert is_close(small.convert("RGB").getpixel((160, 80)), RED)


@pytest.mark.parametrize(
    ("size", "small"),
    [((320, 320), (320, 320)), ((321, 321), (320, 320)), ((1, 1), (1, 1)), ((5, 4000), (1, 320)), ((40, 20), (40, 20))],
)
def test_a_thumbnail_keeps_the_shape_and_never_grows(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert thumbnail(encoded(picture(*size))).size == small


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_as_it_was_held(kind: str, orientation: int) -> None:
    """The upper left quarter of what people shall see is blue."""
    upright = picture(400, 200)
    upright.paste(BLUE, (0, 0, 200, 100))
    turns = Image.Transpose
    # What a camera stores that was held so: the turn that undoes the one of the tag.
    stored = {
        1: upright,
        2: upright.transpose(turns.FLIP_LEFT_RIGHT),
        3: upright.transpose(turns.ROTATE_180),
        4: upright.transpose(turns.FLIP_TOP_BOTTOM),
        5: upright.transpose(turns.TRANSPOSE),
        6: upright.transpose(turns.ROTATE_90),
        7: upright.transpose(turns.TRANSVERSE),
        8: upright.transpose(turns.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = orientation
    content = encoded(stored, kind, exif=exif)
    found = read(content)
    assert (found.width, found.height) == (400, 200)
    small = thumbnail(content).convert("RGB")
    assert small.size == (320, 160)
    assert is_close(small.getpixel((40, 40)), BLUE)
    for place in ((280, 40), (40, 120), (280, 120)):
        assert is_close(small.getpixel(place), RED)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_nothing_a_camera_or_a_person_wrote_is_in_a_thumbnail(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret garden"
    exif.get_ifd(GPS)[2] = (35.0, 41.0, 22.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options: dict[str, Any] = {"exif": exif, "icc_profile": profile}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", "a secret comment")
    if kind in {"JPEG", "WEBP"}:
        options["xmp"] = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>a secret place</x:xmpmeta>"
    content = encoded(picture(400, 200), kind, **options)
    assert b"secret" in content
    small = read(content).thumbnail
    assert b"secret" not in small
    image = thumbnail(content)
    assert not image.getexif()
    assert not {"exif", "icc_profile", "xmp"} & image.info.keys()
    # Not even the chunks are there (Google's "WebP Container Specification").
    assert not [name for name in (b"EXIF", b"XMP ", b"ICCP") if name in small[:64]]


def test_colours_are_those_that_were_meant() -> None:
    """A profile in which red and green have changed places shows that it was applied."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")
    small = thumbnail(encoded(picture(40, 40, colour=(255, 0, 0)), icc_profile=swapped)).convert("RGB")
    assert is_close(small.getpixel((20, 20)), (0, 255, 0))


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 128, b"\xff" * 4000])
def test_a_profile_that_makes_no_sense_is_left_out(profile: bytes) -> None:
    small = thumbnail(encoded(picture(40, 40), icc_profile=profile)).convert("RGB")
    assert is_close(small.getpixel((20, 20)), RED)


def test_what_is_transparent_stays_so() -> None:
    image = picture(400, 400, "RGBA", (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 200, 400))
    small = thumbnail(encoded(image))
    assert small.mode == "RGBA"
    assert small.getpixel((20, 20))[3] == 255
    assert small.getpixel((300, 20))[3] == 0


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "seen"),
    [
        ("1", 1, "PNG", (255, 255, 255)),
        ("L", 128, "PNG", (128, 128, 128)),
        ("LA", (128, 255), "PNG", (128, 128, 128)),
        ("P", 0, "PNG", (0, 0, 0)),
        ("I;16", 128 * 256, "PNG", (128, 128, 128)),
        ("CMYK", (0, 255, 255, 0), "JPEG", RED),
        ("L", 128, "JPEG", (128, 128, 128)),
    ],
)
@pytest.mark.parametrize("side", [40, 3000])
def test_pixels_of_every_kind_are_read(mode: str, colour: Any, kind: str, seen: tuple[int, ...], side: int) -> None:
    small = thumbnail(encoded(picture(side, side, mode, colour), kind)).convert("RGB")
    assert is_close(small.getpixel((20, 20)), seen)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_a_picture_that_moves_the_first_frame_is_shown(kind: str) -> None:
    frames = [picture(400, 200, colour=colour) for colour in (BLUE, RED, RED)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    small = thumbnail(content)
    assert getattr(small, "n_frames", 1) == 1
    assert is_close(small.convert("RGB").getpixel((160, 80)), BLUE)


# Hostile ones


def header(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and no more."""
    told = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", told) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8000, 8001), (65_535, 65_535), (2**31 - 1, 2**31 - 1), (0, 5)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[object] = []

    def load(image: object) -> None:
        decoded.append(image)

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", load)
    assert pictures.read(header(*size)) is None
    assert decoded == []


def test_a_bomb_of_text_is_refused() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    content = png(40, 20)
    assert pictures.read(content[:33] + bomb + content[33:]) is None


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_picture_has_no_thumbnail(kind: str, kept: float) -> None:
    noise = Image.effect_noise((200, 200), 100).convert("RGB")
    content = encoded(noise, kind)
    assert pictures.read(content[: int(len(content) * kept)]) is None


@pytest.mark.parametrize("kind", FORMATS)
def test_whatever_bytes_come_nothing_is_raised(kind: str) -> None:
    dice = random.Random(kind)
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = 6
    given = {} if kind == "GIF" else {"exif": exif}
    content = encoded(Image.effect_noise((60, 40), 100).convert("RGB"), kind, **given)
    for _ in range(150):
        broken = bytearray(content)
        for _ in range(dice.randint(1, 8)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        found = pictures.read(bytes(broken))
        assert found is None or max(Image.open(BytesIO(found.thumbnail)).size) <= pictures.MOST_SIDE


OTHERS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a page": lambda: b"<html><script>alert(1)</script>",
    "drawings": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "TIFF": lambda: encoded(picture(40, 20), "TIFF"),
    "BMP": lambda: encoded(picture(40, 20), "BMP"),
    "ICO": lambda: encoded(picture(32, 32), "ICO"),
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_decoders_are_not_even_tried(name: str) -> None:
    assert pictures.read(OTHERS[name]()) is None
