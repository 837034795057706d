"""Whether the new code exercises a replacement, and does without the old API.

A printed result, one computed by hand, and the old API brought back do what the old code
did and teach nothing. What stands in the place of the old call must be a call into a
library that the runs did not show before, or plain Python where the update names nothing
to use instead.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recode_data.judge.alignment import Site, covers, dotted, local_names, module_names
from recode_data.judge.claim import identifiers
from recode_data.judge.evidence import Scene, cured_warnings
from recode_data.judge.places import callee
from recode_data.records import Run

_DYNAMIC = ("__dict__", "__getattr__", "__getattribute__")
_NO_ATTRIBUTE = re.compile(r"no attribute '(\w+)'|`[\w.]*?(\w+)`")
_INTERNALS = frozenset(
    ("__globals__", "__code__", "__closure__", "__defaults__", "__kwdefaults__", "__builtins__")
)
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Replacement:
    """What the new code uses in place of the old call: names, keywords, or its expressions."""

    names: frozenset[str] = frozenset()
    keywords: frozenset[tuple[str, str]] = frozenset()
    """Function and keyword, where the function stays and a keyword is new."""
    expressions: tuple[ast.expr, ...] = ()
    """The places themselves, where they are plain Python."""

    def __bool__(self) -> bool:
        return bool(self.names or self.keywords or self.expressions)


def find_replacement(scene: Scene) -> Replacement:
    """Return what the new code uses in place of the old call; empty when that is nothing."""
    old, new = scene.runs.old_on_old, scene.runs.new_on_new
    reached = {_leaf(path) for path in _new_paths(scene, old, new)}
    paths = frozenset(name for name in reached if not _private(name))
    keywords = frozenset(_new_keywords(old, new))
    if wanted := _known(scene, new):
        return wanted
    if paths or keywords:
        return Replacement(paths, keywords)
    outside = _outside(scene)
    if outside:
        return Replacement(outside)
    proposed = scene.claim.proposals(identifiers([scene.alignment.old])) & scene.claim.instead
    told = scene.claim.old_symbol and not scene.claim.new_symbol  # nothing to use is known
    free = not proposed or told or scene.claim.shows_syntax or _valued(scene)
    return Replacement(expressions=tuple(_computed(scene))) if free else Replacement()


def keeps_old(scene: Scene) -> str:
    """Return how the new code still reaches for the old API, empty when it does not."""
    new = scene.runs.new_on_new
    for path in new.calls:
        leaf = _leaf(path)
        if path in scene.runs.old_on_old.calls:
            continue
        if path.endswith("=") and (leaf in scene.old_names or scene.claim.names(leaf)):
            return f"it puts {path[:-1]} into the library"
        if leaf in _DYNAMIC:
            return f"it reaches into {path}"
    if _swaps_modules(scene.alignment.new) and not _swaps_modules(scene.alignment.old):
        return "it puts another module into sys.modules"
    for name in sorted(
        _INTERNALS & (_written(scene.alignment.new) - _written(scene.alignment.old))
    ):
        return f"it reaches into {name}"
    lost = lost_paths(scene)
    for path in sorted(lost):
        if path in new.calls:
            return f"it reaches for {path}"
        if path in static_paths(scene.alignment.new):
            return f"{path} still stands in it"
    return _brought_back(scene)


def _brought_back(scene: Scene) -> str:
    """Return how the new code has the old call on hand: where it does not come to, in a class
    of its own, or in a place that is kept for old programs; empty when it has not."""
    new, before = scene.runs.new_on_new, scene.runs.old_on_old
    reached = {_leaf(path) for path in new.calls}
    old = {key for site in scene.alignment.sites for key in _references(site.old)}
    imports = [site.old_statement for site in scene.alignment.sites]
    old |= {
        key for node in imports if isinstance(node, ast.ImportFrom) for key in _references(node)
    }
    now = _references(scene.alignment.new)
    defined = _members(scene.alignment.new) - _members(scene.alignment.old)
    observed = observed_names(scene)
    # Where only what a function is called on differs, its name is around the place, not in it.
    lost = {_leaf(path) for path in lost_paths(scene)}
    for name in sorted(observed & defined & (scene.old_names | scene.around | lost)):
        return f"it defines {name} again"
    for name in sorted(observed & _of_own_things(scene)):
        return f"it takes {name} of a thing of its own, which was a module"
    for name in sorted(observed & scene.old_names):
        if name not in reached and any(key[1] == name for key in old & now):
            return f"{name} still stands in it"
        fresh = (set(new.calls) - set(before.calls)) & static_paths(scene.alignment.new)
        others = sorted(path for path in fresh if _leaf(path) == name)
        usual = {part for path in before.calls if _leaf(path) == name for part in path.split(".")}
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
        for node in ast.walk(scene.alignment.new)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in own
    }


def _shortened(path: str, known: Iterable[str]) -> bool:
    """Return whether a path is one of the old code's with parts left out: what it names is
    the same and stands nearer to the top."""
    parts = set(path.split("."))
    return any(_leaf(other) == _leaf(path) and parts < set(other.split(".")) for other in known)


def _swaps_modules(tree: ast.Module) -> bool:
    """Return whether a program puts something into the table of imported modules."""
    return any(
        isinstance(node, ast.Subscript)
        and not isinstance(node.ctx, ast.Load)
        and getattr(node.value, "attr", "") == "modules"
        for node in ast.walk(tree)
    )


def _fresh(scene: Scene) -> set[str]:
    """Return the names of what only the new code reaches, other than by an import."""
    imports = [
        n for n in ast.walk(scene.alignment.new) if isinstance(n, ast.Import | ast.ImportFrom)
    ]
    return {
        _leaf(use.path)
        for use in scene.runs.new_on_new.uses
        if use.path not in scene.runs.old_on_old.calls
        and not any(covers(node, use.line, use.column) for node in imports)
    }


def replaced_names(scene: Scene) -> frozenset[str]:
    """Return the last names of the library's objects that only the old code reaches."""
    before, after = scene.runs.old_on_old, scene.runs.new_on_new
    places = [site.old for site in scene.alignment.sites if site.old is not None]
    return frozenset(
        _leaf(use.path)
        for use in before.uses
        if use.path not in after.calls
        and any(covers(place, use.line, use.column) for place in places)
    )


