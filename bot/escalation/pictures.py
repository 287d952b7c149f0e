"""Takes out of a picture file what it says beside the picture: place, device, names, thumbnails, what follows its end. Pure."""

from __future__ import annotations

import struct

_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_JPEG_KEPT = frozenset({0xE0, 0xEE})  # JFIF, and Adobe's note on the colours, without which they come out wrong
_PNG_KEPT = frozenset({b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs"})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length


def cleaned(data: bytes) -> bytes:
    """A JPEG or PNG with its picture and nothing else. How it was turned is lost with the rest.

    Raises:
        ValueError: it is neither, or it is cut.
    """
    try:
        if data.startswith(_JPEG):
            return _jpeg(data)
        if data.startswith(_PNG):
            return _png(data)
    except (struct.error, IndexError) as error:
        raise ValueError("a cut picture") from error
    raise ValueError("no picture")


def _jpeg(data: bytes) -> bytes:
    out, at = bytearray(_JPEG), 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("a broken picture")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xD9:
            return bytes(out + data[at : at + 2])
        elif marker in _ALONE:
            out += data[at : at + 2]
            at += 2
        else:
            end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
            about = 0xE0 <= marker <= 0xEF or marker == 0xFE
            if not about or marker in _JPEG_KEPT:
                out += data[at:end]
            at = end
            if marker == 0xDA:
                at = _scanned(data, at)
                out += data[end:at]


def _scanned(data: bytes, at: int) -> int:
    """Where the compressed picture that begins here ends: at the next marker that is none of its own."""
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] != 0 and data[at + 1] not in _ALONE:
            return at
        at += 2


def _png(data: bytes) -> bytes:
    out, at = bytearray(_PNG), len(_PNG)
    while True:
        length, kind = struct.unpack(">I", data[at : at + 4])[0], data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data) or len(kind) < 4:
            raise ValueError("a cut picture")
        critical = kind[:1].isupper()
        if critical or kind in _PNG_KEPT:
            out += data[at:end]
        if kind == b"IEND":
            return bytes(out)
        at = end
