"""Entry of a trial: steps with shell scripts of somebody else, in a sandbox of their own.

The owner sends the steps and is sent what became of each. A step puts files down, runs a
program, or reads files. Whatever a program leaves running ends with its step.
"""

import base64
import json
import os
import select
import signal
import subprocess
import sys
import time

import jail
import seccomp
import streams

KEPT = 16000
"""Bytes of output, from its end."""


def shut_in(limits):
    """Give up what the scripts must not have; they inherit that."""
    if limits["uid"] != os.getuid():
        jail.become(limits["uid"])
    jail.drop_capabilities()
    jail.limit(limits)
    seccomp.put(jail.libc, seccomp.script_program())
    # its descriptors are not for the scripts, which run as the same user
    jail.libc.prctl(jail.PR_SET_DUMPABLE, 0, 0, 0, 0)


def put(files):
    """Write files: path → content and mode."""
    for path, (content, mode) in files.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as opened:
            opened.write(base64.b64decode(content))
        os.chmod(path, mode)
    return {}


def end_others():
    """Kill every process but the first of this PID namespace, bubblewrap's, and this one."""
    for _ in range(50):
        others = [name for name in os.listdir("/proc") if name.isdigit()]
        alive = [int(name) for name in others if int(name) not in (1, os.getpid())]
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
            except OSError:
                continue
        if not alive:
            return
        time.sleep(0.01)


def run(words, folder, seconds, variables):
    """Run a program; return its exit code and the end of what it said, None where it was late."""
    os.makedirs(folder, exist_ok=True)
    process = subprocess.Popen(
        words,
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    deadline = time.monotonic() + seconds
    said, descriptor, late = b"", process.stdout.fileno(), False
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            late = True
            break
        if process.poll() is not None and not select.select([descriptor], [], [], 0)[0]:
            break  # what it left running may hold the pipe
        if select.select([descriptor], [], [], min(left, 0.2))[0]:
            part = os.read(descriptor, 65536)
            if not part:
                break
            said = (said + part)[-KEPT:]
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        late = True
    code = None if late else process.returncode
    if process.returncode is None:
        process.kill()
        process.wait()
    process.stdout.close()
    end_others()
    return {"code": code, "output": said.decode("utf-8", "replace")}


def read(paths, most):
    """Return path → content of the plain files among ``paths`` and below the folders there."""
    found = {}
    for path in paths:
        names = [path]
        if os.path.isdir(path) and not os.path.islink(path):
            names = [os.path.join(at, name) for at, _, here in os.walk(path) for name in here]
        for name in names:
            if os.path.islink(name) or not os.path.isfile(name):
                continue
            with open(name, "rb") as opened:
                content = opened.read(most + 1)
            most -= len(content)
            if most < 0:
                raise OSError("the files are too large")
            found[name] = [base64.b64encode(content).decode(), os.stat(name).st_mode & 0o777]
    return {"files": found}


def main():
    """Take the steps, do them, tell what became of them."""
    settings = json.loads(sys.argv[1])
    steps = json.loads(streams.receive(0).decode("utf-8"))
    owner = os.dup(1)
    os.dup2(2, 1)
    shut_in(settings["limits"])
    told = []
    for step in steps:
        try:
            if "files" in step:
                told.append(put(step["files"]))
            elif "run" in step:
                told.append(run(step["run"], step["in"], step["seconds"], step["variables"]))
            else:
                told.append(read(step["read"], settings["limits"]["report"]))
        except OSError as error:
            told.append({"failed": str(error)})
            break
    streams.send(owner, json.dumps(told).encode("utf-8"))


main()
