"""Programs that try to get out of the sandbox. Each prints WON when it has done harm, or
does harm that the test can see from outside."""

from __future__ import annotations

from dataclasses import dataclass

BOTH = ("bwrap", "landlock")
ALL = ("bwrap", "landlock", "rlimits")

PRELUDE = """
import ctypes, gc, glob, json, os, signal, socket, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def won(what=""):
    os.write(1, b"WON " + str(what).encode() + b"\\n")
def tried(action, *arguments, **more):
    try:
        return action(*arguments, **more)
    except (OSError, MemoryError, ValueError, RuntimeError):
        return None
"""


@dataclass(frozen=True)
class Attack:
    name: str
    code: str
    tiers: tuple[str, ...] = BOTH
    """The tiers that claim to stop it."""
    timeout: float = 10.0


ATTACKS = [
    # secrets
    Attack("secret-file", "if tried(lambda: open(SECRET).read()): won()"),
    Attack(
        "secret-environment",
        "found = [v for v in os.environ.values() if 'SESAME' in v]\nif found: won(found)",
        ALL,
    ),
    Attack(
        "environment-of-others",
        "for path in glob.glob('/proc/[0-9]*/environ'):\n"
        "    if b'SESAME' in (tried(lambda: open(path, 'rb').read()) or b''): won(path)",
    ),
    Attack(
        "memory-of-others",
        "pids = {os.getppid(), OWNER, SERVER, 1, 2} - {os.getpid(), 0}\n"
        "for pid in pids:\n"
        "    def peek():\n"
        "        for line in open('/proc/%d/maps' % pid):\n"
        "            start = int(line.split('-')[0], 16)\n"
        "            with open('/proc/%d/mem' % pid, 'rb') as memory:\n"
        "                memory.seek(start)\n"
        "                return memory.read(16)\n"
        "    if tried(peek): won(pid)\n"
        "    buffer = ctypes.create_string_buffer(16)\n"
        "    class Vector(ctypes.Structure):\n"
        "        _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]\n"
        "    mine, theirs = Vector(ctypes.addressof(buffer), 16), Vector(id(buffer), 16)\n"
        "    if libc.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) > 0:\n"
        "        won('process_vm_readv')",
    ),
    Attack(
        "trace-others",
        "for pid in {os.getppid(), OWNER, SERVER} - {0}:\n"
        "    if libc.ptrace(16, pid, 0, 0) == 0: won(pid)",
    ),
    Attack(
        "files-of-others",
        "for pid in {os.getppid(), OWNER, SERVER} - {0, os.getpid()}:\n"
        "    for kind in ('root', 'cwd', 'fd/0', 'exe'):\n"
        "        if tried(os.listdir, '/proc/%d/%s' % (pid, kind)): won((pid, kind))\n"
        "        if tried(open, '/proc/%d/%s' % (pid, kind), 'rb'): won((pid, kind))",
    ),
    # files
    Attack("write-outside", "if tried(open, OUTSIDE + '/written', 'w'): won()"),
    Attack("make-folder-outside", "os.mkdir(OUTSIDE + '/made')\nwon()"),
    Attack("remove-outside", "os.unlink(SECRET)\nwon()"),
    Attack("rename-outside", "os.rename(SECRET, OUTSIDE + '/renamed')\nwon()"),
    Attack("truncate-outside", "os.truncate(SECRET, 0)\nwon()"),
    Attack("mode-outside", "os.chmod(SECRET, 0o777)\nwon()"),
    Attack("times-outside", "os.utime(SECRET, (1, 1))\nwon()"),
    Attack("attribute-outside", "os.setxattr(SECRET, 'user.attack', b'1')\nwon()"),
    Attack(
        "write-in-environment",
        "import json.decoder as d, encodings\n"
        "for place in (os.path.dirname(d.__file__), sys.prefix, sys.base_prefix, '/usr/lib', '/harness'):\n"
        "    if tried(open, place + '/attack.pth', 'w'): won(place)\n"
        "    if tried(os.chmod, place, 0o777) is None and os.stat(place).st_mode & 0o022: won(place)\n"
        "for file in (d.__file__, sys.executable):\n"
        "    if tried(open, file, 'r+'): won(file)",
    ),
    Attack(
        "symbolic-link-out",
        "os.symlink(SECRET, 'link')\nif tried(lambda: open('link').read()): won()\n"
        "os.symlink('/', 'root')\nif tried(lambda: open('root' + SECRET).read()): won()\n"
        "os.symlink(OUTSIDE, 'out')\nif tried(open, 'out/x', 'w'): won()",
    ),
    Attack("hard-link-out", "os.link(SECRET, 'link')\nif open('link').read(): won()"),
    Attack(
        "proc-root",
        "for start in ('/proc/self/root', '/proc/1/root', '/proc/self/cwd/../..', '/proc/thread-self/root'):\n"
        "    if tried(lambda: open(start + SECRET).read()): won(start)",
    ),
    Attack(
        "kernel-settings",
        "for path in ('/proc/sys/kernel/core_pattern', '/proc/sys/vm/overcommit_memory',\n"
        "             '/proc/sysrq-trigger', '/proc/sys/kernel/hostname', '/sys/power/state',\n"
        "             '/proc/self/oom_score_adj', '/proc/1/oom_score_adj'):\n"
        "    if tried(open, path, 'w'): won(path)",
    ),
    Attack(
        "devices",
        "for path in ('/dev/mem', '/dev/kmsg', '/dev/sda', '/dev/vda', '/dev/tty', '/dev/ptmx', '/dev/fuse'):\n"
        "    if path != '/dev/ptmx' and tried(open, path, 'rb', 0): won(path)\n"
        "if tried(os.mknod, 'disk', 0o60600, os.makedev(8, 0)) is not None: won()",
    ),
    # network
    Attack(
        "tcp",
        "connection = socket.create_connection(('127.0.0.1', TCP), 2)\nconnection.send(b'x')\nwon()",
    ),
    Attack("udp", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', UDP))\nwon()"),
    Attack("unix-socket", "c = socket.socket(socket.AF_UNIX)\nc.connect(UNIX)\nwon()"),
    Attack("abstract-socket", "c = socket.socket(socket.AF_UNIX)\nc.connect('\\0' + ABSTRACT)\nwon()"),
    Attack("netlink", "socket.socket(16, socket.SOCK_RAW, 0)\nwon()"),
    Attack("packet-socket", "socket.socket(17, socket.SOCK_RAW)\nwon()"),
    Attack(
        "listen",
        "s = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\nwon()",
    ),
    # signals and other processes
    Attack("signal-all", "for s in (0, signal.SIGTERM, signal.SIGKILL):\n    tried(os.kill, -1, s)"),
    Attack(
        "signal-owner",
        "for pid in {OWNER, SERVER} - {os.getpid(), os.getppid()}:\n"
        "    if tried(lambda: os.kill(pid, 0) or True): won(pid)",
    ),
    Attack(
        "signal-parent",
        "if os.getppid():\n    os.kill(os.getppid(), signal.SIGKILL)\n    won()",
    ),
    Attack("signal-group", "tried(os.killpg, os.getpgid(0), 0)\ntried(os.killpg, OWNER, signal.SIGTERM)"),
    Attack(
        "signal-by-file-owner",
        "import fcntl\nr, w = os.pipe()\n"
        "for pid in {os.getppid(), OWNER, SERVER} - {0, os.getpid()}:\n"
        "    if tried(lambda: fcntl.fcntl(r, fcntl.F_SETOWN, pid) or True): won(pid)",
    ),
    Attack(
        "limits-of-others",
        "import resource\n"
        "for pid in {os.getppid(), OWNER, SERVER} - {0, os.getpid()}:\n"
        "    if tried(resource.prlimit, pid, resource.RLIMIT_NOFILE): won(pid)",
    ),
    Attack(
        "slow-others",
        "for pid in {os.getppid(), OWNER, SERVER} - {0, os.getpid()}:\n"
        "    if tried(lambda: os.sched_setaffinity(pid, {0}) or True): won(pid)",
    ),
    Attack(
        "daemon",
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        for fd in range(0, 100): tried(os.close, fd)\n"
        "        for _ in range(100):\n"
        "            time.sleep(0.05)\n"
        "            tried(lambda: open(MARK, 'a').write('alive'))\n"
        "    os._exit(0)\n",
    ),
    Attack("exec", "os.execv('/bin/sh', ['sh', '-c', 'echo WON'])"),
    Attack("spawn", "os.posix_spawn('/bin/sh', ['sh', '-c', 'echo WON'], {})\ntime.sleep(1)"),
    # more rights
    Attack("become-root", "os.setuid(0)\nif tried(lambda: open(SECRET).read()): won()"),
    Attack(
        "new-namespaces",
        "if libc.unshare(0x10000000) == 0: won('user')\n"
        "if libc.unshare(0x00020000) == 0: won('mount')\n"
        "if libc.syscall(435, ctypes.create_string_buffer(88), 88) >= 0: won('clone3')",
    ),
    Attack(
        "mount",
        "if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0: won()\n"
        "if libc.umount2(b'/proc', 2) == 0: won('umount')\n"
        "if libc.mount(b'/', b'/tmp', None, 4096, None) == 0: won('bind')\n"
        "if libc.chroot(b'.') == 0: won('chroot')",
    ),
    Attack(
        "odd-calls",
        "calls = {'io_uring_setup': 425, 'bpf': 321, 'perf_event_open': 298, 'userfaultfd': 323,\n"
        "         'add_key': 248, 'shmget': 29, 'memfd_create': 319, 'pidfd_open': 434,\n"
        "         'open_by_handle_at': 304, 'kexec_load': 246, 'x32 getpid': 0x40000027, 'new': 470}\n"
        "if os.uname().machine == 'x86_64':\n"
        "    for name, number in calls.items():\n"
        "        if libc.syscall(number, OWNER, 0, 0, 0, 0) >= 0: won(name)",
    ),
    Attack(
        "calls-of-32-bits",
        "import mmap\n"
        "if os.uname().machine != 'x86_64': sys.exit()\n"
        "code = mmap.mmap(-1, 4096, prot=7)\n"
        "code.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))\n"
        "address = ctypes.addressof(ctypes.c_char.from_buffer(code))\n"
        "if ctypes.CFUNCTYPE(ctypes.c_int)(address)() > 0: won()",
    ),
    Attack(
        "lift-limits",
        "import resource\n"
        "most = resource.RLIM_INFINITY\n"
        "for name in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU):\n"
        "    if tried(lambda: resource.setrlimit(name, (most, most)) or True): won(name)",
    ),
    # resources
    Attack(
        "fork-bomb",
        "made = 0\n"
        "for _ in range(400):\n"
        "    pid = tried(os.fork)\n"
        "    if pid == 0: time.sleep(5); os._exit(0)\n"
        "    made += bool(pid)\n"
        "if made > 300: won(made)",
    ),
    Attack(
        "thread-bomb",
        "made = 0\n"
        "threading.stack_size(65536)\n"
        "for _ in range(3000):\n"
        "    t = threading.Thread(target=time.sleep, args=(20,), daemon=True)\n"
        "    try: t.start()\n"
        "    except RuntimeError: break\n"
        "    made += 1\n"
        "if made > THREADS: won(made)",
    ),
    Attack("memory-bomb", "parts = []\nwhile True: parts.append(bytearray(64 << 20))", ALL),
    Attack(
        "memory-bomb-in-processes",
        "made = 0\n"
        "for _ in range(4):\n"
        "    pid = tried(os.fork)\n"
        "    made += bool(pid)\n"
        "    if pid == 0:\n"
        "        part = bytearray(300 << 20)\n"
        "        for i in range(0, len(part), 4096): part[i] = 1\n"
        "        won('a process of 300 MiB')\n"
        "        os._exit(0)\n"
        "for _ in range(made): os.wait()",
    ),
    Attack(
        "large-file",
        "with open('large', 'wb') as file:\n"
        "    for _ in range(10000): file.write(bytes(1 << 20)); file.flush()\n"
        "won()",
        ALL,
    ),
    Attack(
        "many-large-files",
        "written = 0\n"
        "for n in range(60):\n"
        "    with open('large%d' % n, 'wb') as file:\n"
        "        for _ in range(200): written += file.write(bytes(1 << 20))\n"
        "if written > 2 << 30: won(written)",
        ("bwrap",),
        20.0,
    ),
    Attack(
        "many-files",
        "data = bytes(4 << 20)\n"
        "for n in range(1000):\n"
        "    with open('part%d' % n, 'wb') as file: file.write(data)\n"
        "won()",
        ALL,
        60.0,
    ),
    Attack(
        "many-files-without-names",
        "data, kept = bytes(32 << 20), []\n"
        "for n in range(125):\n"
        "    kept.append(open('part', 'wb', 0)); kept[-1].write(data); os.unlink('part')\n"
        "won()",
        ALL,
        60.0,
    ),
    Attack(
        "many-empty-files",
        "for n in range(60000):\n"
        "    open('empty%d' % n, 'w').close()\n"
        "    if n % 1000 == 0: time.sleep(0.01)\n"
        "won()",
        ALL,
        60.0,
    ),
    Attack(
        "folders-in-folders",
        "for n in range(5000):\n"
        "    os.mkdir('d'); open('f', 'w').close(); os.chdir('d')\n"
        "os.chmod('.', 0)",
        ALL,
        60.0,
    ),
    Attack("endless-output", "while True: os.write(1, b'x' * 65536)", ALL, 1.0),
    Attack("endless-sleep", "time.sleep(10**6)", ALL, 0.5),
    Attack(
        "endless-without-pipes",
        "for fd in range(64): tried(os.close, fd)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "while True: pass",
        ALL,
        0.5,
    ),
    Attack("billion-digits", "print(10 ** (10 ** 9))", ALL, 1.0),
    Attack("deep-recursion", "sys.setrecursionlimit(10**9)\ndef f(): return f()\nf()", ALL),
    Attack("segmentation-fault", "ctypes.string_at(0)", ALL),
    Attack("abort", "os.abort()", ALL),
    Attack("signal-self", "os.kill(os.getpid(), signal.SIGKILL)", ALL),
    Attack("open-files", "files = [open('/dev/null') for _ in range(5000)]\nwon()", ALL),
    # the next program
    Attack(
        "leave-files",
        "for place in ('.', '/tmp', '/dev/shm', '/var/tmp', '/run'):\n"
        "    tried(lambda: open(place + '/LEFT', 'w').write('x'))",
    ),
    Attack("leave-modules", "sys.modules['LEFT'] = os\nimport json\njson.LEFT = 1\nimport builtins\nbuiltins.LEFT = 1", ALL),
    Attack("leave-environment", "os.environ['LEFT'] = '1'", ALL),
    Attack(
        "leave-in-files-of-server",
        "for fd in range(3, 1024): tried(os.write, fd, b'\\0\\0\\0\\2{}' * 3)\n"
        "for fd in range(3, 1024): tried(os.read, fd, 1)",
        ALL,
    ),
    Attack("leave-handlers", "signal.signal(signal.SIGALRM, lambda *a: won())\nsignal.setitimer(0, 0.2, 0.01)", ALL),
    # lies
    Attack(
        "fake-report",
        "fake = json.dumps({'values': {'fake': {'type': 'int', 'value': 1}}}).encode()\n"
        "for fd in range(3, 64): tried(os.write, fd, bytes(16) + fake)\n"
        "os._exit(0)",
        ALL,
    ),
    Attack("fake-exit", "os._exit(0)", ALL),
    Attack(
        "fake-failure-of-the-harness",
        "os.write(3, json.dumps({'harness': 'no space left'}).encode())\nos._exit(71)",
        ALL,
    ),
    Attack(
        "fake-failure-with-a-clean-exit",
        "os.write(3, json.dumps({'harness': 'no space left', 'unready': 'x'}).encode())\nos._exit(0)",
        ALL,
    ),
    Attack(
        "fake-failure-of-an-adapter",
        "os.write(3, json.dumps({'adapter': 'numpy: NameError'}).encode())\nos._exit(0)",
        ALL,
    ),
    Attack("exit-in-handler", "import atexit\natexit.register(os._exit, 0)\nraise ValueError", ALL),
    Attack(
        "frames-and-collector",
        "import functools\n"
        "frame, seen = sys._getframe(), []\n"
        "while frame is not None:\n"
        "    seen += [*frame.f_locals.values(), *frame.f_globals.values()]\n"
        "    frame = frame.f_back\n"
        "queue, known = seen + gc.get_objects(), set()\n"
        "while queue:\n"
        "    thing = queue.pop()\n"
        "    if id(thing) in known or thing is queue or thing is known: continue\n"
        "    known.add(id(thing))\n"
        "    if type(thing) is functools.partial and thing.func is os.write: thing(); won(thing)\n"
        "    if type(thing).__name__ == 'callable_iterator': tried(next, thing)\n"
        "    if len(known) < 10**6: queue += gc.get_referents(thing)\n"
        "os._exit(0)",
        ALL,
    ),
    Attack(
        "patched-harness",
        "json.dumps = lambda *a, **k: '{\"values\": {}, \"exception\": \"\"}'\n"
        "json.JSONEncoder.encode = lambda *a: '{}'\n"
        "import builtins\n"
        "builtins.next = builtins.isinstance = builtins.type = lambda *a: True\n"
        "raise ValueError",
        ALL,
    ),
    Attack(
        "profiled-harness",
        "def spy(frame, event, argument):\n"
        "    for name, value in list(frame.f_locals.items()):\n"
        "        if isinstance(value, bytes) and len(value) == 16:\n"
        "            os.write(3, value); os._exit(0)\n"
        "sys.setprofile(spy)\nsys.settrace(spy)\nraise ValueError",
        ALL,
    ),
    Attack("deep-report", "os.write(3, b'[' * 100000)\nos._exit(0)", ALL),
    Attack("large-report", "x = b'y' * (1 << 20)\nfor _ in range(64): os.write(3, x)\nos._exit(0)", ALL),
    Attack(
        "hostile-values",
        "class Loud(int):\n"
        "    def __repr__(self): os._exit(0)\n"
        "    __str__ = __index__ = __hash__ = __repr__\n"
        "class Endless(dict):\n"
        "    def __iter__(self):\n"
        "        while True: yield 1\n"
        "class Sour:\n"
        "    __class__ = property(lambda self: 1 / 0)\n"
        "    def __getattr__(self, name): raise KeyError(name)\n"
        "a, b, c, d = Loud(1), Endless(), Sour(), [Sour()]\n"
        "e = []\ne.append(e)\nf = list(range(10**6))\ng = {i: 'x' * 1000 for i in range(10**5)}",
        ALL,
        5.0,
    ),
]  # fmt: skip
