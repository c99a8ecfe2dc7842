"""Messages between the specification and a worker: plain data and arrays, length-prefixed, never pickled.

A message is a header (the lengths of the other two), a structure in msgpack, and the raw bytes of its arrays one after
the other, which the structure refers to by dtype, shape and offset. What is no plain data crosses as its description.
"""

import socket
import struct
import time
from typing import Any

import msgspec
import numpy as np

from .sanitise import Foreign, clean, describe

HEADER = struct.Struct("<IQ")
LARGEST_STRUCTURE = 4 * 2**20
"""Bytes of msgpack: a list of as many items takes about a hundred times that in memory."""
ALIGNMENT = 16
AT_ONCE = 2**16
DTYPES = frozenset(
    ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
)
ARRAY, SCALAR, INTEGER, TEXT, FOREIGN = 1, 2, 3, 4, 5


class Malformed(Exception):
    """The other side sent what is no message; the text says what is wrong with it."""


def encode(message: Any) -> tuple[bytes, list[Any], int]:
    """The structure of a message, the bytes of its arrays, and how many these are together."""
    writer = _Writer()
    structure = msgspec.msgpack.encode(writer.packed(message))
    return structure, writer.buffers, writer.length


def decode(structure: Any, data: Any) -> Any:
    """The message; its arrays are views of `data`. Raises `Malformed`."""

    def extension(code: int, payload: memoryview) -> Any:
        if code == ARRAY:
            return _array(payload, data)
        if code == SCALAR:
            dtype, item = msgspec.msgpack.decode(payload, type=tuple[str, int | float | str])
            if dtype not in DTYPES and dtype != "str_":
                raise Malformed(f"a number of type {clean(dtype, 40)}")
            return np.str_(item) if dtype == "str_" else np.dtype(dtype).type(item)
        if code == INTEGER:
            return int.from_bytes(payload, "little", signed=True)
        if code == TEXT:
            return bytes(payload).decode("utf-8", "surrogatepass")
        if code == FOREIGN:
            return Foreign(clean(bytes(payload).decode("utf-8", "replace"), 200))
        raise Malformed(f"an unknown kind of data, {code}")

    try:
        return msgspec.msgpack.decode(structure, ext_hook=extension)
    except Malformed:
        raise
    # Whatever the bytes make msgspec or NumPy raise, they are the other side's.
    except Exception as error:
        raise Malformed(f"{type(error).__name__}: {clean(error, 200)}") from None


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
            if value.bit_length() < 2**20:
                return msgspec.msgpack.Ext(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))
        elif kind is str:
            if value.isascii():
                return value
            try:
                value.encode()
            except UnicodeEncodeError:
                return msgspec.msgpack.Ext(TEXT, value.encode("utf-8", "surrogatepass"))
            return value
        elif kind is list:
            return [self.packed(item) for item in value]
        elif kind is dict and all(type(key) is str for key in value):
            return {self.packed(key): self.packed(item) for key, item in value.items()}
        elif kind is np.ndarray and value.dtype.name in DTYPES:
            return self._array(value)
        elif isinstance(value, np.generic) and (value.dtype.name in DTYPES or kind is np.str_):
            payload = [kind.__name__ if kind is np.str_ else value.dtype.name, value.item()]
            return msgspec.msgpack.Ext(SCALAR, msgspec.msgpack.encode(payload))
        return msgspec.msgpack.Ext(FOREIGN, describe(value).encode("utf-8", "replace"))

    def _array(self, value: np.ndarray) -> Any:
        native = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("="))
        place = self.length + -self.length % ALIGNMENT
        if place > self.length:
            self.buffers.append(bytes(place - self.length))
        self.buffers.append(native.reshape(-1).view(np.uint8).data)
        self.length = place + native.nbytes
        return msgspec.msgpack.Ext(ARRAY, msgspec.msgpack.encode([value.dtype.name, value.shape, place]))


def _array(payload: memoryview, data: Any) -> np.ndarray:
    name, shape, place = msgspec.msgpack.decode(payload, type=tuple[str, list[int], int])
    if name not in DTYPES or place < 0 or any(length < 0 for length in shape):
        raise Malformed(f"an array of {clean(name, 40)} with shape {shape[:8]} at {place}")
    dtype = np.dtype(name)
    count = 1
    for length in shape:
        count *= length
    if place + count * dtype.itemsize > len(data):
        raise Malformed(f"an array of {name} with shape {shape[:8]} beyond the {len(data)} bytes that came with it")
    array = np.frombuffer(data, np.uint8, count * dtype.itemsize, place) if count else np.empty(0, np.uint8)
    # Any byte but 0 and 1 in an array of bools would make NumPy contradict itself.
    return (array != 0 if name == "bool" else array.view(dtype)).reshape(shape)


class Stream:
    """One end of the line. `deadline` is a time of `time.monotonic()`; past it, `TimeoutError` is raised."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line

    def send(self, message: tuple[bytes, list[Any], int], deadline: float | None = None) -> None:
        """Send an encoded message."""
        structure, buffers, length = message
        self._until(deadline)
        head = HEADER.pack(len(structure), length) + structure
        if length <= AT_ONCE:
            self.line.sendall(b"".join((head, *buffers)))
            return
        self.line.sendall(head)
        for buffer in buffers:
            self._until(deadline)
            self.line.sendall(buffer)

    def receive(self, largest: int, deadline: float | None = None) -> Any:
        """The next message; `largest` bounds the bytes of its arrays. Raises `EOFError` once the other side is gone."""
        self._until(deadline)
        first = self.line.recv(AT_ONCE)
        while 0 < len(first) < HEADER.size:
            self._until(deadline)
            first += self.line.recv(AT_ONCE) or _gone()
        if not first:
            _gone()
        n, length = HEADER.unpack_from(first)
        if n > LARGEST_STRUCTURE:
            raise Malformed(f"a structure of {n} bytes; at most {LARGEST_STRUCTURE} are read")
        if length > largest:
            raise Malformed(f"arrays of {length} bytes; at most {largest} are read")
        head = HEADER.size + n
        if len(first) > head + length:
            raise Malformed(f"{len(first) - head - length} bytes more than a message")
        if len(first) < head:
            first += self._filled(np.empty(head - len(first), np.uint8), b"", deadline).tobytes()
        # A buffer of its own, so that arrays lie where NumPy likes them.
        data = self._filled(np.empty(length, np.uint8), first[head:], deadline)
        return decode(memoryview(first)[HEADER.size : head], data)

    def _filled(self, buffer: np.ndarray, beginning: bytes, deadline: float | None) -> np.ndarray:
        view = buffer.data
        view[: len(beginning)] = beginning
        done = len(beginning)
        while done < len(buffer):
            self._until(deadline)
            done += self.line.recv_into(view[done:]) or _gone()
        return buffer

    def _until(self, deadline: float | None) -> None:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.line.settimeout(left)


def _gone() -> Any:
    raise EOFError
