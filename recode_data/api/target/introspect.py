"""Writes the public API of an installed package as JSON: ``python introspect.py PACKAGE``.

The answer on stdout::

    {"modules": {name: {"listed": [name] or null, "names": {name: identity},
                        "warns": {name: message}, "hidden": [name]}},
     "objects": {identity: {"kind", "doc", "says", "summary", "members", "bases", "params",
                            "var", "read"}}}

An identity is ``module:qualified.name``. Names of one object share its identity, so aliases
show. What has no name of its own has the identity ``=type``: a number ``=float first_name``, so
that its aliases show too, and what can be called ``=type()``. ``params`` holds ``[name, kind,
default, deprecated, documented type]``; ``var`` tells of ``**kwargs``; ``read`` says where the
parameters were read; ``says`` holds ``[directive, text]`` of what the documentation says changed.

Nothing that a package raises ends the introspection: what fails costs its own name.
"""

import importlib
import inspect
import io
import json
import os
import pkgutil
import re
import sys
import types
import warnings

import signatures

SKIPPED = {"tests", "test", "conftest", "setup", "__main__", "benchmarks", "_vendor", "externals"}
WARNINGS = (DeprecationWarning, FutureWarning, PendingDeprecationWarning)
KNOWN = {}
CODES = {}
MOST_MODULES = 3000
MOST_NAMES = 4000


def main(package):
    warnings.simplefilter("always")
    objects = {}
    modules = {}
    for name in module_names(package):
        module = load(name)
        if module is not None and name not in modules:
            modules[name] = describe_module(name, module, package, objects)
    return {"modules": modules, "objects": objects}


def load(name):
    """Import a module; one that fails, or that ends the process, is not there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException:
            return None


def module_names(package):
    """Yield the public modules of a package by walking its folders, parents first."""
    waiting = [package]
    seen = 0
    while waiting and seen < MOST_MODULES:
        name = waiting.pop(0)
        yield name
        seen += 1
        try:  # a module's __getattr__ may raise what it likes, for __path__ too
            folders = getattr(sys.modules.get(name), "__path__", None)
            found = sorted(info[1] for info in pkgutil.iter_modules(folders or []))
        except KeyboardInterrupt:
            raise
        except BaseException:
            found = []
        waiting.extend(
            "%s.%s" % (name, leaf)
            for leaf in found
            if not leaf.startswith(("_", "test_")) and leaf not in SKIPPED and leaf.isidentifier()
        )


def describe_module(name, module, package, objects):
    listed = listed_names(module)
    names = set(directory(module)) | set(listed or [])
    hidden = set(hidden_names(module)) - names
    found = {}
    secret = []
    warned = {}
    numbers = {}
    for attribute in sorted(names | hidden)[:MOST_NAMES]:
        if attribute.startswith("_") or not attribute.isidentifier():
            continue
        value, complaint, there = fetch(module, attribute)
        if not there:
            continue
        try:  # a proxy may raise whatever is asked of it
            if not wanted(value, attribute, name, package, listed):
                continue
            if type(value) is float:
                found[attribute] = "=float " + numbers.setdefault(id(value), (attribute, value))[0]
            else:
                found[attribute] = refer(value, package, objects, attribute)
        except KeyboardInterrupt:
            raise
        except BaseException:
            found[attribute] = "=object"
        if complaint:
            warned[attribute] = complaint
        if attribute in hidden:
            secret.append(attribute)
    listed = None if listed is None else sorted(set(listed) & set(found))
    return {"listed": listed, "names": found, "warns": warned, "hidden": secret}


def listed_names(module):
    """Return the names in ``__all__``, or None where there is none."""
    listed = fetch(module, "__all__")[0]
    if not isinstance(listed, (list, tuple)):
        return None
    return [str(name) for name in listed if isinstance(name, str)]


def directory(module):
    try:
        names = dir(module)
    except KeyboardInterrupt:
        raise
    except BaseException:
        names = list(vars(module))
    return [str(name) for name in names if isinstance(name, str)]


def fetch(owner, attribute):
    """Return the value, what getting it warned of its end, and whether it is there."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = getattr(owner, attribute)
        except KeyboardInterrupt:
            raise
        except BaseException:
            return None, "", False
    return value, complaint_of(caught), True


def complaint_of(caught):
    """Return the first warning that tells of an end."""
    for warning in caught:
        try:
            text = str(warning.message)
        except Exception:
            continue
        if issubclass(warning.category, WARNINGS) or "deprecat" in text.lower():
            return text[:1000]
    return ""


