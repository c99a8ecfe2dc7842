"""The seed of a graded run: derived from a secret, so that nobody can prepare for its inputs."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from ..errors import SpecificationError

SHORTEST = 16
"""Characters of a secret that is not refused."""


def read_secret(source: str | None, out: Path) -> bytes:
    """The secret in the file `source`, or in the variable NAME where `source` is "env:NAME"; by default `out`'s own.

    Where `out` has none yet, one is drawn and stored there, readable by its owner only.
    """
    if source is None:
        return _stored(out / "seed-secret")
    if source.startswith("env:"):
        # It is taken out of the environment: no process that is started from here on inherits it.
        secret = os.environ.pop(source.removeprefix("env:"), "").strip().encode()
    else:
        try:
            secret = Path(source).read_bytes().strip()
        except OSError as error:
            raise SpecificationError(f"--seed-secret {source}: cannot be read: {error.strerror}") from error
    if len(secret) < SHORTEST:
        raise SpecificationError(f"--seed-secret {source}: {len(secret)} characters; expected at least {SHORTEST}")
    return secret


def seed_of(secret: bytes) -> int:
    """The seed, from 2³¹ up to 2³²: never one that a registered run or a calibration uses."""
    digest = hmac.digest(secret, b"the seed of a graded run", hashlib.sha256)
    return 2**31 + int.from_bytes(digest[:4], "big") % 2**31


def _stored(file: Path) -> bytes:
    """The secret in the file, which is drawn where there is none yet."""
    if not file.exists():
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_hex(32) + "\n")
        try:
            # Of several runs that start at once, one is first; all of them use what that one drew.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_bytes().strip()
