"""What the new code uses in place of the old call.

A printed result and one computed by hand do what the old code did and teach nothing. What
stands in the place of the old call must be a call into a library that the runs did not show
before, or plain Python where the update names nothing to use instead.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recode_data.judge.alignment import (
    Alignment,
    Site,
    covers,
    dotted,
    local_names,
    module_names,
    static_paths,
)
from recode_data.judge.claim import identifiers
from recode_data.judge.evidence import Scene
from recode_data.judge.places import callee, last_part
from recode_data.judge.trees import clone, walk
from recode_data.judge.variation import EVERY, TWO_ROWS
from recode_data.records import Run

_BUILTINS = frozenset(dir(builtins))
_NO_LITERAL = object()
_TRUTHS = (_NO_LITERAL, None, True, False, 0, 1)
"""What a function returns in one of its cases, and no result."""


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
    reached = {last_part(path) for path in _new_paths(scene, old, new)}
    unused = _only_imported(scene)
    paths = frozenset(name for name in reached if not _private(name)) - unused
    paths -= _staying(scene)
    keywords = frozenset(_new_keywords(old, new))
    if wanted := _known(scene, new):
        return wanted
    if paths or keywords:
        return Replacement(paths, keywords)
    if outside := _outside(scene) - unused:
        passed = _passed(scene)
        return Replacement(
            outside - passed.keys(),
            frozenset((function, name) for name in outside for function in passed.get(name, ())),
        )
    proposed = scene.claim.proposals(identifiers([scene.alignment.old])) & scene.claim.instead
    told = scene.claim.old_symbol and not scene.claim.new_symbol  # nothing to use is known
    free = not proposed or told or scene.claim.shows_syntax or _valued(scene)
    return Replacement(expressions=tuple(_computed(scene))) if free else Replacement()


_WANTED = re.compile(r"(?i)\b(?:requir|missing|must|need|pass|specify|provide|give|set)")


def still_missing(scene: Scene) -> str:
    """Return the argument that the new version misses in the old call, that the entry names,
    and that the same call of the new code has not either; empty where there is none."""
    failed = scene.runs.old_on_new
    message = failed.message
    if failed.status != "raised" or not _WANTED.search(message):
        return ""
    asked = {word for word in re.findall(r"['\"`](\w+)['\"`]", message) if scene.claim.names(word)}
    asked -= identifiers([scene.alignment.old, scene.alignment.new])
    for site in scene.alignment.sites:
        both = [
            (before, after)
            for before, after in (*site.levels, (site.old, site.new))
            if isinstance(before, ast.Call) and isinstance(after, ast.Call)
        ]
        for before, after in both[-1:]:
            if not before.lineno <= failed.line <= (before.end_lineno or 0):
                continue  # something else misses it
            spread = any(part.arg is None for part in after.keywords)
            if callee(before) == callee(after) and len(before.args) == len(after.args):
                return "" if spread else next(iter(sorted(asked)), "")
    return ""


def _staying(scene: Scene) -> set[str]:
    """Return the attributes that the changed places of both programs take, where they import
    the same: the new version may have them under another path."""
    sites = scene.alignment.sites
    if any(isinstance(part, _IMPORTS) for site in sites for part in (site.old, site.new)):
        return set()
    sides = ([site.old for site in sites], [site.new for site in sites])
    taken = [
        {(ast.unparse(node), node.attr) for part in side if part is not None for node in walk(part)
         if isinstance(node, ast.Attribute)}
        for side in sides
    ]  # fmt: skip
    otherwise = {name for _, name in taken[1] - taken[0]}
    return {name for _, name in taken[0] & taken[1]} - otherwise


def replaced_names(scene: Scene) -> frozenset[str]:
    """Return the last names of the library's objects that only the old code reaches."""
    before, after = scene.runs.old_on_old, scene.runs.new_on_new
    places = [site.old for site in scene.alignment.sites if site.old is not None]
    return frozenset(
        last_part(use.path)
        for use in before.uses
        if use.path not in after.calls
        and any(covers(place, use.line, use.column) for place in places)
    )