def hidden_names(module):
    """Names that a module answers to but does not list: what its ``__getattr__`` knows."""
    function = vars(module).get("__getattr__")
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    known = getattr(function, "__globals__", {})
    pools = [code.co_consts] + [known.get(name) for name in code.co_names]
    pools += [vars(module).get(name) for name in code.co_names]
    found = []
    for pool in pools:
        found.extend(strings(pool, 2))
    return [text for text in found if re.match(r"[A-Za-z]\w*$", text) and len(text) < 60]


def strings(pool, depth):
    if isinstance(pool, str):
        return [pool]
    if depth and isinstance(pool, (dict, set, frozenset, list, tuple)) and len(pool) < 2000:
        return [text for item in list(pool) for text in strings(item, depth - 1)]
    return []


def wanted(value, attribute, name, package, listed):
    """Leave out what a module merely imports: only its own, its package's, what it lists."""
    if listed is not None and attribute in listed:
        return True
    if isinstance(value, types.ModuleType):
        return value.__name__.split(".")[0] == package or name == package
    home = getattr(value, "__module__", None)
    if not isinstance(home, str):
        return True
    inside = home.split(".")[0] == package
    return inside or name == package or not (inspect.isclass(value) or callable(value))


def refer(value, package, objects, attribute=""):
    """Return the identity of an object, described the first time it is met. Two objects
    that call themselves alike, as wrappers do, get two."""
    if isinstance(value, types.ModuleType):
        return "module:" + value.__name__
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    home = getattr(value, "__module__", None)
    if not isinstance(name, str) or not callable(value):
        return "=" + type(value).__name__ + ("()" if callable(value) else "")
    if not isinstance(home, str):
        home = package
    if "<locals>" in name and attribute:
        name = attribute
    known = KNOWN.get(id(value))
    if known is not None:
        return known[0]
    identity = "%s:%s" % (home, name)
    while identity in objects:
        if not inspect.isclass(value) and same_code(value, objects, identity):
            return identity
        identity += "'"
    KNOWN[id(value)] = (identity, value)
    objects[identity] = {}
    objects[identity].update(describe(value, package, objects))
    return identity


def same_code(value, objects, identity):
    """Methods are new objects at each access: their code tells whether they are one."""
    code = getattr(value, "__code__", None)
    return CODES.setdefault(identity, code) is code


def describe(value, package, objects):
    if not inspect.isclass(value):
        return dict(signatures.describe(value), kind="function")
    described = dict(signatures.describe(value), kind="class")
    own = getattr(value, "__module__", "")
    if not isinstance(own, str) or own.split(".")[0] != package:
        return described
    described["bases"] = [refer(base, package, objects) for base in bases_of(value, package)]
    members = {}
    for attribute in sorted(vars(value), key=str):
        if isinstance(attribute, str) and not attribute.startswith("_"):
            try:
                members[attribute] = member(value, attribute, package, objects)
            except KeyboardInterrupt:
                raise
            except BaseException:
                members[attribute] = "=object"
    for attribute in getattr(value, "__annotations__", None) or ():
        if not attribute.startswith("_"):
            members.setdefault(attribute, "=attribute")
    for function in list(vars(value).values()):
        for attribute in signatures.attributes_set(function):
            members.setdefault(attribute, "=instance")
    described["members"] = members
    return described


def bases_of(value, package):
    try:
        mro = value.__mro__[1:]
    except AttributeError:
        return []
    return [
        base
        for base in mro
        if base is not object and str(getattr(base, "__module__", "")).split(".")[0] == package
    ]


def member(owner, attribute, package, objects):
    raw = vars(owner)[attribute]
    if isinstance(raw, property):
        return refer_property(owner, attribute, raw.fget, objects)
    value, _, there = fetch(owner, attribute)
    if there and (inspect.isroutine(value) or inspect.isclass(value)):
        home = str(getattr(value, "__module__", None) or "")
        if inspect.isclass(value) and home.split(".")[0] != package:
            return "=type"
        if getattr(value, "__qualname__", "").endswith("<lambda>"):
            return "=function"
        return refer(value, package, objects, attribute)
    return "=" + (type(raw).__name__)


def refer_property(owner, attribute, getter, objects):
    identity = "%s:%s.%s" % (owner.__module__, owner.__qualname__, attribute)
    if identity not in objects:
        objects[identity] = {
            "kind": "property",
            "doc": signatures.deprecated(getter),
            "says": signatures.says(getter),
            "summary": signatures.summary(signatures.doc_of(getter)),
        }
    return identity


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")  # what the package prints on import is not the answer
    os.dup2(2, 1)
    sys.stdout = io.StringIO()
    try:
        json.dump(main(sys.argv[1]), out)
        out.close()
    except BaseException as error:
        os.write(2, ("%s: %s" % (type(error).__name__, error)).encode("utf-8", "replace"))
        os._exit(1)
    os._exit(0)  # threads that the package left running do not hold the answer back
