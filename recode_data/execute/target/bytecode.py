"""Hands what the interpreter compiles while it imports a library to the owner, to be kept.

Installers leave a library's modules uncompiled, and the environment cannot be written from
here: every server would compile them anew, which is most of what importing takes.
"""

import contextlib
import importlib.machinery
import os
import sys


@contextlib.contextmanager
def handed_over(folder, give):
    """Call ``give(path, data)`` with each bytecode file that would be written meanwhile,
    its path relative to ``folder``; those of other folders are let go."""
    loader = importlib.machinery.SourceFileLoader
    usual, dont_write = loader.set_data, sys.dont_write_bytecode
    inside = os.path.join(folder, "")

    def set_data(self, path, data, **options):
        if path.startswith(inside):
            give(path[len(inside) :], data)

    loader.set_data, sys.dont_write_bytecode = set_data, False
    try:
        yield
    finally:
        loader.set_data, sys.dont_write_bytecode = usual, dont_write
