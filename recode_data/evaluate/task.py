"""A task made of an entry: write the program from its description, with what the new version
offers, without having seen the old code.

What only one of the codes has is left out of the program and described: by the library's own
first sentence about what belongs there, and by the values that it is made of. Whether an answer
used the new or the old API is read from the trace of its run. An entry of which either cannot
be told is refused, with the reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from recode_data.evaluate.documentation import Documented, parameter_text
from recode_data.judge.alignment import (
    Alignment,
    covers,
    dotted,
    imported_paths,
    module_names,
    written_names,
)
from recode_data.judge.claim import unusual
from recode_data.judge.comparison import mask_addresses
from recode_data.judge.verdict import aligned
from recode_data.library import Library
from recode_data.records import Entry, Run
from recode_data.usage.documented import summary

MOST_OUTPUT = 2000
"""Characters of the output that a task shows."""
FEWEST_WORDS = 3
"""Words of a description, without those that would give a name away."""
BLANK = "___{}___"
COMPLAINT = "!"
"""Stands between a path and what a call of it raised, or the category of its warning."""
_IMPORTS = ast.Import | ast.ImportFrom


class Refusal(StrEnum):
    """Why an entry makes no task."""

    FAILS = "the reference does not run clean in the new version"
    SHAPE = "what changed is no expression of the program"
    SAME_NAMES = "what changed reaches nothing of a library in the new code"
    NO_OLD_NAME = "the old code reaches nothing of the library that the new one does not"
    UNDOCUMENTED = "the library's documentation does not say what the new API does"
    PARAMETER = "the library's documentation does not say what the new parameter does"
    NAMED = "the description cannot do without the name that is asked for"
    UNFAIR = "the judge refuses the reference where it is written otherwise"
    SILENT = "the reference prints nothing that an answer could be held against"


@dataclass(frozen=True, slots=True)
class Api:
    """What a trace shows of the update: paths as `Run.calls` has them."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    def use(self, run: Run, code: str) -> str:
        """Return which of them a program reached when it ran: ``old``, ``new``, ``both`` or
        ``neither``. A failing import of the old API counts as its use, and so does a call of
        the old form, which fails or warns as it did for the old code."""
        calls = set(run.calls) | _not_reached(run, code)
        old = _reached(self.old, self.new, calls | _complaints(run))
        new = _reached(self.new, self.old, calls)
        return "both" if old and new else "old" if old else "new" if new else "neither"

    @property
    def asks(self) -> str:
        """What an answer has to know: another ``name`` or keyword; that an ``argument`` is left
        out, which nobody gives who has not seen old code; or another ``form`` of the same call."""
        names = {path.partition("(")[0] for path in self.new}
        old = {path for path in self.old if COMPLAINT not in path}
        if not old:
            return "form"
        if any("(" in path for path in self.new):
            return "name"
        left_out = all("(" in path and path.partition("(")[0] in names for path in old)
        return "argument" if left_out else "name"


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked, and what an answer's run is held against."""

    description: str
    """What the program does, in words; empty where they would name the API."""
    frame: str
    """The program without what changed."""
    blanks: tuple[str, ...]
    """What belongs into each blank of the frame."""
    output: str
    """What the program prints in the new version; empty where that would name the API."""
    api: Api
    documented: tuple[Documented, ...]
    """Signature and docstring of the new API in the new version."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A task that lacks what the library says of its names."""

    entry: Entry
    reference: Run
    api: Api
    holes: tuple[ast.expr, ...]
    removed: tuple[ast.stmt, ...]
    """Imports that differ."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The names whose documentation describes the task."""
        found = {path.partition("(")[0] for path in self.api.new}
        own = self.entry.new_symbol
        return tuple(sorted(found | ({own} if own else set())))

    @property
    def secret(self) -> frozenset[str]:
        """The names that a question must not show."""
        old, new = (
            {name for path in paths for name in _names(path.partition(COMPLAINT)[0])}
            for paths in (self.api.old, self.api.new)
        )
        return frozenset(old ^ new)


