"""Landlock: which files a process may read or write, without any privilege.

It leaves some things open that the system call filter must close: changing modes, owners,
times and attributes of files, sockets, and signals.
"""

import ctypes
import os
import struct

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
CREATE, ADD_RULE, RESTRICT = 444, 445, 446
LEAST = 3
"""The interface that knows of truncation."""


def interface(libc):
    """Return the version of Landlock that the kernel offers, 0 where it has none."""
    return max(0, libc.syscall(CREATE, None, 0, 1))


def all_rights(version):
    rights = (1 << 13) - 1 | REFER | TRUNCATE
    return rights | IOCTL_DEVICE if version >= 5 else rights


def restrict(libc, readable, writable):
    """Leave this process what is below ``readable`` to read and execute, and below
    ``writable`` to do everything with; for good, and for its children too."""
    version = interface(libc)
    if version < LEAST:
        raise OSError(38, "this kernel's Landlock is too old or off")
    everything = all_rights(version)
    attribute = struct.pack("QQQ", everything, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(CREATE, attribute, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    for path in readable:
        allow(libc, ruleset, path, EXECUTE | READ_FILE | READ_DIR)
    for path in writable:
        allow(libc, ruleset, path, everything)
    allow(libc, ruleset, "/dev/null", READ_FILE | WRITE_FILE)
    libc.prctl(38, 1, 0, 0, 0)
    if libc.syscall(RESTRICT, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(ruleset)


def allow(libc, ruleset, path, rights):
    if not os.path.isdir(path):
        rights &= EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    rule = struct.pack("=Qi", rights, fd)
    if libc.syscall(ADD_RULE, ruleset, 1, rule, 0):
        raise OSError(ctypes.get_errno(), "landlock_add_rule " + path)
    os.close(fd)