def observed_names(scene: Scene) -> set[str]:
    """Return the functions, methods and attributes of the library that failed or warned."""
    after = scene.runs.old_on_new
    paths = {_leaf(path) for path in lost_paths(scene)}
    calls = _callees(scene.alignment.old)
    for caught in cured_warnings(scene.runs):
        here = scene.at(after, caught.span)
        paths |= {name for name in here if name in calls and name in caught.message}
    return paths


def _callees(tree: ast.Module) -> set[str]:
    names = {callee(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return names | {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (alias.asname or alias.name) in names
    }


def _written(tree: ast.Module) -> set[str]:
    """Return the attributes and imported names that stand in a program."""
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
    return found


def _references(tree: ast.AST | None) -> set[tuple[str, str]]:
    """Return what a program takes attributes of, with their names, and what it imports."""
    if tree is None:
        return set()
    found = {
        (ast.dump(node.value), node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", alias.name) for alias in node.names}
    return found


def _members(tree: ast.Module) -> set[str]:
    """Return the names that the bodies of a program's classes define."""
    found: set[str] = set()
    for node in ast.walk(tree):
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
            for node in ast.walk(scene.alignment.old)
            if isinstance(node, ast.Import | ast.ImportFrom) and node.lineno == run.line
            for path in _imported(node)
            if _refused(path, run) and path not in run.calls
        }
    if run.exception != "AttributeError":
        return set()
    missing = _missing_attribute(run, scene.alignment.old)
    found = {
        use.path
        for use in run.uses
        if _leaf(use.path) == missing and use.line == run.line and "=" not in use.path
    }
    return {path for path in found if not any(other.startswith(f"{path}.") for other in found)}


def _refused(path: str, run: Run) -> bool:
    """Return whether an import failed for want of ``path``: a module, or a name of one."""
    if run.exception == "ModuleNotFoundError":
        return f"'{path}'" in run.message
    name = _leaf(path)
    return f"'{name}' from" in run.message or f"name {name}" in run.message


def _missing_attribute(run: Run, tree: ast.Module) -> str:
    """Return the attribute that was not there: the one at the place of the failure, or, where
    that is not known, the one that the message calls missing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and len(run.span) == 4:
            first, _, last, end = run.span
            if (node.lineno, node.end_lineno, node.end_col_offset) == (first, last, end):
                return node.attr
    found = _NO_ATTRIBUTE.search(run.message)
    return found[1] or found[2] if found else ""


def static_paths(tree: ast.Module) -> set[str]:
    """Return the paths that a program names, whether it comes to them or not."""
    modules = module_names(tree)
    found = {
        path
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for path in _imported(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (path := dotted(node, modules)):
            found.add(path)
    return found


def _known(scene: Scene, new: Run) -> Replacement | None:
    """Return the replacement that the entry's change names, if the new code resolved it."""
    claim = scene.claim
    leaf = _leaf(claim.new_symbol)
    if not leaf:
        return None
    if claim.new_keyword:
        wanted = f"({claim.new_keyword}=)"
        if any(path.endswith(wanted) and _leaf(path) == leaf for path in new.calls):
            return Replacement(keywords=frozenset({(leaf, claim.new_keyword)}))
        return None
    if any(leaf in path.partition("(")[0].split(".") for path in new.calls):
        return Replacement(frozenset({leaf}))
    return None


def _new_paths(scene: Scene, old: Run, new: Run) -> Iterator[str]:
    """Yield the library's objects that only the new code reaches, where the codes differ."""
    before = set(old.calls)
    places = [part for site in scene.alignment.sites for part in _parts(site)]
    places += _imported_anew(scene)
    for use in new.uses:
        if use.path in before or use.path.endswith("="):
            continue
        if any(covers(part, use.line, use.column) for part in places):
            yield use.path


def _imported_anew(scene: Scene) -> list[ast.AST]:
    """Return the places of the new code that use what it imports otherwise than the old."""
    old, new = module_names(scene.alignment.old), module_names(scene.alignment.new)
    fresh = {name for name, path in new.items() if old.get(name) != path}
    return [
        node
        for node in ast.walk(scene.alignment.new)
        if isinstance(node, ast.Name) and node.id in fresh
    ]


def _new_keywords(old: Run, new: Run) -> Iterator[tuple[str, str]]:
    for path in sorted(set(new.calls) - set(old.calls)):
        function, _, keyword = path.rstrip(")").partition("(")
        if keyword.endswith("="):
            yield _leaf(function), keyword[:-1]


def _outside(scene: Scene) -> frozenset[str]:
    """Return the functions of other packages, and the builtins, which only the new code uses:
    those that it imports anew, and others if the update names them."""
    old, new = module_names(scene.alignment.old), module_names(scene.alignment.new)
    found: set[str] = set()
    before = static_paths(scene.alignment.old)
    fresh = {
        name
        for name, path in new.items()
        if old.get(name) != path and not any(map(_private, path.split(".")))
    }
    places = [site.new for site in scene.alignment.sites if site.new is not None]
    for node in (node for place in places for node in ast.walk(place)):
        if isinstance(node, ast.Attribute) and (path := dotted(node, new)):
            if path not in before and not path.startswith(f"{scene.package}."):
                found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            builtin = node.id in _BUILTINS and scene.claim.names(node.id)
            if node.id in fresh or (builtin and node.id not in _plain_names(scene)):
                found.add(node.id)
    for name in scene.new_names - scene.old_names:
        if scene.claim.names(name) and name not in _BUILTINS:
            found.add(name)
    return frozenset(found | _used_of(scene.alignment.new, fresh))


def _plain_names(scene: Scene) -> set[str]:
    """Return the names that stand alone in the changed places of the old code."""
    places = [site.old for site in scene.alignment.sites if site.old is not None]
    return {node.id for place in places for node in ast.walk(place) if isinstance(node, ast.Name)}


def _used_of(tree: ast.Module, bound: set[str]) -> set[str]:
    """Return what a program uses of names that its imports bind anew: the names themselves,
    and the attributes that it takes of them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in bound and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in bound:
            found.add(node.attr)
    return found


def _computed(scene: Scene) -> Iterator[ast.expr]:
    """Yield the expressions in the place of the old ones that compute something, and the
    values that were put in the place of others."""
    for site in scene.alignment.sites:
        if isinstance(site.new, ast.expr):
            plain = isinstance(site.old, ast.expr) and not _calls(site.old)
            if not _constant(site.new) or plain:
                yield site.new
        elif isinstance(site.new, ast.Assign | ast.AugAssign | ast.AnnAssign):
            if site.new.value is not None and not isinstance(site.new.value, ast.Name):
                yield site.new.value
        elif isinstance(site.new, ast.stmt):
            calls = (node for node in ast.walk(site.new) if isinstance(node, ast.Call))
            yield from [node for node in calls if not _shows_literals(node)][:1]


def _shows_literals(call: ast.Call) -> bool:
    """Return whether a builtin is called with literals alone, such as ``print('[1 2]')``."""
    arguments = [*call.args, *(part.value for part in call.keywords)]
    return getattr(call.func, "id", "") in _BUILTINS and all(map(_constant, arguments))


def _calls(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) for part in ast.walk(node))


def _valued(scene: Scene) -> bool:
    """Return whether literals were put in the place of literals, and nothing else."""
    sites = [
        site
        for site in scene.alignment.sites
        if not isinstance(site.new, ast.Import | ast.ImportFrom)
    ]
    return bool(sites) and all(
        isinstance(site.old, ast.expr)
        and isinstance(site.new, ast.expr)
        and _constant(site.old)
        and _constant(site.new)
        for site in sites
    )


def _constant(node: ast.expr) -> bool:
    """Return whether an expression is made of literals alone."""
    return not any(isinstance(part, ast.Name | ast.Call | ast.Attribute) for part in ast.walk(node))


def _private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _parts(site: Site) -> Iterator[ast.AST]:
    if site.new is not None:
        yield site.new
    calls = [pair[1] for pair in site.levels[:-1] if isinstance(pair[1], ast.Call)]
    if calls and not isinstance(site.new, ast.stmt):
        yield calls[-1]


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}


def _leaf(path: str) -> str:
    return path.partition("(")[0].rstrip("=").rpartition(".")[2]
