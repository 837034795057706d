"""The fork server: imports the library once, then forks a shut-in child for every run.

It speaks length-prefixed messages with the owner on the two pipes that it was started
with. A child hands its report back through a pipe of its own, opened with a word that
the server drew for this run alone.
"""

import gc
import json
import os
import select
import signal
import struct
import sys
import time

import jail

MOST_REPORT = 8 << 20


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


def send(fd, data):
    data = struct.pack("!I", len(data)) + data
    while data:
        data = data[os.write(fd, data) :]


class Capture:
    """Keeps the first bytes of a pipe and throws the rest away."""

    def __init__(self, most):
        self.reading, self.writing = os.pipe()
        self.most = most
        self.parts = []
        self.size = 0

    def take(self):
        """Read once; return False at the end."""
        part = os.read(self.reading, 1 << 16)
        if self.size < self.most:
            self.parts.append(part[: self.most - self.size])
        self.size += len(part)
        return bool(part)

    def data(self):
        return b"".join(self.parts)


class Server:
    def __init__(self, incoming, outgoing, settings):
        self.incoming = incoming
        self.outgoing = outgoing
        self.settings = settings
        self.tier = settings["tier"]
        self.birth = jail.Birth() if self.tier == "bwrap" else None

    def serve(self):
        """Run job after job until the owner closes the pipe."""
        while True:
            try:
                job = json.loads(receive(self.incoming).decode("utf-8", "surrogatepass"))
            except EOFError:
                return
            self.run(job)

    def run(self, job):
        word = os.urandom(16)
        output, result = Capture(job["output"]), Capture(MOST_REPORT)
        if self.birth:
            self.birth.begin()
        started = time.time()
        pid = os.fork()
        if pid == 0:
            self.child(job, word, output, result)
        if self.birth:
            self.birth.end()
        os.close(output.writing)
        os.close(result.writing)
        late = self.watch(pid, output, result, started + job["timeout"])
        status, usage = os.wait4(pid, 0)[1:]
        report = result.data()
        header = {
            "late": late,
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "seconds": time.time() - started,
            "memory": usage.ru_maxrss * 1024,
            "reported": report[:16] == word,
        }
        send(self.outgoing, json.dumps(header).encode())
        send(self.outgoing, report[16:] if header["reported"] else b"")
        send(self.outgoing, output.data())

    def watch(self, pid, output, result, deadline):
        """Read both pipes to their end; True when the deadline came first."""
        watched = {output.reading: output, result.reading: result}
        poll = select.poll()
        for fd in watched:
            poll.register(fd, select.POLLIN)
        late = False
        while watched:
            left = deadline - time.time()
            if left <= 0:
                late = True
                break
            for fd, _ in poll.poll(left * 1000):
                if not watched[fd].take():
                    poll.unregister(fd)
                    del watched[fd]
        os.kill(pid, signal.SIGKILL)  # a zombie that has ended takes no harm
        os.close(output.reading)
        os.close(result.reading)
        return late

    def child(self, job, word, output, result):
        """Become the user's program; never returns."""
        code = 70
        try:
            os.setsid()
            null = os.open("/dev/null", os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(output.writing, 1)
            os.dup2(null, 2)
            channel = 3
            os.dup2(result.writing, channel)
            os.closerange(channel + 1, 1024)
            sys.stdin = open(0)
            sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
            sys.stderr = open(2, "w", closefd=False)
            jail.enter(self.tier, self.settings["limits"])
            import program

            report = program.run(job["code"], job["trace"])
            data = word + json.dumps(report).encode("utf-8", "surrogatepass")
            while data:
                data = data[os.write(channel, data) :]
            code = 0
        finally:
            os._exit(code)


def main():
    settings = json.loads(sys.argv[1])
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1):
        os.dup2(null, fd)
    for name in settings["preload"]:
        try:
            __import__(name)
        except Exception as error:
            send(outgoing, json.dumps({"error": "{}: {}".format(name, error)}).encode())
            return
    import program  # noqa: F401  (loaded before the fork)

    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()
    send(outgoing, json.dumps({"python": sys.version.split()[0], "pid": os.getpid()}).encode())
    Server(incoming, outgoing, settings).serve()


if __name__ == "__main__":
    main()
