"""What comes back from a process of the sandbox before it can be trusted to answer: one packet, and who sent it."""

import select
import socket
import struct
import time

from . import processes
from .inside.forkserver import PACKET

CREDENTIALS = struct.Struct("3i")
START_SECONDS = 120.0
"""How long a process may take to start."""


def socket_pair(kind: socket.SocketKind) -> tuple[socket.socket, socket.socket]:
    """Two connected sockets, of which the first is told by the system who sends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    if hasattr(socket, "SO_PASSCRED"):
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return ours, theirs


def receive(connection: socket.socket, pid: int) -> tuple[bytes, int]:
    """Receive a packet that the process `pid`, or a descendant, is to send; also the sender's process id.

    The id is the one that processes outside the sandbox know it by, or 0 where the system does not say. Raises
    `EOFError` once `pid` is gone or stopped, or after `START_SECONDS`; sets the connection's timeout to five seconds.
    """
    until = time.monotonic() + START_SECONDS
    while not select.select([connection], [], [], 0.1)[0]:
        if processes.is_stopped(pid) or not processes.tree(pid) or time.monotonic() > until:
            raise EOFError
    connection.settimeout(5)
    packet, ancillary, _, _ = connection.recvmsg(PACKET, socket.CMSG_SPACE(CREDENTIALS.size))
    if not packet:
        raise EOFError
    sender = 0
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == getattr(socket, "SCM_CREDENTIALS", None):
            sender = CREDENTIALS.unpack(data[: CREDENTIALS.size])[0]
    return packet, sender
