"""A worker: holds the submission, and answers the specification's requests one after the other."""

import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .faults import Fault, Faulted, attempt
from .loading import at_path, function_of
from .wire import LARGEST_STRUCTURE, Stream, encode

VALUE, NOTHING = -1, 0
"""What is to be answered: the result, or nothing of it; any other number is the name under which to keep it."""
ANSWER, FAULT, UNFIT = 0, 1, 2


def serve(line: socket.socket, submission: Path, private: str, largest: int) -> None:
    """Answer until the other side is gone."""
    stream = Stream(line)
    find = at_path(submission, private)
    kept: dict[int, Any] = {}
    before = set(sys.modules)
    stream.send(encode(os.getpid()))
    while True:
        try:
            number, target, name, wanted, released, positional, keywords = stream.receive(largest)
        except EOFError:
            return
        for each in released:
            kept.pop(each, None)
        if target is None:
            stream.send(_message(number, ANSWER, _modules_beyond(before), largest))
            continue
        # A topic is looked up by its name, a handle by its number.
        offered = partial(find, target) if isinstance(target, str) else partial(kept.__getitem__, target)
        keywords = {key: _own(value) for key, value in keywords.items()}
        status, result = _answer(offered, name, [_own(value) for value in positional], keywords)
        if status == ANSWER and wanted != VALUE:
            if wanted != NOTHING:
                kept[wanted] = result
            result = None
        stream.send(_message(number, status, result, largest))


def _own(value: Any) -> Any:
    """The same data, in arrays that lie and may be changed as any others."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list):
        return [_own(item) for item in value]
    return {key: _own(item) for key, item in value.items()} if isinstance(value, dict) else value


def _answer(offered: Any, name: str, positional: list[Any], keywords: dict[str, Any]) -> tuple[int, Any]:
    try:
        return ANSWER, attempt(lambda: function_of(offered(), name), positional, keywords)
    except Faulted as faulted:
        return FAULT, list(faulted.fault)


def _modules_beyond(before: set[str]) -> list[str]:
    """Top-level modules imported since then that are neither Python's own nor the submission's."""
    found = {str(name).partition(".")[0] for name in set(sys.modules) - before}
    return sorted(name for name in found - sys.stdlib_module_names if name[:1] != "_")[:100]


def _message(number: int, status: int, result: Any, largest: int) -> tuple[bytes, list[Any], int]:
    try:
        message = encode([number, status, result])
    except MemoryError:
        return encode([number, FAULT, list(Fault("memory", says="to send the result"))])
    except RecursionError:
        return encode([number, UNFIT, "is nested too deeply"])
    structure, _, length = message
    if len(structure) > LARGEST_STRUCTURE or length > largest:
        return encode([number, UNFIT, f"takes {len(structure) + length} bytes; more than are read"])
    return message