def sketch(entry: Entry, reference: Run, old: Run) -> Sketch | Refusal:
    """Return what the runs of both codes in the new version tell of a task."""
    if reference.status != "clean":
        return Refusal.FAILS
    if not reference.stdout.strip():
        return Refusal.SILENT
    alignment = aligned(entry.old_code, entry.new_code)
    places = _holes(alignment)
    if places is None:
        return Refusal.SHAPE
    holes, removed = places
    moved = {entry.old_symbol.rpartition(".")[2], entry.new_symbol.rpartition(".")[2]}
    old_imports = [s.old for s in alignment.sites if isinstance(s.old, _IMPORTS)]
    new = _own(
        reference,
        old,
        [*holes, *_uses_of(removed, alignment.new)],
        _written(alignment.old, entry.new_keyword) - moved - _bound_by(old_imports),
    )
    gone = [site.old for site in alignment.sites if site.old is not None]
    before = _own(
        old,
        reference,
        [*(_whole(node, alignment.old) for node in gone), *_uses_of(old_imports, alignment.old)],
        _written(alignment.new, entry.old_keyword) - moved - _bound_by(removed),
    )
    if entry.old_symbol:
        keyword = f"({entry.old_keyword}=)" if entry.old_keyword else ""
        before |= {entry.old_symbol + keyword} - set(reference.calls)
    before |= _not_reached(old, entry.old_code) if not before else set()
    if not new:  # the same function in another form, by another path, or without an argument
        if not (new := _kept(reference, holes, removed, alignment.new) - before):
            holes = _calls_around(holes, alignment.new)
            new = _kept(reference, holes, removed, alignment.new) - before
        before = before or {found for found in _complaints(old) if _called(found) in new}
    if not new:
        return Refusal.SAME_NAMES
    api = Api(tuple(sorted(before)), tuple(sorted(new)))
    if not before or api.use(reference, entry.new_code) != "new":
        return Refusal.NO_OLD_NAME
    return Sketch(entry, reference, api, holes, removed)


def with_other_packages(library: Library, entry: Entry) -> tuple[str, ...]:
    """Return the top packages of a library, and those that an entry's update leads to or from."""
    roots = {path.partition(".")[0] for path in (entry.old_symbol, entry.new_symbol) if path}
    return (*library.packages, *sorted(roots.difference(library.packages)))


def task_of(made: Sketch, documented: Mapping[str, Documented]) -> Task | Refusal:
    """Return the task of a sketch, told in the words of the library's documentation."""
    secret, own = made.secret, _neutral(made)
    numbers: dict[str, int] = {}
    blanks, cuts = [], []
    for hole in made.holes:
        key = ast.dump(hole)
        if key not in numbers:
            numbers[key] = len(numbers) + 1
            told = _described(hole, made, documented, own)
            if isinstance(told, Refusal):
                return told
            blanks.append(f"`{BLANK.format(numbers[key])}`: {told}")
        cuts.append((hole, BLANK.format(numbers[key])))
    unbound = sorted(_left_unbound(made))
    blanks += [f"`{name}` is imported from where this version has it." for name in unbound]
    cuts += _renamings(made, own)
    frame = _frame(made.entry.new_code, cuts, made.removed)
    if _gives_away(frame, secret):
        return Refusal.NAMED
    output = made.reference.stdout.rstrip()
    described = made.entry.description.strip()
    return Task(
        "" if _gives_away(described, secret) else described,
        frame,
        tuple(blanks),
        output if _may_be_shown(output, secret) else "",
        _with_aliases(made.api, documented),
        tuple(documented[path] for path in made.paths if path in documented),
    )


def _may_be_shown(output: str, secret: Collection[str]) -> bool:
    """Return whether a task may show what its program prints: an address is another next time."""
    told = len(output) <= MOST_OUTPUT and mask_addresses(output) == output
    return told and not _gives_away(output, secret)