def renamed_as_told(scene: Scene) -> bool:
    """Return whether the new code is the old one with other names of an API, or other texts,
    all of which the entry says to use."""
    told = scene.claim.code | scene.claim.symbols
    own = {name: name for name in local_names(scene.alignment.old)} | scene.alignment.renamed
    for site in scene.alignment.sites:
        if isinstance(site.old, _IMPORTS) and isinstance(site.new, _IMPORTS | None):
            continue
        if not isinstance(site.old, ast.expr) or not isinstance(site.new, ast.expr):
            return False
        forms = [
            ast.dump(_Nameless(local).visit(clone(node)))
            for node, local in ((site.old, own), (site.new, {name: name for name in own.values()}))
        ]
        names = identifiers([site.new]) - identifiers([site.old])
        if forms[0] != forms[1] or not names <= told:
            return False
    return True


def of_any_form(scene: Scene) -> list[str]:
    """Return the variations that are asked of a program which does more than the update tells;
    of axes only where the programs name one."""
    axes = {"axis", "axes"} & (scene.old_names | scene.new_names)
    return [label for label in EVERY if axes or label != TWO_ROWS]


def library_names(scene: Scene) -> bool:
    """Return whether the library itself, in what it says of the old code, names everything
    that only the new one has."""
    said = " ".join(said_of_old(scene))
    names = scene.new_names - scene.old_names
    return bool(names) and all(_says(said, name) for name in names)


def _says(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text))


def said_of_old(scene: Scene) -> list[str]:
    """Return what the library said of the old code, as an error or as warnings."""
    runs = (scene.runs.old_on_new, scene.runs.old_on_old)
    return [run.message for run in runs] + [w.message for run in runs for w in run.warnings]


_IMPORTS = ast.Import | ast.ImportFrom | ast.alias


class _Nameless(ast.NodeTransformer):
    """Leaves nothing of names, paths, keywords and texts but their places; of a program's
    ``own`` names what they are called in the new one."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self.own = own

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.own.get(node.id, "_"), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        value = self.visit(node.value)
        if isinstance(value, ast.Name) and value.id == "_":  # a path of any length
            return ast.Name("_", node.ctx)
        return ast.Attribute(value, "_", node.ctx)

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        return ast.keyword(node.arg and "_", self.visit(node.value))

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant("_") if isinstance(node.value, str) else node


def moved_names(alignment: Alignment) -> frozenset[str]:
    """Return the names that both programs import one by one, each from another module."""
    old, new = (
        {path.rpartition(".")[2]: path for path in module_names(tree).values() if "." in path}
        for tree in (alignment.old, alignment.new)
    )
    return frozenset(name for name in old.keys() & new.keys() if old[name] != new[name])


def _known(scene: Scene, new: Run) -> Replacement | None:
    """Return the replacement that the entry's change names, if the new code resolved it."""
    claim = scene.claim
    leaf = last_part(claim.new_symbol)
    if not leaf:
        return None
    if claim.new_keyword:
        wanted = f"({claim.new_keyword}=)"
        if any(path.endswith(wanted) and last_part(path) == leaf for path in new.calls):
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
        for node in walk(scene.alignment.new)
        if isinstance(node, ast.Name) and node.id in fresh
    ]


def _only_imported(scene: Scene) -> set[str]:
    """Return the names that the new code imports and does not use, where the old code used
    what it imported."""
    unused = [_unused(tree) for tree in (scene.alignment.new, scene.alignment.old)]
    return unused[0] - unused[1]


def _unused(tree: ast.Module) -> set[str]:
    """Return the last names of what a program imports one by one and never reads."""
    read = {node.id for node in walk(tree) if isinstance(node, ast.Name)}
    return {
        alias.name
        for node in walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (alias.asname or alias.name) not in read
    }


