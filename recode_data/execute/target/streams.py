"""What goes between the owner, the fork server and its children: messages and streams.

Nothing that a program is or says may lie in the fork server's memory, for the next child is a
copy of that: a child reads its own program, and what it reports is kept in pages that no fork
copies.
"""

import ctypes
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
    """Write messages; what they are written from is not copied."""
    parts = []
    for message in messages:
        parts += [memoryview(struct.pack("!I", len(message))), memoryview(message)]
    parts = [part for part in parts if len(part)]
    while parts:
        written = os.writev(fd, parts)
        while parts and written >= len(parts[0]):
            written -= len(parts.pop(0))
        if parts:
            parts[0] = parts[0][written:]


PART = 1 << 16
"""Bytes that are read at once."""
PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS = 1 | 2, 2 | 32
MADV_DONTNEED, MADV_DONTFORK = 4, 10


class Pages:
    """Memory that a forked child does not have. It is never given back: a child that did so
    would free what lies at its place there."""

    def __init__(self, size):
        libc = jail.libc
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = (
            [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        )
        libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        self.size = size
        self.place = libc.mmap(None, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0)
        if self.place in (None, ctypes.c_void_p(-1).value):
            raise OSError(ctypes.get_errno(), "mmap")
        jail.check(libc.madvise(self.place, size, MADV_DONTFORK), "madvise")
        self.view = memoryview((ctypes.c_char * size).from_address(self.place)).cast("B")

    def empty(self):
        """Give the pages back, but not their addresses."""
        jail.check(jail.libc.madvise(self.place, self.size, MADV_DONTNEED), "madvise")


class Capture:
    """Keeps the first bytes of a pipe, or the last, and throws the rest away."""

    def __init__(self, pages, most, last=False):
        """Keep up to ``most`` bytes in ``pages``, which have `room` for them."""
        self.reading, self.writing = os.pipe()
        self.view = pages.view
        self.most = most
        self.last = last
        self.kept = 0
        self.size = 0

    @staticmethod
    def room(most):
        """Return how many bytes of pages a capture of ``most`` bytes takes."""
        return 2 * most + PART

    def take(self):
        """Read once; return False at the end."""
        if self.last and self.kept > self.most:
            left = self.kept - self.most
            self.view[: self.most] = self.view[left : self.kept]
            self.kept = self.most
        read = os.readv(self.reading, [self.view[self.kept : self.kept + PART]])
        self.kept += read
        if not self.last:
            self.kept = min(self.kept, self.most)
        self.size += read
        return bool(read) and self.size < MOST_OUTPUT

    def data(self):
        """Return what is kept, without copying it."""
        return self.view[max(0, self.kept - self.most) : self.kept]


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