def _with_aliases(api: Api, documented: Mapping[str, Documented]) -> Api:
    """Return what a trace may show of the new API, by all names of the same objects."""
    found = set(api.new)
    for path in api.new:
        name, bracket, keyword = path.partition("(")
        told = documented.get(name)
        found |= {f"{other}{bracket}{keyword}" for other in (told.aliases if told else ())}
    return Api(api.old, tuple(sorted(found - set(api.old))))


def _holes(alignment: Alignment) -> tuple[tuple[ast.expr, ...], tuple[ast.stmt, ...]] | None:
    """Return the expressions of the new code that hold what changed, outermost only, and the
    imports that differ; None where anything else differs."""
    parents = _parents(alignment.new)
    found: list[ast.expr] = []
    removed: list[ast.stmt] = []
    for site in alignment.sites:
        statement = site.new if isinstance(site.new, ast.stmt) else site.new_statement
        if isinstance(statement, _IMPORTS) or isinstance(site.old, _IMPORTS):
            removed += [statement] if isinstance(statement, _IMPORTS) else []
            continue
        whole = _whole(site.new, alignment.new, parents)
        if not isinstance(whole, ast.expr):
            return None
        found.append(whole)
    outer = [node for node in found if not any(_inside(node, other) for other in found)]
    unique = list({id(node): node for node in outer}.values())
    if any(_within_text(node, parents) for node in unique):
        return None
    unique.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(unique), tuple(dict.fromkeys(removed))


def _parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def _whole(
    node: ast.AST | None, tree: ast.Module, parents: dict[ast.AST, ast.AST] | None = None
) -> ast.AST | None:
    """Return the call, or the name, that a place where programs differ is a part of."""
    if node is None:
        return None
    above = _parents(tree) if parents is None else parents
    modules = module_names(tree)
    while isinstance(node, ast.Name | ast.Attribute) and isinstance(
        parent := above.get(node), ast.Attribute
    ):
        if not dotted(parent, modules):
            break
        node = parent
    parent = above.get(node)
    if isinstance(node, ast.keyword) and parent is not None:
        return parent
    return parent if isinstance(parent, ast.Call) and parent.func is node else node


