"""The folders of the tiers that have no /tmp of their own: what fills them, and their end."""

import ast
import os

MOST_FILES = 20000
DEEPEST = 100
LOOK = 0.25
"""Seconds between two looks at what a run has written."""


def moved(tree, folder):
    """Make a program's paths under /tmp those under ``folder``, in place; return the tree.

    A program that writes to ``/tmp/numbers.txt`` does the same in every tier.
    """
    for node in ast.walk(tree):
        name = "value" if type(node).__name__ == "Constant" else "s"
        path = getattr(node, name, None)
        if isinstance(path, str) and (path == "/tmp" or path.startswith("/tmp/")):
            setattr(node, name, folder + path[len("/tmp") :])
        elif isinstance(path, bytes) and (path == b"/tmp" or path.startswith(b"/tmp/")):
            setattr(node, name, os.fsencode(folder) + path[len(b"/tmp") :])
    return tree


def files(folder):
    """Return how many files lie in ``folder``; not those in hidden folders, which a library
    keeps for itself, such as a cache of fonts."""
    count = 0
    for _, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if not name.startswith((".", "__"))]
        count += len(names)
        if count > MOST_FILES:
            break
    return count


def remove(folder):
    """Remove a folder whatever a program has made in it; no process may be using it.

    It may be nested deeper than the interpreter's stack and than the longest path, and
    closed to its owner. So one folder is open at a time, and nothing calls itself.
    """
    place = None
    try:
        place = enter(folder, None)
        names, left = [], [os.listdir(place)]
        while left:
            inner = folder_in(place, left[-1])
            if inner is not None:
                above, place = place, enter(inner, place)
                os.close(above)
                names.append(inner)
                left.append(os.listdir(place))
                continue
            left.pop()
            if names:
                below, place = place, os.open("..", os.O_RDONLY, dir_fd=place)
                os.close(below)
                os.rmdir(names.pop(), dir_fd=place)
        os.rmdir(folder)
    except OSError:
        pass  # it stays; nothing that runs later meets it
    finally:
        if place is not None:
            os.close(place)


def enter(name, place):
    """Open a folder that lies in the open folder ``place``, also one that is closed to us."""
    os.chmod(name, 0o700, dir_fd=place)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)


def folder_in(place, names):
    """Remove files of an open folder until one of ``names`` is a folder, which is returned."""
    while names:
        name = names.pop()
        try:
            os.unlink(name, dir_fd=place)
        except IsADirectoryError:
            return name
    return None


class Watch:
    """Tells when a run has written more than it may: bytes to the disk, by the kernel's
    account of its process and by what lies in its folder, and how many files and folders.

    Between two looks more can be written; the limit is no sharp one.
    """

    def __init__(self, pid, folder, most):
        self.pid = pid
        self.folder = folder
        self.most = most
        self.account = None

    def over(self):
        """Return whether the run is to be ended; also if it hides what it has done."""
        return self.written() > self.most or self.crowded()

    def written(self):
        try:
            if self.account is None:
                # Only now: until a child has shut itself in, an ordinary user may not look.
                path = "/proc/{}/io".format(self.pid)
                self.account = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return 0
        try:
            told = os.pread(self.account, 1000, 0)
        except ProcessLookupError:
            return 0
        except OSError:
            return self.most + 1
        lines = dict(line.split(b": ") for line in told.splitlines())
        return int(lines[b"write_bytes"])

    def crowded(self):
        waiting, count, size = [(self.folder, 0)], 0, 0
        while waiting:
            place, depth = waiting.pop()
            if depth > DEEPEST:
                return True
            try:
                for entry in os.scandir(place):
                    count += 1
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, depth + 1))
                    if count > MOST_FILES or size > self.most:
                        return True
            except FileNotFoundError:
                continue
            except OSError:  # closed to us
                return True
        return False

    def close(self):
        if self.account is not None:
            os.close(self.account)
