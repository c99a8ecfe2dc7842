"""The seed of a graded run: derived from a secret, so that nobody can prepare for its inputs."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from ..counts import counted
from ..errors import SpecificationError

SHORTEST = 16
"""Characters of a secret that is not refused."""


NAME = "seed-secret"


def read_secret(source: str | None, out: Path, *, may_draw: bool = False) -> bytes:
    """The secret in the file `source`, or in the variable NAME where `source` is "env:NAME"; by default `out`'s own.

    Where `out` has none yet, and one may be drawn, it is stored there, readable by its owner only.
    """
    if source == "":
        raise SpecificationError("--seed-secret '': expected a file, or env: and the name of a variable")
    if source is None:
        file = out / NAME
        if may_draw:
            _draw(file)
        where, secret = str(file), _content(file, f"{file}: cannot be read")
    elif source.startswith("env:"):
        # It is taken out of the environment: no process that is started from here on inherits it.
        where, secret = f"--seed-secret {source}", os.environ.pop(source.removeprefix("env:"), "").encode()
    else:
        where, secret = f"--seed-secret {source}", _content(Path(source), f"--seed-secret {source}: cannot be read")
    if len(secret := secret.strip()) < SHORTEST:
        raise SpecificationError(
            f"{where}: {counted(len(secret), 'character')}; expected a secret of at least {SHORTEST} characters, the "
            "same for every run of the class"
        )
    return secret


def _content(file: Path, problem: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SpecificationError(
            f"{problem}: {error.strerror}; expected the secret that the class is graded with (`claims grade "
            "--start-over` creates a new one, and grades every submission again)"
        ) from error


def seed_of(secret: bytes) -> int:
    """The seed, from 2³¹ up to 2³²: never one that a registered run or a calibration uses."""
    digest = hmac.digest(secret, b"the seed of a graded run", hashlib.sha256)
    return 2**31 + int.from_bytes(digest[:4], "big") % 2**31


def _draw(file: Path) -> None:
    """Draw a secret where there is none yet."""
    if file.exists():
        return
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_hex(32) + "\n")
        # Of several runs that start at once, one is first; all of them use what that one drew.
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    except OSError as error:
        # Where a disk is full the system does not say which file it was.
        error.filename = error.filename or str(file)
        raise
    finally:
        draft.unlink()