def _within_text(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Return whether a node stands in an f-string, whose parts older Pythons place wrongly."""
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.JoinedStr):
            return True
    return False


def _uses_of(imports: Iterable[ast.stmt], tree: ast.Module) -> list[ast.AST]:
    """Return the imports and the places that use what they bind."""
    nodes = list(imports)
    bound = {name for node in nodes for name in module_names(node)}
    users = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in bound]
    return [*nodes, *users]


def _bound_by(imports: Iterable[ast.AST]) -> set[str]:
    """Return the names that imports take one by one."""
    return {path.rpartition(".")[2] for node in imports for path in module_names(node).values()}


def _own(
    run: Run, other: Run, places: Iterable[ast.AST | None], shared: Collection[str]
) -> set[str]:
    """Return the names that only ``run`` reached, at ``places``; where there is none, the
    keywords that only it passed there.

    The other run may have ended before it came to what both programs use: names and keywords
    (``axis=``) that stand in the other program are ``shared``. A module is left out beside a
    name of it.
    """
    places = list(places)
    here = [
        use.path
        for use in run.uses
        if any(place is not None and covers(place, use.line, use.column) for place in places)
    ]
    plain = {path.rstrip("=") for path in here}
    names = {p for p in plain if p not in other.calls and p.rpartition(".")[2] not in shared}
    if names:
        return {p for p in names if not any(one.startswith(f"{p}.") for one in names)}
    passed = {path for path in run.calls if path.endswith("=)")} - set(other.calls)
    split = {path: path.rstrip(")").partition("(") for path in passed}
    return {path for path, (name, _, word) in split.items() if name in plain and word not in shared}


def _written(tree: ast.Module, but: str) -> set[str]:
    """Return the names that stand in a program and the keywords, as ``axis=``, that it passes;
    the keyword ``but`` is what changed."""
    words = {f"{node.arg}=" for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    return written_names(tree) | words - {f"{but}="}


def _kept(
    run: Run, holes: Iterable[ast.expr], removed: Iterable[ast.stmt], tree: ast.Module
) -> set[str]:
    """Return the names that a run reached at the very beginning of ``holes`` and where what
    ``removed`` imports is used: the functions that are called there, not what is given to them."""
    modules = module_names(tree)
    found = set()
    for node in [*holes, *_uses_of(removed, tree)]:
        head = node.func if isinstance(node, ast.Call) else node
        if isinstance(head, ast.Attribute):
            leaf = head.attr
        elif isinstance(head, ast.Name):
            leaf = modules.get(head.id, head.id).rpartition(".")[2]
        else:
            continue
        found |= {
            use.path
            for use in run.uses
            if (use.line, use.column) == (head.lineno, head.col_offset) and _leaf(use.path) == leaf
        }
    return found


def _calls_around(holes: Iterable[ast.expr], tree: ast.Module) -> tuple[ast.expr, ...]:
    """Return the calls that expressions are given to, themselves where there is none."""
    parents = _parents(tree)
    found: dict[ast.expr, None] = {}
    for hole in holes:
        node: ast.AST | None = parents.get(hole)
        while isinstance(node, ast.expr | ast.keyword) and not isinstance(node, ast.Call):
            node = parents.get(node)
        found[node if isinstance(node, ast.Call) else hole] = None
    return tuple(node for node in found if not any(_inside(node, other) for other in found))


def _inside(node: ast.AST, other: ast.AST) -> bool:
    return node is not other and any(part is node for part in ast.walk(other))


def _complaints(run: Run) -> set[str]:
    """Return what a run raised and was warned of, each with the paths on its line."""
    told = [(run.line, run.exception)] if run.exception else []
    told += [(caught.line, caught.category) for caught in run.warnings]
    reached = [(use.line, use.path) for use in run.uses]
    return {f"{path}{COMPLAINT}{what}" for line, what in told for at, path in reached if at == line}


def _called(complaint: str) -> str:
    return complaint.partition(COMPLAINT)[0]


def _not_reached(run: Run, code: str) -> set[str]:
    """Return the paths on the line at which a run ended for want of a name or a module."""
    imports = run.exception in ("ImportError", "ModuleNotFoundError")
    if not imports and run.exception != "AttributeError":
        return set()
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    modules, found = module_names(tree), set()
    for node in ast.walk(tree):
        if getattr(node, "lineno", 0) != run.line:
            continue
        if imports and isinstance(node, _IMPORTS):
            found |= imported_paths(node)
        elif not imports and isinstance(node, ast.Attribute):
            found.add(dotted(node, modules))
    return {path for path in found if path and path not in run.calls}


def _leaf(path: str) -> str:
    """Return the last part of a path with the keyword, if it has one: ``sum(axis=)``."""
    name, bracket, rest = path.partition("(")
    return name.rpartition(".")[2] + bracket + rest


def _names(path: str) -> set[str]:
    """Return the bare names of the last part of a path."""
    name, _, keyword = path.rstrip(")").partition("(")
    return {name.rpartition(".")[2], keyword.rstrip("=")} - {""}


def _reached(wanted: Collection[str], others: Collection[str], calls: AbstractSet[str]) -> bool:
    """Return whether one of ``wanted`` was reached, by its path or, where the ``others`` have
    another last part, by that: a class may have it from another one. What a name lies in, a
    module of the same last part, is not that name."""
    leaves = {_leaf(path) for path in wanted} - {_leaf(path) for path in others}
    outer = {call for call in calls if any(path.startswith(f"{call}.") for path in wanted)}
    return any(call in wanted or _leaf(call) in leaves for call in calls - outer)


def _described(
    hole: ast.expr, made: Sketch, documented: Mapping[str, Documented], own: Mapping[str, str]
) -> str | Refusal:
    """Return what belongs into a blank, in the library's words and with what it is made of;
    ``own`` is what the program's variables are called in the question."""
    secret = made.secret
    reached = {use.path for use in made.reference.uses if covers(hole, use.line, use.column)}
    mine = [path for path in made.api.new if path.partition("(")[0] in reached]
    if not mine:
        return Refusal.SAME_NAMES
    words = ""
    for path in sorted(mine, key=lambda p: (p.partition("(")[0] != made.entry.new_symbol, len(p))):
        found = documented.get(path.partition("(")[0])
        words = words or (_masked(summary(found.doc), secret) if found and found.doc else "")
    if len(re.findall(r"[A-Za-z]{2,}", words)) < FEWEST_WORDS:
        return Refusal.UNDOCUMENTED
    keywords = {path.rpartition("(")[2].rstrip("=)") for path in mine if "(" in path}
    parts = [f"what the documentation describes as “{words.rstrip('.')}”"]
    if not isinstance(hole, ast.Call):
        return f"{parts[0]}."
    modules = module_names(ast.parse(made.entry.new_code))
    receiver = hole.func.value if isinstance(hole.func, ast.Attribute) else None
    if receiver is not None and not _names_a_module(receiver, modules):
        parts.append(f"on `{_source(receiver, own)}`")
    given = [_source(part, own) for part in hole.args]
    given += [_source(part, own) for part in hole.keywords if part.arg not in keywords]
    if given:
        parts.append("of " + ", ".join(f"`{text}`" for text in given))
    for part in hole.keywords:
        if part.arg not in keywords:
            continue
        texts = [
            parameter_text(found.doc, part.arg or "")
            for path in mine
            if (found := documented.get(path.partition("(")[0]))
        ]
        about = _masked(_first_sentences(next(filter(None, texts), "")), secret)
        if len(re.findall(r"[A-Za-z]{2,}", about)) < FEWEST_WORDS:
            return Refusal.PARAMETER
        value = _source(part.value, own)
        parts.append(
            f"with `{value}`, by its name, for the parameter that is described as “{about}”"
        )
    told = ", ".join(parts) + "."
    return Refusal.NAMED if _gives_away(told, secret) else told


def _neutral(made: Sketch) -> dict[str, str]:
    """Return new names for the program's own variables that are called as what is asked for:
    ``shape`` in ``shape = (3, 4)``, where the keyword ``shape=`` is the answer."""
    nodes = list(ast.walk(ast.parse(made.entry.new_code)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    others = {name for node in nodes for name in _otherwise_bound(node)}
    wanted = sorted(stored & made.secret - others)
    taken = {node.id for node in names} | others
    free = (name for number in count(1) if (name := f"value_{number}") not in taken)
    return dict(zip(wanted, free, strict=False))


def _otherwise_bound(node: ast.AST) -> set[str]:
    """Return the names that a node gives or takes by another way than an assignment."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return {node.name or ""}
    if isinstance(node, ast.Global | ast.Nonlocal):
        return set(node.names)
    if isinstance(node, ast.JoinedStr):  # older Pythons place what stands in it wrongly
        return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    if isinstance(node, _IMPORTS):
        return set(module_names(ast.Module([node], [])))
    return {node.arg} if isinstance(node, ast.arg) else set()


def _renamings(made: Sketch, own: Mapping[str, str]) -> list[tuple[ast.expr, str]]:
    """Return the places outside of the blanks at which a variable gets another name."""
    inside = [*made.holes, *made.removed]
    return [
        (node, own[node.id])
        for node in ast.walk(ast.parse(made.entry.new_code))
        if isinstance(node, ast.Name) and node.id in own
        and not any(covers(one, node.lineno, node.col_offset) for one in inside)
    ]  # fmt: skip


def _source(node: ast.AST, own: Mapping[str, str]) -> str:
    """Return the source of a part of a program, its variables called as ``own`` tells."""
    node = deepcopy(node) if own else node
    for part in ast.walk(node) if own else ():
        if isinstance(part, ast.Name):
            part.id = own.get(part.id, part.id)
    return ast.unparse(node)


def _first_sentences(text: str) -> str:
    """Return the beginning of a text, up to the end of a sentence."""
    cut = text[:240]
    end = max(cut.rfind(". "), cut.rfind("."))
    return cut if len(text) <= 240 or end < 20 else cut[: end + 1]


def _names_a_module(node: ast.expr, modules: Mapping[str, str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in modules
    return isinstance(node, ast.Attribute) and bool(dotted(node, dict(modules)))


def _masked(text: str, secret: Collection[str]) -> str:
    """Return a text in which names that it marks as code, or that are no English words, are
    left out."""
    plain = re.sub(r":[\w:]+:`~?([^`<]+)(?:<[^`]*>)?`", r"`\1`", text)
    for name in sorted(secret, key=len, reverse=True):
        if unusual(name):
            plain = re.sub(rf"\b{re.escape(name)}\b", "…", plain)
        else:
            plain = re.sub(
                rf"`+[^`]*\b{re.escape(name)}\b[^`]*`+|\b{re.escape(name)}\(", "…", plain
            )
    return " ".join(plain.replace("``", "`").split())


def _gives_away(text: str, secret: Collection[str]) -> bool:
    """Return whether a text names what it must not: as code, or as no English word."""
    return _masked(text, secret) != " ".join(text.replace("``", "`").split()) or any(
        re.search(rf"[.=\s(]{re.escape(name)}\s*[(=]|\.{re.escape(name)}\b", text)
        for name in secret
    )


def _left_unbound(made: Sketch) -> set[str]:
    """Return the names of removed imports that the frame still uses."""
    tree = ast.parse(made.entry.new_code)
    inside = {
        (part.lineno, part.col_offset)
        for hole in made.holes
        for part in ast.walk(hole)
        if isinstance(part, ast.Name)
    }
    read = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and (node.lineno, node.col_offset) not in inside
    }
    old = module_names(ast.parse(made.entry.old_code))
    return {name for node in made.removed for name in module_names(node)} & read & old.keys()


def _frame(code: str, holes: Iterable[tuple[ast.expr, str]], removed: Iterable[ast.stmt]) -> str:
    """Return a program whose ``holes`` are blanks, without the ``removed`` statements."""
    lines = [line.encode() for line in code.splitlines(keepends=True)]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    text = b"".join(lines)
    cuts = [(node, blank.encode()) for node, blank in holes] + [(node, b"") for node in removed]
    for node, blank in sorted(cuts, key=lambda c: (c[0].lineno, c[0].col_offset), reverse=True):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        text = text[:begin] + blank + text[end:]
    return re.sub(r"\n{3,}", "\n\n", text.decode()).strip()


def rewritten(code: str) -> str:
    """Return a program that does the same and is written otherwise: what it prints has a name
    of its own first. A program that prints no single expression is returned as it is."""
    tree = ast.parse(code)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found: list[ast.stmt] = []
    for number, node in enumerate(tree.body):
        name = f"shown_{number}"
        value = _printed(node)
        if value is None or name in names:
            found.append(node)
        else:
            found += ast.parse(f"{name} = {ast.unparse(value)}\nprint({name})").body
    return ast.unparse(ast.Module(found, []))


def _printed(node: ast.stmt) -> ast.expr | None:
    """Return the one expression that a statement prints, if it does nothing else."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or getattr(call.func, "id", "") != "print":
        return None
    one = len(call.args) == 1 and not call.keywords
    return call.args[0] if one and not isinstance(call.args[0], ast.Starred) else None
