"""Keeps a forked child from copying its parent's memory. All of this is only a question of
speed: where it cannot be done, nothing is.

A fork copies one table entry for each page of 4 KiB that the library has filled (20,000
with pandas), which is the largest part of what an empty child costs. With pages of 2 MiB
it copies one for each. The kernel takes such a large page apart again where somebody
writes, there alone.

Counting a reference writes to the object, and the first write to each page after a fork
costs a fault and a copy. From Python 3.12 on an object may be immortal: nobody counts it any
more. Making all that the library has loaded immortal, just before the first fork, halves the
pages that a typical child copies. Nothing here would be freed anyway: the server keeps it,
and a child ends without cleaning up.
"""

import bisect
import contextlib
import ctypes
import gc
import os
import sys

import jail

LARGE = 2 << 20
COLLAPSE = 25
"""``MADV_COLLAPSE``, since Linux 6.1."""
ARENA = 1 << 20 if sys.version_info >= (3, 10) else 1 << 18
"""Bytes that Python asks for at once."""
MOST = 32 << 20
"""Bytes of free blocks that are taken: where something else than Python's own allocator
gives them, there is no end of them."""

try:
    MAPS = os.open("/proc/self/maps", os.O_RDONLY)  # now: the server is not shut in yet
except OSError:
    MAPS = None
"""A plain number: a file object would be closed when this module is thrown away in a child,
where its number has become another file's."""


class Allocator(ctypes.Structure):
    """``PyObjectArenaAllocator``: where Python gets the memory of small objects from."""

    _fields_ = [
        ("context", ctypes.c_void_p),
        ("take", ctypes.c_void_p),
        ("give_back", ctypes.c_void_p),
    ]


@contextlib.contextmanager
def together():
    """Put the small objects that are made meanwhile next to each other.

    As a rule each megabyte of them is mapped where there is room, among the files of the
    library, and no large page fits. Here ``sbrk``, whose one argument is the size, serves
    as the allocator. What it gave may later be given back page by page as usual.
    """
    usual = Allocator()
    ctypes.pythonapi.PyObject_GetArenaAllocator(ctypes.byref(usual))
    sbrk = ctypes.cast(jail.libc.sbrk, ctypes.c_void_p)
    ours = Allocator(ARENA, sbrk, usual.give_back)
    ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(ours))
    try:
        yield
    finally:
        ctypes.pythonapi.PyObject_SetArenaAllocator(ctypes.byref(usual))


def fill():
    """Take every small block that is still free, for good.

    They are spread over all that the library has left; new objects would write on a page
    here and a page there, and each would have to be copied. So they come to lie together,
    on pages that are new.
    """
    take = ctypes.pythonapi.PyObject_Malloc
    take.restype, take.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    known = written()
    starts, ends = [start for start, _ in known], [end for _, end in known]
    left = MOST
    for size in range(512, 0, -8):
        while left > 0:
            place, left = take(size), left - size
            number = bisect.bisect(starts, place) - 1
            if number < 0 or place >= ends[number]:
                break


def written():
    """Return the ranges of memory that are written and belong to no file, in order."""
    found = []
    for line in mapped().splitlines():
        words = line.split()
        if words[1] == "rw-p" and words[5:] in ([], ["[heap]"]):
            start, end = words[0].split("-")
            found.append((int(start, 16), int(end, 16)))
    return found


def mapped():
    """Return the text of /proc/self/maps; empty where there is none."""
    if MAPS is None:
        return ""
    os.lseek(MAPS, 0, os.SEEK_SET)
    parts = []
    while True:
        part = os.read(MAPS, 1 << 16)
        if not part:
            return b"".join(parts).decode("utf-8", "replace")
        parts.append(part)


def enlarge():
    """Ask the kernel for large pages under all that is written."""
    for start, end in written():
        for place in range(-(-start // LARGE) * LARGE, end - LARGE + 1, LARGE):
            jail.libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(LARGE), COLLAPSE)


KNOWN = (3, 12), (3, 13)
"""Versions whose count of an immortal object is all ones in the lower half."""
COUNT = 0xFFFFFFFF
CODE = ("co_consts", "co_names", "co_filename", "co_name", "co_qualname", "co_linetable",
        "co_exceptiontable")  # fmt: skip


def make_immortal():
    """Make every object that can be reached immortal; do nothing on other versions."""
    if sys.version_info[:2] not in KNOWN or sys.implementation.name != "cpython":
        return
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return
    gc.unfreeze()  # what is frozen would not be listed
    code = type(make_immortal.__code__)
    seen, waiting = set(), gc.get_objects()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        waiting.extend(gc.get_referents(thing))
        if isinstance(thing, dict):  # the collector passes over names that are keys
            waiting.extend(dict.keys(thing))
        elif type(thing) is code:  # nor does it look into code
            waiting.extend(getattr(thing, name) for name in CODE)
            waiting.extend(thing.co_consts)
    del thing, waiting
    for address in seen:
        count = ctypes.c_uint64.from_address(address)
        if count.value < 1 << 31:
            count.value = COUNT
