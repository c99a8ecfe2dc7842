"""Messages between the specification and a worker: plain data and arrays, length-prefixed, never pickled.

A message is a header (the lengths of the other two), a structure in msgpack, and the raw bytes of its arrays one after
the other, which the structure refers to by dtype, shape and offset. What is not plain data crosses as its description.
To read a message takes time and memory in proportion to its length, whatever is in it.
"""

import math
import socket
import struct
import time
from typing import Any, NamedTuple

import msgpack
import msgspec
import numpy as np

from .sanitise import Foreign, clean, describe

HEADER = struct.Struct("<IQ")
MAX_AXES = 32
MAX_INTEGER = 2**17
"""Bytes of an int."""
MAX_DESCRIPTION = 2**12
"""Bytes of what describes an array, a number, or a value that stays where it is."""
ALIGNMENT = 16
CHUNK = 2**16
"""Bytes read at once; a message with arrays no longer than this is sent at once."""
DTYPES = frozenset(
    ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
)
ARRAY, SCALAR, INTEGER, TEXT, FOREIGN, NUMPY_TEXT = 1, 2, 3, 4, 5, 6
"""Codes of the msgpack extensions: an array, a NumPy number, an int beyond 64 bits, text that is not UTF-8, a
description, NumPy's text."""


class Malformed(Exception):
    """The other side sent something that is not a message; the text says what is wrong with it."""


class Encoded(NamedTuple):
    """A message, ready to be sent."""

    structure: bytes
    buffers: list[Any]
    """The bytes of the arrays, with padding between them."""
    length: int
    """Bytes of all buffers together."""


def encode(message: Any) -> Encoded:
    """Encode a message; what in it is not plain data is replaced by its description."""
    writer = _Writer()
    structure = msgspec.msgpack.encode(writer.packed(message))
    return Encoded(structure, writer.buffers, writer.length)


