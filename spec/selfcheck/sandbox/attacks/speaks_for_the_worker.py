"""What attacks on the conversation with the grader share: it answers in the worker's stead."""

import os
import socket
import stat
import struct

import msgspec


def send(answer, length=0):
    """Send the bytes of an answer, and so many of arrays, as the worker does."""
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                line = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
    structure = b"\x93\x01\x00" + answer
    line.sendall(struct.pack("<IQ", len(structure), length) + structure + bytes(length))


def array(dtype, shape, offset):
    """An array as it crosses."""
    return msgspec.msgpack.Ext(1, msgspec.msgpack.encode([dtype, shape, offset]))