def without_keyword(scene: Scene) -> Replacement:
    """Return the functions of the library that stand in the place of themselves without a
    keyword of the old call: what that did is done around them."""
    found = set()
    for site in scene.alignment.sites:
        calls = [
            {callee(node): node for node in walk(part) if isinstance(node, ast.Call)}
            for part in (site.old, site.new)
            if part is not None
        ]
        for name in calls[0].keys() & calls[-1].keys() if len(calls) == 2 else ():
            words = [{part.arg for part in side[name].keywords} for side in calls]
            found |= {name} if words[1] < words[0] else set()
    reached = {last_part(path) for path in scene.runs.new_on_new.calls}
    return Replacement(frozenset(found & reached))


def _passed(scene: Scene) -> dict[str, set[str]]:
    """Return the keywords in the changed places of the new code that are names of nothing
    else there, with the functions that they are passed to."""
    places = [site.new for site in scene.alignment.sites if site.new is not None]
    nodes = [node for place in places for node in walk(place)]
    plain = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    plain |= {node.id for node in nodes if isinstance(node, ast.Name)}
    found: dict[str, set[str]] = {}
    for call in (node for node in nodes if isinstance(node, ast.Call) and callee(node)):
        for part in call.keywords:
            if part.arg and part.arg not in plain:
                found.setdefault(part.arg, set()).add(callee(call))
    return found


def prints_result(scene: Scene) -> str:
    """Return the literal that the new code prints, or shows as a whole line, where the old one
    computed what it shows; empty when there is none."""
    known = [*_printed(scene.alignment.old), *_texts(scene.alignment.old)]
    known += _returned(scene.alignment.old)
    shown = scene.runs.new_on_new.stdout
    lines = {line.strip() for line in shown.splitlines()}
    literals = [text for text in map(str.strip, _printed(scene.alignment.new)) if text in shown]
    written = map(str.strip, _texts(scene.alignment.new, compared=False))
    literals += [text for text in written if text in lines]
    literals += sorted(_returned(scene.alignment.new) & lines)
    for text in sorted(filter(None, literals)):
        if not any(text in old for old in known):
            return text
    return ""


def _returned(tree: ast.Module) -> set[str]:
    """Return the texts of literals that functions of a program return as they stand."""
    found = (node.value for node in walk(tree) if isinstance(node, ast.Return) and node.value)
    return {str(value) for part in found if (value := _value(part)) not in _TRUTHS}


def _texts(tree: ast.Module, compared: bool = True) -> list[str]:
    """Return the texts that stand in a program, those in f-strings too, and those that are
    only ``compared`` with something."""
    nodes = list(walk(tree))
    compares = [node for node in nodes if isinstance(node, ast.Compare)]
    left_out = {id(part) for node in compares for part in walk(node) if not compared}
    texts = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in left_out]
    return [node.value for node in texts if isinstance(node.value, str)]


_PRINTING = ("print", "write")


def _printed(tree: ast.Module) -> set[str]:
    """Return the texts of literals that a program prints as they stand, or has something else
    print, such as what runs at its end."""
    shown: list[ast.expr] = []
    for node in walk(tree):
        if not isinstance(node, ast.Call):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if callee(node) in _PRINTING:
            shown += node.args
        elif any(getattr(p, "id", getattr(p, "attr", "")) in _PRINTING for p in given):
            shown += given
            shown += [e for p in given if isinstance(p, ast.Tuple | ast.List) for e in p.elts]
    found = {str(value) for part in shown if (value := _value(part)) is not _NO_LITERAL}
    # A program that prints both says by its branches which of them it is.
    return found - {"True", "False"} if {"True", "False"} <= found else found


