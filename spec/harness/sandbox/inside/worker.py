"""A worker: imports the submission, and answers the specification's requests one after the other."""

import os
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .faults import Fault, Faulted, attempt
from .loading import at_path, function_of
from .wire import Encoded, Stream, encode, max_structure

VALUE, NOTHING = -1, 0
"""What a request wants back: the result, or nothing; any other number is the handle under which to hold the result."""
ANSWER, FAULT, UNFIT = 0, 1, 2
"""What an answer holds: the result, the fields of a `Fault`, or why the result cannot be sent."""


def serve(connection: socket.socket, submission: Path, private_name: str, max_bytes: int) -> None:
    """Answer until the other side is gone; `max_bytes` bounds the arrays of a request, and of an answer.

    The first message is this process's id. A request is [number, target, function, wanted, released handles, positional
    arguments, keyword arguments], where the target is a topic, a handle, or None to ask for the modules imported since;
    its answer is [number, status, result].
    """
    stream = Stream(connection)
    find_topic = at_path(submission, private_name)
    if submission.is_dir():
        # Its own modules can be imported by their bare names, and as those of a package; others of a name come first.
        sys.path += [str(submission), str(submission.parent)]
    handles: dict[int, Any] = {}
    before = set(sys.modules)
    stream.send(encode(os.getpid()))
    while True:
        try:
            number, target, name, wanted, released, positional, keywords = stream.receive(max_bytes)
        except EOFError:
            return
        for handle in released:
            handles.pop(handle, None)
        if target is None:
            stream.send(_message(number, ANSWER, _modules_since(before), max_bytes))
            continue
        holder = partial(find_topic, target) if isinstance(target, str) else partial(handles.__getitem__, target)
        status, result = _call(holder, name, _writable(positional), _writable(keywords))
        if status == FAULT:
            # Where the submission lies is nobody's concern.
            result = [text.replace(f"{submission.parent}/", "") for text in result]
        if status == ANSWER and wanted != VALUE:
            if wanted != NOTHING:
                handles[wanted] = result
            result = None
        stream.send(_message(number, status, result, max_bytes))


def _writable(value: Any) -> Any:
    """The same data in arrays of their own: those of a message are views of one buffer."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list):
        return [_writable(item) for item in value]
    return {key: _writable(item) for key, item in value.items()} if isinstance(value, dict) else value


def _call(holder: Any, name: str, positional: list[Any], keywords: dict[str, Any]) -> tuple[int, Any]:
    try:
        return ANSWER, attempt(lambda: function_of(holder(), name), positional, keywords)
    except Faulted as faulted:
        return FAULT, list(faulted.fault)


def _modules_since(before: set[str]) -> list[str]:
    """Top-level modules imported since then that are neither Python's nor the submission's."""
    names = {str(name).partition(".")[0] for name in set(sys.modules) - before}
    return sorted(name for name in names - sys.stdlib_module_names if name[:1] != "_")[:100]


def _message(number: int, status: int, result: Any, max_bytes: int) -> Encoded:
    try:
        message = encode([number, status, result])
    except MemoryError:
        return encode([number, FAULT, list(Fault("memory", message="its result could not be sent"))])
    except RecursionError:
        return encode([number, UNFIT, "is nested too deeply"])
    if message.length > max_bytes:
        return encode(
            [number, UNFIT, f"has arrays of {message.length:,} bytes; at most {max_bytes:,} are read (--limit-reply)"]
        )
    if (size := len(message.structure)) > (most := max_structure(max_bytes)):
        return encode([number, UNFIT, f"takes {size:,} bytes without its arrays; at most {most:,} are read"])
    return message
