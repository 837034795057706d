"""Whether the new code still has the old API within reach, or puts it back.

Code that attempts the old call, defines it again, patches the library, or chooses by version
runs on the new version and teaches nothing.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from recode_data.judge.alignment import (
    covers,
    dotted,
    imported_paths,
    local_names,
    module_names,
    static_paths,
    written_names,
)
from recode_data.judge.evidence import Scene, cured_warnings
from recode_data.judge.places import callee, last_part
from recode_data.judge.trees import walk
from recode_data.records import Run

_DYNAMIC = ("__dict__", "__getattr__", "__getattribute__")
_NO_ATTRIBUTE = re.compile(r"no attribute '(\w+)'|`[\w.]*?(\w+)`")
_INTERNALS = frozenset(
    ("__globals__", "__code__", "__closure__", "__defaults__", "__kwdefaults__", "__builtins__")
)


def keeps_old(scene: Scene) -> str:
    """Return how the new code still reaches for the old API, empty when it does not."""
    new = scene.runs.new_on_new
    for path in new.calls:
        leaf = last_part(path)
        if path in scene.runs.old_on_old.calls:
            continue
        if path.endswith("=") and (leaf in scene.old_names or scene.claim.names(leaf)):
            return f"it puts {path[:-1]} into the library"
        if leaf in _DYNAMIC:
            return f"it reaches into {path}"
    if _swaps_modules(scene.alignment.new) and not _swaps_modules(scene.alignment.old):
        return "it puts another module into sys.modules"
    if patches := sorted(_patches(scene.alignment.new) - _patches(scene.alignment.old)):
        return f"it patches with {patches[0]}"
    for asked in sorted(_versions(scene.alignment.new) - _versions(scene.alignment.old)):
        if not any(map(scene.claim.names, asked.split("."))):
            return f"it asks for {asked}"
    for name in sorted(
        _INTERNALS & (written_names(scene.alignment.new) - written_names(scene.alignment.old))
    ):
        return f"it reaches into {name}"
    lost = lost_paths(scene)
    for path in sorted(lost):
        if path in new.calls:
            return f"it reaches for {path}"
        if path in static_paths(scene.alignment.new):
            return f"{path} still stands in it"
    return _brought_back(scene) or _held_ready(scene)


def _held_ready(scene: Scene) -> str:
    """Return the old call that the new code has ready where it would fail: within a handler of
    exceptions, or behind a condition that did not come true; empty where it has none."""
    old, new = scene.alignment.old, scene.alignment.new
    handlers = [node for node in walk(new) if isinstance(node, ast.ExceptHandler)]
    if not handlers:
        return ""
    inside = {id(part) for handler in handlers for part in walk(handler)}
    outside = _uses_of_names(part for part in walk(new) if id(part) not in inside)
    known = [
        part for node in walk(old) if isinstance(node, ast.ExceptHandler) for part in walk(node)
    ]
    named = _uses_of_names(part for part in walk(old) if not isinstance(part, ast.Constant))
    gone = named - outside - _uses_of_names(known)
    held = sorted(_uses_of_names(part for part in walk(new) if id(part) in inside) & gone)
    return f"{held[0][0]} still stands in it, for when it fails" if held else ""


_Use: TypeAlias = tuple[str, int, tuple[str, ...]]


def _uses_of_names(nodes: Iterable[ast.AST]) -> set[_Use]:
    """Return the calls among ``nodes`` by name, number of arguments and keywords, and by name
    the attributes, imports and texts, which may be asked for; not what is built in."""
    found: set[_Use] = set()
    for node in nodes:
        if isinstance(node, ast.Call):
            keywords = tuple(sorted(part.arg or "**" for part in node.keywords))
            found.add((callee(node), len(node.args), keywords))
        elif isinstance(node, ast.Attribute):
            found.add((node.attr, -1, ()))
        elif isinstance(node, ast.ImportFrom | ast.Import):
            found |= {(alias.name, -1, ()) for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add((node.value, -1, ()))
    return {use for use in found if use[0] and not hasattr(builtins, use[0])}


def _brought_back(scene: Scene) -> str:
    """Return how the new code has the old call on hand: where it does not come to, in a class
    of its own, or in a place that is kept for old programs; empty when it has not."""
    new, before = scene.runs.new_on_new, scene.runs.old_on_old
    reached = {last_part(path) for path in new.calls}
    modules = module_names(scene.alignment.old)
    old = {key for site in scene.alignment.sites for key in _references(site.old, modules)}
    imports = [site.old_statement for site in scene.alignment.sites]
    old |= {
        key
        for node in imports
        if isinstance(node, ast.ImportFrom)
        for key in _references(node, modules)
    }
    now = _references(scene.alignment.new, module_names(scene.alignment.new))
    defined = _members(scene.alignment.new) - _members(scene.alignment.old)
    observed = observed_names(scene)
    for name in sorted((observed | _failed_call(scene)) & defined):
        return f"it defines {name} again"
    for name in sorted(observed & _of_own_things(scene)):
        return f"it takes {name} of a thing of its own, which was a module"
    for name in sorted(observed & scene.old_names):
        if name not in reached and any(key[1] == name for key in old & now):
            return f"{name} still stands in it"
        fresh = (set(new.calls) - set(before.calls)) & static_paths(scene.alignment.new)
        others = sorted(path for path in fresh if last_part(path) == name)
        usual = {
            part for path in before.calls if last_part(path) == name for part in path.split(".")
        }
        told = {part for path in others[:1] for part in path.split(".")} - usual | _fresh(scene)
        instead = scene.claim.instead
        if (
            others
            and not _shortened(others[0], lost_paths(scene) | set(before.calls))
            and (instead and instead.isdisjoint(told))
        ):
            return f"it uses {others[0]}"
    return ""


def _of_own_things(scene: Scene) -> set[str]:
    """Return the attributes that the new code takes of a variable of its own which bears the
    name of a module of the old code."""
    was, now = module_names(scene.alignment.old), module_names(scene.alignment.new)
    own = (local_names(scene.alignment.new) & was.keys()) - now.keys()
    return {
        node.attr
        for node in walk(scene.alignment.new)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in own
    }


def _shortened(path: str, known: Iterable[str]) -> bool:
    """Return whether a path is one of the old code's with parts left out: what it names is
    the same and stands nearer to the top."""
    parts = set(path.split("."))
    return any(
        last_part(other) == last_part(path) and parts < set(other.split(".")) for other in known
    )


def _swaps_modules(tree: ast.Module) -> bool:
    """Return whether a program puts something into the table of imported modules."""
    return any(
        isinstance(node, ast.Subscript)
        and not isinstance(node.ctx, ast.Load)
        and getattr(node.value, "attr", "") == "modules"
        for node in walk(tree)
    )


def _patches(tree: ast.Module) -> set[str]:
    """Return what a program uses to put something in the place of a library's own."""
    return {
        path
        for path in static_paths(tree)
        if path.startswith(("unittest.mock.", "mock.", "pytest.MonkeyPatch"))
    } | {path for path in module_names(tree).values() if path in ("unittest.mock", "mock")}