def max_structure(max_bytes: int) -> int:
    """Bytes of msgpack in a message that may have so many of arrays: a list of as many items takes 64 times as much."""
    return max(2**18, max_bytes // 64)


def decode(structure: Any, data: Any) -> Any:
    """Decode a message; its arrays are views of `data`, each of bytes of its own. Raises `Malformed`."""
    unused = len(data)
    longest = {INTEGER: MAX_INTEGER, TEXT: len(structure), NUMPY_TEXT: len(structure)}

    def extension(code: int, payload: bytes) -> Any:
        nonlocal unused
        if len(payload) > longest.get(code, MAX_DESCRIPTION):
            raise Malformed(f"{len(payload)} bytes for a value of kind {code}")
        if code == ARRAY:
            array = _array(payload, data)
            unused -= array.nbytes
            if unused < 0:
                raise Malformed("arrays of the same bytes")
            return array
        if code == SCALAR:
            dtype, item = msgspec.msgpack.decode(payload, type=tuple[str, bool | int | float])
            if dtype not in DTYPES:
                raise Malformed(f"a number of type {clean(dtype, 40)}")
            return np.dtype(dtype).type(item)
        if code == INTEGER:
            return int.from_bytes(payload, "little", signed=True)
        if code in (TEXT, NUMPY_TEXT):
            text = payload.decode("utf-8", "surrogatepass")
            return text if code == TEXT else np.str_(text)
        if code == FOREIGN:
            return Foreign(clean(payload.decode("utf-8", "replace"), 200))
        raise Malformed(f"an unknown kind of data, {code}")

    try:
        # Unlike msgspec, it takes no keys but text, and so none that are made to hash alike.
        return msgpack.unpackb(structure, ext_hook=extension, strict_map_key=True)
    except Malformed:
        raise
    # Whatever the bytes make msgpack, msgspec or NumPy raise, the fault is the other side's.
    except Exception as error:
        raise Malformed(f"{type(error).__name__}: {clean(error, 200)}") from None


def is_scalar(value: Any) -> bool:
    """Whether it is a scalar of NumPy that arrives as what it is, as do numbers of the types of arrays, and text."""
    return isinstance(value, np.generic) and (value.dtype.name in DTYPES or type(value) is np.str_)


class _Writer:
    """Turns plain data into what msgpack knows, and collects the arrays."""

    def __init__(self) -> None:
        self.buffers: list[Any] = []
        self.length = 0

    def packed(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int:
            if -(2**63) <= value < 2**64:
                return value
            if value.bit_length() < 8 * MAX_INTEGER:
                return msgspec.msgpack.Ext(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))
        elif kind is str:
            return _packed_text(value)
        elif kind is list:
            return [self.packed(item) for item in value]
        elif kind is dict and all(type(key) is str and _is_utf8(key) for key in value):
            return {key: self.packed(item) for key, item in value.items()}
        elif kind is np.ndarray and value.dtype.name in DTYPES:
            return self._packed_array(value)
        elif kind is np.str_:
            return msgspec.msgpack.Ext(NUMPY_TEXT, value.encode("utf-8", "surrogatepass"))
        elif is_scalar(value):
            return msgspec.msgpack.Ext(SCALAR, msgspec.msgpack.encode([value.dtype.name, value.item()]))
        return msgspec.msgpack.Ext(FOREIGN, describe(value).encode("utf-8", "replace"))

    def _packed_array(self, array: np.ndarray) -> Any:
        native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
        offset = self.length + -self.length % ALIGNMENT
        if offset > self.length:
            self.buffers.append(bytes(offset - self.length))
        self.buffers.append(native.reshape(-1).view(np.uint8).data)
        self.length = offset + native.nbytes
        return msgspec.msgpack.Ext(ARRAY, msgspec.msgpack.encode([array.dtype.name, array.shape, offset]))


def _packed_text(text: str) -> Any:
    return text if _is_utf8(text) else msgspec.msgpack.Ext(TEXT, text.encode("utf-8", "surrogatepass"))


def _is_utf8(text: str) -> bool:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return False
    return True


def _array(payload: bytes, data: Any) -> np.ndarray:
    name, shape, offset = msgspec.msgpack.decode(payload, type=tuple[str, list[int], int])
    if name not in DTYPES or offset < 0 or len(shape) > MAX_AXES or any(length < 0 for length in shape):
        raise Malformed(f"an array of {clean(name, 40)} with shape {shape[:8]} at {offset}")
    dtype = np.dtype(name)
    count = math.prod(shape)
    if offset + count * dtype.itemsize > len(data):
        raise Malformed(f"an array of {name} with shape {shape[:8]} beyond the {len(data)} bytes that came with it")
    array = np.frombuffer(data, np.uint8, count * dtype.itemsize, offset) if count else np.empty(0, np.uint8)
    # Any byte but 0 and 1 in an array of bools would make NumPy contradict itself.
    return (array != 0 if name == "bool" else array.view(dtype)).reshape(shape)


class Stream:
    """One end of a connection. A `deadline` is a time of `time.monotonic()`; past it, `TimeoutError` is raised."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, message: Encoded, deadline: float | None = None) -> None:
        """Send an encoded message."""
        structure, buffers, length = message
        head = HEADER.pack(len(structure), length) + structure
        parts = [b"".join((head, *buffers))] if length <= CHUNK else [head, *buffers]
        for part in parts:
            self._wait_until(deadline)
            self._connection.sendall(part)

    def receive(self, max_bytes: int, deadline: float | None = None) -> Any:
        """The next message, with at most `max_bytes` of arrays.

        Raises `Malformed` for anything else, and `EOFError` once the other side is gone.
        """
        head = b""
        while len(head) < HEADER.size:
            self._wait_until(deadline)
            chunk = self._connection.recv(CHUNK)
            if not chunk:
                raise EOFError
            head += chunk
        structure_length, length = HEADER.unpack_from(head)
        if structure_length > max_structure(max_bytes):
            raise Malformed(f"a structure of {structure_length} bytes; at most {max_structure(max_bytes)} are read")
        if length > max_bytes:
            raise Malformed(f"arrays of {length} bytes; at most {max_bytes} are read")
        start = HEADER.size + structure_length
        if len(head) > start + length:
            raise Malformed(f"{len(head) - start - length} bytes more than a message")
        if len(head) < start:
            head += self._filled(start - len(head), b"", deadline).tobytes()
        # A buffer of their own, so that arrays are aligned as NumPy likes them.
        data = self._filled(length, head[start:], deadline)
        return decode(memoryview(head)[HEADER.size : start], data)

    def _filled(self, length: int, beginning: bytes, deadline: float | None) -> np.ndarray:
        """A buffer of `length` bytes: the `beginning`, and the rest from the connection."""
        buffer = np.empty(length, np.uint8)
        view = buffer.data
        done = len(beginning)
        view[:done] = beginning
        while done < length:
            self._wait_until(deadline)
            count = self._connection.recv_into(view[done:])
            if not count:
                raise EOFError
            done += count
        return buffer

    def _wait_until(self, deadline: float | None) -> None:
        """Let the next operation on the connection take no longer than until then."""
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
