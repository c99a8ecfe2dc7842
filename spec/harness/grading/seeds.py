"""The seed of a graded run: drawn from a secret, so that nobody can prepare for its inputs."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from ..errors import SpecificationError

SHORTEST = 16


def read_secret(given: str | None, out: Path) -> bytes:
    """The secret in the file, or environment variable `env:NAME`, that was given; else the one kept in `out`.

    Where `out` has none yet, one is drawn and kept there, readable by its owner only.
    """
    if given is None:
        return _kept(out / "seed-secret")
    if given.startswith("env:"):
        # It is taken out of the environment: whatever is started from here on does not inherit it.
        secret = os.environ.pop(given.removeprefix("env:"), "").strip().encode()
    else:
        try:
            secret = Path(given).read_bytes().strip()
        except OSError as error:
            raise SpecificationError(f"--seed-secret {given}: cannot be read: {error.strerror}") from error
    if len(secret) < SHORTEST:
        raise SpecificationError(f"--seed-secret {given}: {len(secret)} characters; expected at least {SHORTEST}")
    return secret


def seed_of(secret: bytes) -> int:
    """The seed, from 2³¹ up to 2³²: never one that a registered run or a calibration uses."""
    digest = hmac.digest(secret, b"the seed of a graded run", hashlib.sha256)
    return 2**31 + int.from_bytes(digest[:4], "big") % 2**31


def _kept(file: Path) -> bytes:
    if not file.exists():
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_hex(32) + "\n")
        try:
            # Of several runs that begin at once, one is first; all go on with what it drew.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_bytes().strip()