def _versions(tree: ast.Module) -> set[str]:
    """Return what a program reads to know which version it runs on, or what a function takes."""
    asked = {"__version__", "version_info", "__version_info__", "version_tuple"}
    imported = module_names(tree).values()
    takes = {"inspect.signature", "inspect.getfullargspec"} & static_paths(tree)
    told = {path for path in imported if path.startswith("importlib.metadata")}
    return asked & written_names(tree) | told | takes


def _fresh(scene: Scene) -> set[str]:
    """Return the names of what only the new code reaches, other than by an import."""
    imports = [n for n in walk(scene.alignment.new) if isinstance(n, ast.Import | ast.ImportFrom)]
    return {
        last_part(use.path)
        for use in scene.runs.new_on_new.uses
        if use.path not in scene.runs.old_on_old.calls
        and not any(covers(node, use.line, use.column) for node in imports)
    }


def observed_names(scene: Scene) -> set[str]:
    """Return the functions, methods and attributes of the library that failed or warned."""
    after = scene.runs.old_on_new
    paths = {last_part(path) for path in lost_paths(scene)}
    calls = _callees(scene.alignment.old)
    for caught in cured_warnings(scene.runs):
        here = scene.at(after, caught.span)
        paths |= {name for name in here if name in calls and name in caught.message}
    return paths


def _failed_call(scene: Scene) -> set[str]:
    """Return the names of what the old code called where it failed in the new version."""
    after = scene.runs.old_on_new
    if after.status != "raised":
        return set()
    return scene.at(after, after.span) & _callees(scene.alignment.old)


def _callees(tree: ast.Module) -> set[str]:
    names = {callee(node) for node in walk(tree) if isinstance(node, ast.Call)}
    return names | {
        alias.name
        for node in walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (alias.asname or alias.name) in names
    }


def _references(tree: ast.AST | None, modules: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return what a program takes attributes of, with their names, and what it imports; a
    module by its path, since two programs may call different ones by one name."""
    if tree is None:
        return set()
    attributes = [node for node in walk(tree) if isinstance(node, ast.Attribute)]
    found = {
        (dotted(node, modules).rpartition(".")[0] or ast.dump(node.value), node.attr)
        for node in attributes
    }
    for node in walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", alias.name) for alias in node.names}
    return found


def _members(tree: ast.Module) -> set[str]:
    """Return the names that the bodies of a program's classes define."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    found.add(part.name)
                elif isinstance(part, ast.Assign):
                    found |= {target.id for target in part.targets if isinstance(target, ast.Name)}
    return found


def lost_paths(scene: Scene) -> set[str]:
    """Return the public paths that the old code could not reach on the new version."""
    run = scene.runs.old_on_new
    if run.status != "raised":
        return set()
    if run.exception in ("ImportError", "ModuleNotFoundError"):
        return {
            path
            for node in walk(scene.alignment.old)
            if isinstance(node, ast.Import | ast.ImportFrom) and node.lineno == run.line
            for path in imported_paths(node)
            if _refused(path, run) and path not in run.calls
        }
    if run.exception != "AttributeError":
        return set()
    missing = _missing_attribute(run, scene.alignment.old)
    found = {
        use.path
        for use in run.uses
        if last_part(use.path) == missing and use.line == run.line and "=" not in use.path
    }
    return {path for path in found if not any(other.startswith(f"{path}.") for other in found)}


def _refused(path: str, run: Run) -> bool:
    """Return whether an import failed for want of ``path``: a module, or a name of one."""
    if run.exception == "ModuleNotFoundError":
        return f"'{path}'" in run.message
    name = last_part(path)
    return f"'{name}' from" in run.message or f"name {name}" in run.message


def _missing_attribute(run: Run, tree: ast.Module) -> str:
    """Return the attribute that was not there: the one at the place of the failure, or, where
    that is not known, the one that the message calls missing."""
    for node in walk(tree):
        if isinstance(node, ast.Attribute) and len(run.span) == 4:
            first, _, last, end = run.span
            if (node.lineno, node.end_lineno, node.end_col_offset) == (first, last, end):
                return node.attr
    found = _NO_ATTRIBUTE.search(run.message)
    return found[1] or found[2] if found else ""
