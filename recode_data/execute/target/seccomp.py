"""A system call filter (seccomp BPF) put together without any helper library.

The child of the fork server installs it as its last act before the user's code. It
refuses what a program of a data set never needs and an attack always does: sockets, new
processes, signals to others, tracing, mounts, kernel keys, and every system call that is
newer than this list. The fork server installs a wider one before it imports a library: it
leaves what starting and ending children takes.
"""

import ctypes
import functools
import os
import platform
import struct

ALLOW = 0x7FFF0000
KILL = 0x80000000
ERRNO = 0x00050000
EPERM = ERRNO | 1
ENOSYS = ERRNO | 38

LOAD, EQUAL, GREATER, MASKED, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
LAST_KNOWN = 453
"""Highest number in the list (map_shadow_stack); all above are answered ENOSYS. On
x86_64 this covers the x32 calls too."""

# name: (x86_64, aarch64); -1 where the architecture has no such call
REFUSED = {
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "fork": (57, -1),
    "vfork": (58, -1),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "personality": (135, 92),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "landlock_create_ruleset": (444, 444),
    "seccomp": (317, 277),
    "mknod": (133, -1),
    "mknodat": (259, 33),
    "chown": (92, -1),
    "lchown": (94, -1),
}

METADATA = {
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, -1),
    "utimes": (235, -1),
    "futimesat": (261, -1),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
"""What Landlock does not guard; refused where no mount namespace hides others' files."""

OF_SERVER = {
    "bwrap": {
        "unshare": (0x00020000, 0x20000000),  # new mount namespace, new PID namespace
        "setns": (0x20000000,),
        "mount": (4096, 2 | 4, 1 | 2 | 4 | 8),  # see `jail.private_mounts`; never a remount
    },
    "landlock": {"landlock_create_ruleset": (), "chmod": (), "fchmodat": (), "fchmodat2": ()},
}
"""What the fork server needs of that for its children: only with these flags, if any are named."""
FLAGS = {"unshare": 0, "setns": 1, "mount": 3}
"""Which argument holds them."""
NAMESPACES = 0x7E020000
"""Flags of ``clone`` that make namespaces."""
CLONE = (56, 220)
CLONE3 = (435, 435)
CLONE_THREAD = 0x10000
ONLY_SELF = {"kill": (62, 129), "tgkill": (234, 131)}
"""First argument must be the caller's own process."""
SELF_OR_ZERO = {
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
}
"""First argument must be the caller's own process, or 0, which means the same."""
SECOND_ARGUMENT = {
    (72, 25): (8, 10, 15),  # fcntl: F_SETOWN, F_SETSIG, F_SETOWN_EX raise signals in others
    (16, 29): (0x5412, 0x8901, 0x8902, 0x541C),  # ioctl: TIOCSTI, FIOSETOWN, SIOCSPGRP, TIOCLINUX
    (141, 140): (),  # setpriority: see below
}
TKILL = (200, 130)
PRCTL, HIDE = (157, 167), 4
"""``PR_SET_DUMPABLE``: it would hide from the server how much the process has written."""
SOMEBODY = 0x7A7A7A7A


def statement(code, value, yes=0, no=0):
    return struct.pack("HBBI", code, yes, no, value & 0xFFFFFFFF)


def refuse(number, answer=EPERM):
    """Refuse one system call whatever its arguments are."""
    return [statement(EQUAL, number, 0, 1), statement(RETURN, answer)]


def only_when_argument(number, index, allowed, answer=EPERM):
    """Let ``number`` pass only when the low half of argument ``index`` is allowed."""
    body = [statement(LOAD, 16 + 8 * index)]
    for position, value in enumerate(allowed):
        body.append(statement(EQUAL, value, len(allowed) - position, 0))
    body.append(statement(RETURN, answer))
    body.append(statement(RETURN, ALLOW))
    return [statement(EQUAL, number, 0, len(body)), *body]


def unless_argument(number, index, refused, answer=EPERM):
    """Let ``number`` pass unless the low half of argument ``index`` is refused."""
    body = [statement(LOAD, 16 + 8 * index)]
    for position, value in enumerate(refused):
        body.append(statement(EQUAL, value, len(refused) - position, 0))
    body.append(statement(RETURN, ALLOW))
    body.append(statement(RETURN, answer))
    return [statement(EQUAL, number, 0, len(body)), *body]


def beginning(column, audit):
    """Return what every filter begins with: another architecture ends the process, a call that
    is not known yet is not there."""
    lines = [
        statement(LOAD, 4),
        statement(EQUAL, audit, 1, 0),
        statement(RETURN, KILL),
        statement(LOAD, 0),
        statement(GREATER, LAST_KNOWN, 0, 1),
        statement(RETURN, ENOSYS),
    ]
    lines += refuse(CLONE3[column], ENOSYS)  # libc falls back to clone, whose flags can be read
    return lines


