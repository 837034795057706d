"""Keeps a child from copying its parent's memory page by page.

Counting a reference writes to the object, and the first write to each page after a fork
costs a fault and a copy of 4 KiB. From Python 3.12 on an object may be immortal: nobody
counts it any more. Making all that the library has loaded immortal, just before the first
fork, halves the pages that a typical child copies. Nothing here would be freed anyway: the
server keeps it, and a child ends without cleaning up.
"""

import ctypes
import gc
import sys

KNOWN = (3, 12), (3, 13)
"""Versions whose count of an immortal object is all ones in the lower half."""
COUNT = 0xFFFFFFFF
CODE = ("co_consts", "co_names", "co_filename", "co_name", "co_qualname", "co_linetable",
        "co_exceptiontable")  # fmt: skip


def all_objects():
    """Make every object that can be reached immortal; do nothing on other versions."""
    if sys.version_info[:2] not in KNOWN or sys.implementation.name != "cpython":
        return
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return
    gc.unfreeze()  # what is frozen would not be listed
    code = type(all_objects.__code__)
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
