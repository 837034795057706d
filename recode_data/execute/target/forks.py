"""The fork server: imports the library once, then forks a shut-in child for every run.

It speaks length-prefixed messages with its owner on the two pipes that it was started
with, and reads each child through pipes of the child's own.
"""

import ctypes
import functools
import gc
import json
import os
import select
import signal
import sys
import time

import adapting
import jail
import pages
import program
import scratch
import streams
import warm


class Late(Exception):
    """The alarm rang while a child was waited for."""


def ring(number, frame):
    raise Late


def end(how, pid):
    try:
        how(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


class Deadline:
    """When a child's time is up: its wall time without what it waited for a core.

    Whether a program is in time must not depend on what else the machine does. What its
    first thread waited is given back, up to ``most`` seconds.
    """

    def __init__(self, seconds, most):
        self.first = self.at = time.time() + seconds
        self.most = most

    def passed(self, pid, now):
        """Return whether it has passed; where it seems so, the kernel is asked first."""
        if now < self.at:
            return False
        self.at = self.first + min(waited(pid), self.most)
        return now >= self.at


def waited(pid):
    """Return the seconds for which a process was ready to run and got no core."""
    try:
        with open("/proc/{}/schedstat".format(pid)) as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


class Server:
    def __init__(self, incoming, outgoing, settings):
        self.incoming = incoming
        self.outgoing = outgoing
        self.tier = settings["tier"]
        self.limits = settings["limits"]
        self.environment = settings["environment"]
        self.birth = jail.Birth() if self.tier == "bwrap" else None
        self.count = 0
        rooms = [streams.Capture.room(self.limits[name]) for name in ("output", "report")]
        self.pages = [streams.Pages(room) for room in rooms]

    def serve(self):
        """Run job after job until the owner closes the pipe; a child returns its state."""
        while True:
            try:
                job = json.loads(streams.receive(self.incoming).decode("utf-8", "surrogatepass"))
            except EOFError:
                os._exit(0)
            if "prepare" in job:
                prepare(job["prepare"])
                streams.send(self.outgoing, b"{}")
                continue
            state = self.run(job)
            if state is not None:
                return state

    def run(self, job):
        word = os.urandom(16)
        printing, reporting = self.pages
        output = streams.Capture(printing, job["output"], last=job["probe"])
        result = streams.Capture(reporting, self.limits["report"])
        folder = self.folder()
        if self.birth:
            self.birth.begin()
        started = time.time()
        pid = os.fork()
        if pid == 0:
            return self.child(job, word, output, result, folder)
        if self.birth:
            self.birth.end()
        os.close(output.writing)
        os.close(result.writing)
        deadline = Deadline(job["timeout"], job["wait"])
        disk = scratch.Watch(pid, folder, self.limits["tmp"]) if folder else None
        late, full = self.watch(pid, output, result, deadline, disk)
        late, status, usage = self.reap(pid, late, deadline)
        self.clear(folder)
        report = result.data()
        ended, unready = report[:16] == word, report[:16] == word[::-1]
        places = self.places(folder) if folder else []
        header = {
            "late": late and not full,
            "full": full,
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "seconds": time.time() - started,
            "memory": usage.ru_maxrss * 1024,
            "cpu": usage.ru_utime + usage.ru_stime,
            "faults": usage.ru_minflt,
            "ended": ended,
            "unready": bytes(report[16:516]).decode("utf-8", "replace") if unready else "",
            "cut": result.size > result.most,
            "places": places,
        }
        report, printed = report[16:] if ended else report, output.data()
        streams.send(self.outgoing, json.dumps(header).encode(), report, printed)
        for kept in self.pages:
            kept.empty()
        return None

    def places(self, folder):
        """Return the paths that the owner has to replace in what the run reports, with what stands
        there in a tier with a /tmp of its own."""
        places = [(folder, "/tmp"), (os.path.realpath(folder), "/tmp")]
        if self.environment != sys.base_prefix:
            places.append((self.environment, "/environment"))
            places.append((os.path.realpath(self.environment), "/environment"))
        return places

    def folder(self):
        """Make the next child's own folder where it gets no /tmp of its own."""
        if self.tier == "bwrap":
            return None
        self.count += 1
        path = os.path.join(self.limits["folder"], "run-{}".format(self.count))
        os.mkdir(path, 0o700)
        return path

    def clear(self, folder):
        if folder is not None:
            scratch.remove(folder)

    def watch(self, pid, output, result, deadline, disk):
        """Read both pipes to their end, and look now and then at what is written to disk.

        Return whether the deadline came first, or the owner went away, or the disk was
        filled; and whether it was the last.
        """
        watched = {output.reading: output, result.reading: result}
        poll = select.poll()
        poll.register(self.incoming, 0)
        for fd in watched:
            poll.register(fd, select.POLLIN)
        late = full = False
        look = time.time() + scratch.LOOK
        while watched and not late:
            now = time.time()
            until = min(deadline.at, look) if disk else deadline.at
            if disk and now >= look:
                full = disk.over()
                look = time.time() + scratch.LOOK
            late = full or deadline.passed(pid, now)
            for fd, _ in poll.poll(max(0.0, until - now) * 1000):
                if fd == self.incoming:
                    late = True
                elif not watched[fd].take():
                    poll.unregister(fd)
                    del watched[fd]
        os.close(output.reading)
        os.close(result.reading)
        if disk:
            disk.close()
        return late, full

    def reap(self, pid, late, deadline):
        """Wait for a child that has closed its pipes, or end it when its time is up."""
        try:
            if not late:
                signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline.at - time.time()))
                status, usage = os.wait4(pid, 0)[1:]
        except Late:
            late = True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if self.tier == "rlimits":  # nothing else holds what it may have started
            end(os.killpg, pid)
        if late:
            end(os.kill, pid)
            status, usage = os.wait4(pid, 0)[1:]
        return late, status, usage

    def child(self, job, word, output, result, folder):
        """Become the user's program: return what is left to be done, last things first."""
        try:
            code = None
            if job["code"]:  # here, where no other child can find it
                code = json.loads(streams.receive(self.incoming).decode())
            os.setsid()
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            streams.connect(output.writing, result.writing)
            jail.enter(self.tier, self.limits, folder)
            if code is None:
                os._exit(0)
            kind = program.Probe if job["probe"] else program.Program
            main = kind(code, job["trace"], folder)
            telling = functools.partial(os.write, streams.CHANNEL, word)
            attest = iter(telling, 0)
            hide(attest, telling, telling.args)
            return [main.end, vars(main.module), main.compiled(), attest]
        except BaseException as error:
            # Said with the word, turned round: a program that lied so could not be judged.
            told = repr(error).encode("utf-8", "replace")
            os.write(streams.CHANNEL, word[::-1] + told[:500])
            os._exit(71)