def server_program(tier, machine=""):
    """Return the filter of the fork server itself, which runs what a library runs on import."""
    audit, column = ARCHITECTURES[machine or platform.machine()]
    lines = beginning(column, audit)
    needed = OF_SERVER[tier]
    for name, numbers in {**REFUSED, **(METADATA if tier == "landlock" else {})}.items():
        number = numbers[column]
        if number < 0 or name in ("fork", "vfork"):
            continue
        if name not in needed:
            lines += refuse(number)
        elif needed[name]:
            lines += only_when_argument(number, FLAGS[name], needed[name])
    lines += [
        statement(EQUAL, CLONE[column], 0, 4),
        statement(LOAD, 16),
        statement(MASKED, NAMESPACES, 0, 1),
        statement(RETURN, EPERM),
        statement(RETURN, ALLOW),
    ]
    for pair, refused in SECOND_ARGUMENT.items():
        if refused:
            lines += unless_argument(pair[column], 1, refused)
    lines.append(statement(RETURN, ALLOW))
    return b"".join(lines)


SCRIPTS = ("fork", "vfork", "execve", "execveat", "memfd_create", "chown", "lchown", "personality")
"""What shell scripts need of what is refused."""
LOCAL = (1,)
"""The families of sockets that are left to them: AF_UNIX, within their own namespaces."""


def script_program(machine=""):
    """Return the filter for shell scripts, which start programs but get no network, namespace
    or mount."""
    audit, column = ARCHITECTURES[machine or platform.machine()]
    lines = beginning(column, audit)
    for name, numbers in REFUSED.items():
        if numbers[column] < 0 or name in SCRIPTS:
            continue
        if name == "socket":
            lines += only_when_argument(numbers[column], 0, LOCAL)
        elif name not in ("connect", "bind", "listen"):
            lines += refuse(numbers[column])
    lines += [
        statement(EQUAL, CLONE[column], 0, 4),
        statement(LOAD, 16),
        statement(MASKED, NAMESPACES, 0, 1),
        statement(RETURN, EPERM),
        statement(RETURN, ALLOW),
    ]
    for pair, refused in SECOND_ARGUMENT.items():
        if refused:
            lines += unless_argument(pair[column], 1, refused)
    lines.append(statement(RETURN, ALLOW))
    return b"".join(lines)


def program(pid, more=None, machine=""):
    """Return the filter as bytes for a process whose id, as it sees it, is ``pid``."""
    audit, column = ARCHITECTURES[machine or platform.machine()]
    lines = beginning(column, audit)
    for numbers in [*REFUSED.values(), *(more or {}).values()]:
        if numbers[column] >= 0:
            lines += refuse(numbers[column])
    lines += refuse(TKILL[column])
    lines += [
        statement(EQUAL, CLONE[column], 0, 4),
        statement(LOAD, 16),
        statement(MASKED, CLONE_THREAD, 1, 0),
        statement(RETURN, EPERM),
        statement(RETURN, ALLOW),
    ]
    for numbers in ONLY_SELF.values():
        lines += only_when_argument(numbers[column], 0, (pid,))
    for numbers in SELF_OR_ZERO.values():
        lines += only_when_argument(numbers[column], 0, (0, pid))
    lines += unless_argument(PRCTL[column], 0, (HIDE,))
    for pair, refused in SECOND_ARGUMENT.items():
        if refused:
            lines += unless_argument(pair[column], 1, refused)
    lines.append(statement(RETURN, ALLOW))
    return b"".join(lines)


@functools.lru_cache(maxsize=None)
def prepared(landlock):
    """Return the filter for a process that is not born yet; its id is filled in later."""
    return program(SOMEBODY, METADATA if landlock else None)


def install(libc, landlock):
    """Put the filter of a child on the calling process, for good."""
    own = struct.pack("I", os.getpid())
    put(libc, prepared(landlock).replace(struct.pack("I", SOMEBODY), own))


def put(libc, data):
    """Put a filter on the calling process, for good."""
    buffer = ctypes.create_string_buffer(data, len(data))
    header = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(data) // 8, ctypes.addressof(buffer))
    )
    if libc.prctl(38, 1, 0, 0, 0):  # PR_SET_NO_NEW_PRIVS
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc.prctl(22, 2, ctypes.byref(header), 0, 0):  # PR_SET_SECCOMP, filter mode
        raise OSError(ctypes.get_errno(), "seccomp")
