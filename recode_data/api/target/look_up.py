"""Describes names by their paths, whoever's they are: what a snapshot does not hold, such as the
method of an instance or a docstring. The answer is by path; None for what is not there.
"""

import importlib
import inspect
import json
import re

import signatures

LONGEST_DOC = 40000
LONGEST_SIGNATURE = 2000
MOST_TWINS = 50
MEMBERS = {}
"""Of each module that was asked: names by the id of what they stand for, which is kept."""


def main(paths):
    return {path: told(path) for path in paths}


def told(path):
    """Describe one name; whatever fails costs this one only."""
    try:
        answer = describe(path, *find(path))
        json.dumps(answer)
        return answer
    except KeyboardInterrupt:
        raise
    except BaseException:  # a proxy may fail whatever it is asked, and Rust code panics
        return None


def find(path):
    """Return what a path leads to, the module or object that it was found in, and whether that
    is a class."""
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except KeyboardInterrupt:
            raise
        except BaseException:
            continue
        owner = None
        for part in parts[count:]:
            owner, found = found, getattr(found, part)
        return found, owner, inspect.isclass(owner)
    raise LookupError(path)


def describe(path, found, owner, member):
    kind = kind_of(found)
    described = signatures.describe(found) if kind in ("class", "callable") else {}
    return {
        "kind": kind,
        "type": type(found).__name__,
        "member": member,
        "home": text(getattr(found, "__module__", None)),
        "name": text(getattr(found, "__qualname__", None) or getattr(found, "__name__", None)),
        "same": [] if member else twins(found, owner),
        "summary": described.get("summary", ""),
        "params": described.get("params"),
        "read": described.get("read", ""),
        "signature": signature(found),
        "text": documentation(found) if kind != "constant" else "",
    }


def kind_of(found):
    if inspect.ismodule(found):
        return "module"
    if inspect.isclass(found):
        return "class"
    if callable(found):
        return "callable"
    return "property" if isinstance(found, property) else "constant"


def text(value):
    return value if isinstance(value, str) else ""


def twins(found, owner):
    """Return the names in a module that are the very same class, callable or number."""
    if not inspect.ismodule(owner) or not (callable(found) or isinstance(found, float)):
        return []
    if owner.__name__ not in MEMBERS:
        MEMBERS[owner.__name__] = members = {}
        for name in dir(owner):
            try:
                value = getattr(owner, name)
            except Exception:
                continue
            members.setdefault(id(value), (value, []))[1].append(name)
    return MEMBERS[owner.__name__].get(id(found), (None, []))[1][:MOST_TWINS]


def signature(found):
    """Return the signature as it is written, without addresses of objects."""
    try:
        written = str(inspect.signature(found))
    except Exception:
        return ""
    return re.sub(r" at 0x[0-9a-f]+", "", written)[:LONGEST_SIGNATURE]


def documentation(found):
    return text(inspect.getdoc(found))[:LONGEST_DOC] if callable(found) else ""
