"""Files on the simulated server: what was uploaded, under the ids that Telegram would give, and what an image really is."""

from __future__ import annotations

import base64
import mimetypes
import struct
from dataclasses import dataclass

from bot.demo.botapi.errors import bad_request
from bot.demo.botapi.model import Json, UploadedFile

PHOTO_LIMIT = 10 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024
_FOLDERS = {
    "photo": "photos",
    "voice": "voice",
    "document": "documents",
    "video_note": "video_notes",
    "sticker": "stickers",
    "audio": "music",
}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file: `path` is where getFile sends the bot, `file_id` what the bot may send again."""

    file_id: str
    unique_id: str
    kind: str
    path: str
    file_name: str
    mime_type: str
    data: bytes


class FileStore:
    """All files of the simulator, by id and by path."""

    def __init__(self) -> None:
        self.by_id: dict[str, StoredFile] = {}
        self.by_path: dict[str, StoredFile] = {}

    def add(self, kind: str, data: bytes, file_name: str = "", mime_type: str = "") -> StoredFile:
        """Keep a file.

        Args:
            kind: photo, document, voice, video_note, sticker or audio.
            data: the bytes, as they are.
            file_name: as the sender named it; the ending decides the media type when none is given.
            mime_type: the media type, "" to guess.
        """
        number = len(self.by_id) + 1
        mime_type = mime_type or mimetypes.guess_type(file_name)[0] or "application/octet-stream"
        ending = "." + file_name.rsplit(".", 1)[1] if "." in file_name else mimetypes.guess_extension(mime_type) or ".bin"
        file_id = f"SIM{kind.title().replace('_', '')}-{number:06d}"
        path = f"{_FOLDERS[kind]}/file_{number}{ending}"
        stored = StoredFile(file_id, f"u{number:06d}", kind, path, file_name, mime_type, data)
        self._keep(stored)
        return stored

    def get(self, file_id: str) -> StoredFile:
        """The file of an id.

        Raises:
            ApiError: 400 when there is none.
        """
        stored = self.by_id.get(file_id)
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return stored

    def _keep(self, stored: StoredFile) -> None:
        self.by_id[stored.file_id] = stored
        self.by_path[stored.path] = stored

    def dump(self) -> list[Json]:
        return [
            {
                "file_id": stored.file_id,
                "unique_id": stored.unique_id,
                "kind": stored.kind,
                "path": stored.path,
                "file_name": stored.file_name,
                "mime_type": stored.mime_type,
                "data": base64.b64encode(stored.data).decode(),
            }
            for stored in self.by_id.values()
        ]

    def load(self, state: list[Json]) -> None:
        self.by_id.clear()
        self.by_path.clear()
        for entry in state:
            self._keep(StoredFile(**{**entry, "data": base64.b64decode(entry["data"])}))


def image_size(data: bytes) -> tuple[int, int, str] | None:
    """Width, height and media type of a whole PNG, JPEG, GIF or WebP; None for anything else, cut files included."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) > 33 and data[12:16] == b"IHDR" and b"IEND" in data[-16:]:
        width, height = struct.unpack(">II", data[16:24])
        return width, height, "image/png"
    if data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-64:]:
        return _jpeg_size(data)
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) > 13:
        width, height = struct.unpack("<HH", data[6:10])
        return width, height, "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP" and len(data) > 30:
        return _webp_size(data)
    return None


def _jpeg_size(data: bytes) -> tuple[int, int, str] | None:
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker in range(0xC0, 0xD0) and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height, "image/jpeg"
        at += 1 if marker == 0xFF else 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


def _webp_size(data: bytes) -> tuple[int, int, str] | None:
    chunk = data[12:16]
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF, "image/webp"
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1, "image/webp"
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1, "image/webp"
    return None


def photo_sizes(files: FileStore, data: bytes, width: int, height: int, mime_type: str) -> list[Json]:
    """Keep a photo and give its sizes as `PhotoSize` objects, smallest first; all of them hold the same bytes."""
    sizes: list[Json] = []
    name = "photo" + (mimetypes.guess_extension(mime_type) or ".jpg")
    for longest in (320, max(width, height)):
        scale = min(1.0, longest / max(width, height))
        shape = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
        if sizes and (sizes[-1]["width"], sizes[-1]["height"]) == (shape["width"], shape["height"]):
            break
        stored = files.add("photo", data, name, mime_type)
        sizes.append({"file_id": stored.file_id, "file_unique_id": stored.unique_id, "file_size": len(data), **shape})
    return sizes


def checked_photo(upload: UploadedFile) -> tuple[int, int, str]:
    """Width, height and media type of what a bot sends as a photo.

    Raises:
        ApiError: 400 when Telegram would refuse it: empty, over 10 MB, no image, sides that do not fit.
    """
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > PHOTO_LIMIT:
        raise bad_request(f"file of size {len(upload.data)} bytes is too big for a photo; the maximum size is {PHOTO_LIMIT} bytes")
    size = image_size(upload.data)
    if size is None or not size[0] or not size[1]:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if size[0] + size[1] > 10_000 or max(size[:2]) > 20 * min(size[:2]):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return size
