"""Seals: a keyed digest at the head of a file of the grade book, so that a file that was edited is noticed.

The key comes from the grade book's secret. A seal keeps nobody from editing who can read that secret; it finds the
repaired comma, the copied result and the file that a disk has damaged.
"""

import hashlib
import hmac
import re
from pathlib import Path
from typing import TypeVar

import msgspec

from .. import files
from ..errors import SpecificationError

HEAD = re.compile(rb'\{"seal":"([0-9a-f]{64})",')
OPEN = b'{"seal":"",'
"""How what is to be sealed begins: with an empty seal as its first field."""
Sealed = TypeVar("Sealed", bound=msgspec.Struct)


class Edited(SpecificationError):
    """A file is not as it was written."""


def key_of(secret: bytes) -> bytes:
    """The key of the seals of a grade book with this secret."""
    return hmac.digest(secret, b"the seals of a grade book", hashlib.sha256)


def write(value: msgspec.Struct, file: Path, key: bytes) -> None:
    """Write a struct whose first field is `seal` as sealed JSON, as a whole or not at all."""
    content = msgspec.json.encode(value)
    assert content.startswith(OPEN), "the seal is the first field, and empty"
    rest = content.removeprefix(OPEN) + b"\n"
    files.write(file, b'{"seal":"' + hmac.new(key, rest, hashlib.sha256).hexdigest().encode() + b'",' + rest)


def read(file: Path, type_: type[Sealed], key: bytes, what: str) -> Sealed:
    """Read sealed JSON; `Edited` where it was changed since, or was sealed with another secret; `what` it is."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SpecificationError(f"{file}: cannot be read: {error.strerror}; expected {what}") from error
    head = HEAD.match(content)
    if head is None or not hmac.compare_digest(
        head[1].decode(), hmac.new(key, content[head.end() :], hashlib.sha256).hexdigest()
    ):
        raise Edited(f"{file}: its seal does not match: it was edited, or sealed with another secret; expected {what}")
    try:
        return msgspec.json.decode(OPEN + content[head.end() :], type=type_)
    except msgspec.DecodeError as error:
        raise SpecificationError(f"{file}: {error}; expected {what} of this version") from error
