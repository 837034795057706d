"""What goes between the owner, the fork server and its children: messages and streams."""

import fcntl
import os
import struct
import sys

import jail

CHANNEL = 3
"""File number on which a child reports."""
MOST_OUTPUT = 1 << 30
"""Bytes after which a child that only ever prints is ended."""


def read_exactly(fd, size):
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive(fd):
    return read_exactly(fd, struct.unpack("!I", read_exactly(fd, 4))[0])


def send(fd, *messages):
    data = b"".join(struct.pack("!I", len(message)) + message for message in messages)
    while data:
        data = data[os.write(fd, data) :]


class Capture:
    """Keeps the first bytes of a pipe, or the last, and throws the rest away."""

    def __init__(self, most, last=False):
        self.reading, self.writing = os.pipe()
        self.most = most
        self.last = last
        self.parts = []
        self.size = 0

    def take(self):
        """Read once; return False at the end."""
        part = os.read(self.reading, 1 << 16)
        if self.last:
            self.parts = [b"".join([*self.parts, part])[-self.most :]]
        elif self.size < self.most:
            self.parts.append(part[: self.most - self.size])
        self.size += len(part)
        return bool(part) and self.size < MOST_OUTPUT

    def data(self):
        return b"".join(self.parts)


def connect(output, result):
    """Put the child's own files under its standard streams and the channel; no other stays."""
    null = os.open("/dev/null", os.O_RDWR)
    wanted = (null, output, null, result)
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for fd in wanted]  # none in another's way
    for number, fd in enumerate(high):
        os.dup2(fd, number)
    jail.close_from(CHANNEL + 1)


def renew():
    """Open Python's standard streams anew, before the fork: a child only gets new files
    under their numbers."""
    sys.stdin = sys.__stdin__ = open(0)
    text = {"encoding": "utf-8", "errors": "surrogateescape", "closefd": False}
    sys.stdout = sys.__stdout__ = open(1, "w", **text)
    sys.stderr = sys.__stderr__ = open(2, "w", **text)


def settle():
    """Write out what was printed before the fork, lest every child print it again."""
    sys.stdout.flush()
    sys.stderr.flush()
