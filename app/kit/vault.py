"""Secrets at rest: encrypted with a key that the database does not hold."""

import base64
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.kit.problems import Problem


class EncryptionKeyMissing(Problem):
    """Secrets are kept encrypted, and this server has no key for that, or not the one they were encrypted with.

    On PostgreSQL no key is made by itself, since every process needs the same one; or the key was changed without
    keeping the old one beside it.
    """

    slug, title, status = "encryption-key-missing", "No encryption key", 409
    advice = "Set LEEWAY_ENCRYPTION_KEY on every process: 32 random bytes in base64 (`openssl rand -base64 32`)."


_OR = "or set LEEWAY_ENCRYPTION_KEY on every process: 32 random bytes in base64 (`openssl rand -base64 32`)."
_LOST = f"The key file beside the database is not there: put it back if secrets were sealed with it, {_OR}"
_UNUSABLE = (
    "The key file beside the database cannot be made or read: let the server write into that folder and read the "
    f"file, {_OR}"
)
_BROKEN = f"The key file beside the database holds no key of 32 bytes in base64: put back the one that did, {_OR}"


def fernet(key: str) -> Fernet:
    """The cipher of one key: 32 bytes in base64, of either alphabet.

    Raises:
        ValueError: it is not one.
    """
    return Fernet(key.strip().replace("+", "-").replace("/", "_"))


class Vault:
    """Encrypts with the first key and decrypts with any, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str] = (), file: Path | None = None) -> None:
        """Made of the given keys.

        Args:
            keys: for rotation, several: the newest first.
            file: where a key is kept, and made at first need, if none is given; None: nowhere.
        """
        self._keys = list(keys)
        self._file = file
        self._cipher: MultiFernet | None = None

    def seal(self, secret: str, *, may_make: bool = True) -> bytes:
        """The secret, encrypted.

        Args:
            secret: any text.
            may_make: a key, where none was made yet; false where something is sealed already, with one that is lost.

        Raises:
            EncryptionKeyMissing: there is no key.
        """
        return self._ciphers(may_make=may_make).encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """What was sealed.

        Raises:
            EncryptionKeyMissing: none of the keys is the one it was sealed with.
        """
        try:
            return self._ciphers(may_make=False).decrypt(sealed).decode()
        except InvalidToken:
            raise EncryptionKeyMissing from None

    def _ciphers(self, *, may_make: bool) -> MultiFernet:
        if self._cipher is None:
            keys = self._keys or self._kept(may_make=may_make)
            try:
                self._cipher = MultiFernet([fernet(key) for key in keys])
            except ValueError:
                raise EncryptionKeyMissing(_BROKEN) from None
        return self._cipher

    def _kept(self, *, may_make: bool) -> list[str]:
        if self._file is None:
            raise EncryptionKeyMissing
        try:
            if may_make and not self._file.exists():
                _make(self._file)
            return [self._file.read_text(encoding="ascii")]
        except FileNotFoundError:
            raise EncryptionKeyMissing(_LOST) from None
        except (OSError, UnicodeError):
            raise EncryptionKeyMissing(_UNUSABLE) from None


def _make(file: Path) -> None:
    """Write a new key, readable by its owner alone; if another process is quicker, that one's stays."""
    with NamedTemporaryFile("w", dir=file.parent, prefix=file.name, encoding="ascii") as new:  # mode 0600
        new.write(base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n")
        new.flush()
        os.fsync(new.fileno())
        with suppress(FileExistsError):
            os.link(new.name, file)
