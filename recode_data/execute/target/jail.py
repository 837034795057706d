"""Isolation of one child: namespaces, mounts, capabilities, Landlock, limits, system calls.

Landlock says which files a process may read or write, without any privilege. It leaves some
things open that the system call filter must close: changing modes, owners, times and
attributes of files, sockets, and signals.
"""

import ctypes
import os
import resource
import struct

import seccomp

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


SYS_ADMIN = 1 << 21
"""CAP_SYS_ADMIN: namespaces and mounts."""
CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
CLOSE_RANGE = 436
READ_ANYTHING = 1 << 2
"""CAP_DAC_READ_SEARCH: what Landlock lets through may lie in a folder of root's own."""
PR_SET_KEEPCAPS = 8
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_CAP_AMBIENT = 1, 4, 24, 47

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, "{}: {}".format(what, os.strerror(code)))


def mount(kind, target, flags, data="", source=""):
    check(
        libc.mount(
            (source or kind).encode(),
            target.encode(),
            kind.encode() or None,
            ctypes.c_ulong(flags),
            data.encode() or None,
        ),
        "mount " + target,
    )


class Birth:
    """Gives the next forked child a PID namespace of its own; the server keeps its own.

    ``unshare`` moves only children to be born, and refuses a second time, so the server
    returns to its own namespace by `setns` after each fork.
    """

    def __init__(self):
        self.own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def begin(self):
        check(libc.unshare(CLONE_NEWPID), "unshare")

    def end(self):
        check(libc.setns(self.own, CLONE_NEWPID), "setns")


def private_mounts(size, uid):
    """Give this process a mount namespace with an empty /tmp and its own read-only /proc.

    ``size``: bytes that /tmp (which is /dev/shm too) may hold; ``uid``: whose it is.
    """
    check(libc.unshare(CLONE_NEWNS), "unshare")
    options = "size={},nr_inodes=20000,mode=700,uid={},gid={}".format(size, uid, uid)
    mount("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, options)
    mount("", "/dev/shm", MS_BIND, source="/tmp")
    mount("proc", "/proc", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)


def drop_capabilities(kept=0):
    """Give up every capability but ``kept``, and the means to get one back."""
    for capability in range(64):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break
    libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)  # clear all
    header = struct.pack("Ii", 0x20080522, 0)
    check(libc.capset(header, struct.pack("IIIIII", kept, kept, 0, 0, 0, 0)), "capset")


def become(uid):
    """Become another user; capabilities are kept for `drop_capabilities` to choose from."""
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def limit(limits):
    """Set the limits that ``limits`` names, hard as well as soft.

    ``memory`` and ``file`` in bytes, ``cpu`` in seconds, ``tasks`` in threads.
    """
    for name, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_NPROC, limits["tasks"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 1 << 20),
    ):
        most = resource.getrlimit(name)[1]
        least = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(name, (least, least))


def shut_server(tier, limits):
    """Shut in the server itself, before anything of a library runs in it; its children inherit it.

    Where the owner is root, the server becomes the user that its programs run as: read-only
    mounts and a user namespace hold nobody back who is root outside.
    """
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    limits["kept"] = 0
    if tier == "rlimits":
        return
    seccomp.prepared(tier == "landlock")
    if tier == "landlock":
        readable = limits["readable"] + ["/proc"]  # the kernel's account of a child
        restrict(libc, readable, [limits["folder"]])
    if tier == "bwrap":
        closed = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
        mount("", "/proc", MS_REMOUNT | MS_BIND | closed)
    if limits["uid"] != os.getuid():
        if tier == "landlock":
            os.chown(limits["folder"], limits["uid"], limits["uid"])
            limits["kept"] = READ_ANYTHING
        become(limits["uid"])
        drop_capabilities(SYS_ADMIN if tier == "bwrap" else READ_ANYTHING)
    seccomp.put(libc, seccomp.server_program(tier))


def close_from(least):
    """Close every file from number ``least`` on."""
    if libc.syscall(CLOSE_RANGE, least, 0xFFFFFFFF, 0):
        os.closerange(least, 4096)


def enter(tier, limits, folder):
    """Shut the calling process in; nothing before this line is the user's."""
    uid = limits["uid"]
    if tier == "bwrap":
        private_mounts(limits["tmp"], uid)
    else:
        os.environ.update(HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder)
    if tier == "landlock":
        restrict(libc, limits["readable"], [folder])
    os.chdir(folder or "/")
    if tier != "bwrap":
        libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
    if tier == "bwrap":
        os.chdir("/tmp")
    if limits["start_in"]:
        os.mkdir(limits["start_in"])
        os.chdir(limits["start_in"])
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    limit(limits)
    if tier != "rlimits":
        drop_capabilities(limits["kept"])
        seccomp.install(libc, tier == "landlock")
