"""Seals and opens what people write and where they can be reached: AES-256-GCM with keys that live outside the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.errors import SetupError

_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12


def new_key() -> str:
    """A fresh key as the setting wants it: urlsafe base64 of 32 random bytes."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def key_id(key: bytes) -> str:
    """The first 8 hex digits of the key's SHA-256."""
    return hashlib.sha256(key).hexdigest()[:8]


class Vault:
    """Seals with the newest key, opens with any.

    A sealed value is ``version (1) | key id (4) | nonce (12) | ciphertext and tag``. The associated data is
    ``table|column|row id``, so that a value copied to another row or column does not open.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """
        Args:
            keys: 32 bytes each, newest first, at least one.
        """
        if not keys:
            raise SetupError("WAYMARK_ENCRYPTION_KEYS is empty: at least one key of 32 bytes is needed (`waymark init` makes one)")
        self._by_id = {bytes.fromhex(key_id(key)): AESGCM(key) for key in keys}
        self._newest = bytes.fromhex(key_id(keys[0]))
        self._keys = tuple(keys)

    @property
    def fingerprint(self) -> str:
        """Names the newest key without giving it away; kept in the database so that a wrong key stops the start."""
        return self._newest.hex()

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Of all keys, newest first."""
        return tuple(key_id(key) for key in self._keys)

    def mac_key(self, purpose: str, fingerprint: str | None = None) -> bytes:
        """A key for HMACs, derived from a key of the ring.

        Args:
            purpose: separates the uses from each other.
            fingerprint: of the key to derive from; the newest when left out.

        Raises:
            SetupError: that key is no longer in the ring.
        """
        for key in self._keys:
            if fingerprint is None or key_id(key) == fingerprint:
                return hmac.digest(key, b"waymark:" + purpose.encode(), "sha256")
        raise SetupError(f"encryption key {fingerprint} is missing from WAYMARK_ENCRYPTION_KEYS: put it back behind the newer ones")

    def seal(self, text: str, where: str) -> bytes:
        """Encrypt.

        Args:
            text: any text.
            where: ``table|column|row id``.
        """
        nonce = os.urandom(_NONCE_BYTES)
        header = _VERSION + self._newest
        return header + nonce + self._by_id[self._newest].encrypt(nonce, text.encode("utf-8", "surrogatepass"), header + where.encode())

    def open(self, sealed: bytes, where: str) -> str:
        """Decrypt what `seal` made for the same place.

        Raises:
            SetupError: the key is missing, or the value was changed or moved.
        """
        header, nonce = sealed[:5], sealed[5:17]
        cipher = self._by_id.get(header[1:])
        if header[:1] != _VERSION or cipher is None:
            raise SetupError(
                f"sealed with key {header[1:].hex()}, which is missing from WAYMARK_ENCRYPTION_KEYS: put it back behind the newer ones"
            )
        try:
            return cipher.decrypt(nonce, sealed[17:], header + where.encode()).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError) as error:  # a ValueError: cut short
            raise SetupError(f"the sealed value at {where.rsplit('|', 1)[0]} was changed or moved") from error

    def seal_json(self, value: Any, where: str) -> bytes:
        """Encrypt a JSON-able value."""
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")), where)

    def open_json(self, sealed: bytes, where: str) -> Any:
        """Decrypt what `seal_json` made."""
        return json.loads(self.open(sealed, where))