def _value(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NO_LITERAL


def _new_keywords(old: Run, new: Run) -> Iterator[tuple[str, str]]:
    for path in sorted(set(new.calls) - set(old.calls)):
        function, _, keyword = path.rstrip(")").partition("(")
        if keyword.endswith("="):
            yield last_part(function), keyword[:-1]


def _outside(scene: Scene) -> frozenset[str]:
    """Return the functions of other packages, and the builtins, which only the new code uses:
    those that it imports anew, and others if the update names them."""
    old, new = module_names(scene.alignment.old), module_names(scene.alignment.new)
    found: set[str] = set()
    before = static_paths(scene.alignment.old)
    known = {path.partition(".")[0] for path in old.values()}
    fresh = {
        name
        for name, path in new.items()
        if old.get(name) != path
        and not any(map(_private, path.split(".")))
        and _supported(path, scene)
    }
    places = [site.new for site in scene.alignment.sites if site.new is not None]
    for node in (node for place in places for node in walk(place)):
        if isinstance(node, ast.Attribute) and (path := dotted(node, new)):
            foreign = path not in before and not path.startswith(f"{scene.package}.")
            top = path.partition(".")[0]
            if foreign and (top in known or _supported(path, scene)):
                found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            builtin = node.id in _BUILTINS and scene.claim.names(node.id)
            if node.id in fresh or (builtin and node.id not in _plain_names(scene)):
                found.add(node.id)
    for name in scene.new_names - scene.old_names:
        if scene.claim.names(name) and name not in _BUILTINS:
            found.add(name)
    return frozenset(found | _used_of(scene.alignment.new, fresh))


def _supported(path: str, scene: Scene) -> bool:
    """Return whether the entry, or what the library said, names a module or what is imported of
    it: another package that does the same as well is no replacement."""
    said = " ".join([scene.claim.text, *said_of_old(scene)])
    return any(_says(said, part) for part in path.split(".") if part)


def _plain_names(scene: Scene) -> set[str]:
    """Return the names that stand alone in the changed places of the old code."""
    places = [site.old for site in scene.alignment.sites if site.old is not None]
    return {node.id for place in places for node in walk(place) if isinstance(node, ast.Name)}


def _used_of(tree: ast.Module, bound: set[str]) -> set[str]:
    """Return what a program uses of names that its imports bind anew: the names themselves,
    and the attributes that it takes of them."""
    found = set()
    for node in walk(tree):
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
            if not _constant(site.new) or _may_be_literal(site.old, site.new, scene):
                yield site.new
        elif isinstance(site.new, ast.Assign | ast.AugAssign | ast.AnnAssign):
            if site.new.value is not None and not isinstance(site.new.value, ast.Name):
                yield site.new.value
        elif isinstance(site.new, ast.stmt):
            calls = (node for node in walk(site.new) if isinstance(node, ast.Call))
            yield from [node for node in calls if not _shows_literals(node)][:1]


def _may_be_literal(old: ast.AST | None, new: ast.expr, scene: Scene) -> bool:
    """Return whether a literal may stand in the place of an expression: of another literal, or
    of a name of the library where the entry tells each of its values."""
    if not isinstance(old, ast.expr) or _calls(old):
        return False
    modules = module_names(scene.alignment.old)
    library = any(dotted(node, modules) for node in walk(old) if isinstance(node, ast.Attribute))
    given = [str(node.value) for node in walk(new) if isinstance(node, ast.Constant)]
    return not library or all(_says(scene.claim.text, value) for value in given)


def _shows_literals(call: ast.Call) -> bool:
    """Return whether a builtin is called with literals alone, such as ``print('[1 2]')``."""
    arguments = [*call.args, *(part.value for part in call.keywords)]
    return getattr(call.func, "id", "") in _BUILTINS and all(map(_constant, arguments))


def _calls(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) for part in walk(node))


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
    return not any(isinstance(part, ast.Name | ast.Call | ast.Attribute) for part in walk(node))


def _private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _parts(site: Site) -> Iterator[ast.AST]:
    if site.new is not None:
        yield site.new
    calls = [pair[1] for pair in site.levels[:-1] if isinstance(pair[1], ast.Call)]
    if calls and not isinstance(site.new, ast.stmt):
        yield calls[-1]
