"""What a worker prints, read as it comes, so that neither the worker waits nor our memory fills."""

import contextlib
import os
import threading
import time

from .inside.sanitise import clean


class OutputReader(threading.Thread):
    """Reads a pipe to its end: keeps the first `limit` bytes, and takes the rest slowly."""

    def __init__(self, pipe: int, limit: int) -> None:
        super().__init__(daemon=True, name="claims-sandbox-output")
        self._pipe, self._limit = pipe, limit
        self._text = b""
        self._truncated = False
        self.start()

    def run(self) -> None:
        """Read to the end."""
        with contextlib.suppress(OSError):
            while chunk := os.read(self._pipe, 2**16):
                room = self._limit - len(self._text)
                self._text += chunk[:room]
                if len(chunk) > room:
                    self._truncated = True
                    time.sleep(0.001)

    def close(self) -> str:
        """Wait for the end, for at most five seconds; return the text kept, made safe to print."""
        self.join(5)
        if not self.is_alive():
            os.close(self._pipe)
        text = clean(self._text.decode("utf-8", "replace"), 4 * self._limit)
        return f"{text}\n(truncated)" if self._truncated else text
