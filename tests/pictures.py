"""Pictures to upload."""

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """A picture whose middle is red and whose left and right are blue."""
    edge = (width - height) // 2
    row = b"\0" + b"\0\0\xff" * edge + b"\xff\0\0" * (width - 2 * edge) + b"\0\0\xff" * edge
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG (W3C's "Portable Network Graphics", 5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