def hide(*things):
    """Take the word's holders out of the garbage collector's sight, and keep them alive."""
    for thing in things:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
        ctypes.pythonapi.PyObject_GC_UnTrack(ctypes.py_object(thing))


def serve():
    """Start up, say hello, and serve; see `server`."""
    settings = json.loads(sys.argv[1])
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1):
        os.dup2(null, fd)
    streams.renew()
    use(settings["environment"])
    signal.signal(signal.SIGALRM, ring)
    jail.shut_server(settings["tier"], settings["limits"])
    settle_in(settings["tier"], settings["limits"]["folder"])
    forget()
    broken = adapting.load(json.loads(streams.receive(incoming).decode("utf-8")))

    def give(path, data):
        streams.send(outgoing, json.dumps({"bytecode": path}).encode(), data)

    with warm.handed_over(settings["environment"], give), pages.together():
        if not settings["bare"]:
            begin()
        failed = load(settings["preload"])
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None  # each child has a place of its own
    streams.settle()
    freeze()
    hello = {"python": sys.version.split()[0], "pid": os.getpid(), "failed": failed}
    hello["broken"] = broken
    streams.send(outgoing, json.dumps(hello).encode())
    return Server(incoming, outgoing, settings).serve()


def freeze():
    """Keep the garbage collector of a child away from what the server has made."""
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()


def prepare(samples):
    """Make many more forks faster: it costs as much as it saves over about a hundred."""
    with pages.together():
        if samples:
            warm.up()
    streams.settle()
    gc.collect()
    pages.make_immortal()
    freeze()
    pages.enlarge()
    pages.fill()


def load(names):
    """Import modules; return which cannot be, and why, each as a dict.

    ``missing`` names the module that was not found, where that was the reason.
    """
    failed = []
    for name in names:
        try:
            __import__(name)
        except (Exception, SystemExit) as error:
            missing = error.name if isinstance(error, ModuleNotFoundError) else None
            told = {"module": name, "missing": missing, "exception": type(error).__name__}
            told["message"] = str(error)[:500]
            failed.append(told)
    return failed


def use(environment):
    """Put the environment in the interpreter's place; nothing of its packages runs yet."""
    import site

    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != own]
    sys.prefix = sys.exec_prefix = environment
    site.PREFIXES[:] = [environment]
    site.ENABLE_USER_SITE = False


def settle_in(tier, folder):
    """Give the server a place to write to where it has no /tmp of its own."""
    if tier != "bwrap":
        place = os.path.join(folder, "server")
        os.mkdir(place, 0o700)
        os.environ.update(HOME=place, TMPDIR=place, MPLCONFIGDIR=place)


def begin():
    """Do what the interpreter's start would have done in the environment's place."""
    import site

    site.main()


def forget():
    """Take the harness out of `sys.modules`: a library may have modules of these names."""
    folder = os.path.dirname(os.path.abspath(__file__))
    for name, module in list(sys.modules.items()):
        place = os.path.dirname(getattr(module, "__file__", None) or "")
        if place == folder and name != "__main__":
            del sys.modules[name]
