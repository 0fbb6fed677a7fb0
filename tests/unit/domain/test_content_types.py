import pytest

from core.errors import UnsupportedType
from domain import content_types

BEGINNINGS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\x00\n\x00\x00WEBPVP8 ",
    "image/avif": b"\x00\x00\x00 ftypavif",
}


@pytest.mark.parametrize(("kind", "beginning"), BEGINNINGS.items())
def test_a_picture_is_known_by_its_first_bytes(kind: str, beginning: bytes) -> None:
    assert content_types.checked(kind, beginning) == kind
    assert content_types.checked("application/octet-stream", beginning) == kind
    assert content_types.checked("application/zip", beginning) == "application/zip"
    for other in BEGINNINGS.keys() - {kind}:
        assert content_types.checked(other, beginning) is None
    for wrong in (b"", beginning[:2], b"x" + beginning, b"<html>" + beginning):
        assert content_types.checked(kind, wrong) is None
        assert content_types.checked("application/octet-stream", wrong) == "application/octet-stream"


def test_every_picture_is_tested() -> None:
    assert BEGINNINGS.keys() == content_types.PICTURES


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, "application/octet-stream"),
        (" ", "application/octet-stream"),
        ("Image/PNG", "image/png"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ('text/plain;charset="utf-8"', 'text/plain;charset="utf-8"'),
        ("a/" + "b" * 125, "a/" + "b" * 125),
    ],
)
def test_a_type_is_read(given: str | None, read: str) -> None:
    assert content_types.read(given) == read


@pytest.mark.parametrize(
    "given", ["png", "/png", "image/", "image/p ng", "a/b;", "a/b; x", "a/b\r\nx: y", "é/b", "a/" + "b" * 126]
)
def test_what_is_no_type_is_refused(given: str) -> None:
    with pytest.raises(UnsupportedType):
        content_types.read(given)


ACTIVE = ["text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/javascript"]
ACTIVE += ["application/javascript", "text/css", "application/x-javascript", "text/html; charset=utf-8", "text/xsl"]

PASSIVE = ["text/plain", "text/csv", "image/png", "application/pdf", "application/json", "video/mp4", "text/markdown"]
PASSIVE += ["application/vnd.openxmlformats-officedocument.wordprocessingml.document"]


@pytest.mark.parametrize("kind", ACTIVE)
def test_what_a_browser_may_run_is_served_as_bytes(kind: str) -> None:
    assert content_types.served(kind) == "application/octet-stream"


@pytest.mark.parametrize("kind", PASSIVE)
def test_everything_else_is_served_as_it_is(kind: str) -> None:
    assert content_types.served(kind) == kind
