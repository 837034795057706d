"""What four runs show of an update, and whether it is the one that the entry is about.

The evidence is a call: what fails or warns or returns something else in one version and not
in the other, at a place where the new code no longer does so. A message only supports it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from recode_data.judge.alignment import Alignment, Site, local_names, module_names
from recode_data.judge.claim import Claim, identifiers
from recode_data.judge.comparison import brief_text, difference, mask, mask_addresses
from recode_data.judge.finding import Finding
from recode_data.judge.topic import same_topic
from recode_data.judge.trees import walk
from recode_data.records import Caught, Run

BEHAVIOURAL_KINDS = ("", "behaviour", "default_changed", "value_renamed", "keyword_only")

_OBSOLESCENCE = re.compile(
    r"deprecat|obsolete|remov|renam|replac|instead|no longer|will (?:change|be|raise|default)"
    r"|future|legacy|favou?r of|expired",
    re.IGNORECASE,
)
_LINKS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class FourRuns:
    """Both codes on both versions of the measured pair, all on one Python."""

    old_on_old: Run
    old_on_new: Run
    new_on_old: Run
    new_on_new: Run

    def items(self) -> list[tuple[str, Run]]:
        return [(name, getattr(self, name)) for name in self.__dataclass_fields__]


@dataclass(frozen=True)
class Scene:
    """An entry's programs, what they claim, and their four runs."""

    claim: Claim
    alignment: Alignment
    runs: FourRuns

    @cached_property
    def package(self) -> str:
        """The import name of the library, as the traces tell it."""
        paths = [*self.runs.old_on_old.calls, *self.runs.new_on_new.calls]
        tops = [path.partition(".")[0].partition("(")[0] for path in paths]
        return max(set(tops), key=tops.count) if tops else self.runs.old_on_old.library

    @cached_property
    def old_names(self) -> set[str]:
        """The names of an API at the places of the old code that the new one changes."""
        return self._names([site.old for site in self.alignment.sites], self.alignment.old)

    @cached_property
    def new_names(self) -> set[str]:
        """The same of the new code."""
        return self._names([site.new for site in self.alignment.sites], self.alignment.new)

    @property
    def changed(self) -> set[str]:
        """The names that only one of the codes has at the places where they differ."""
        return self.old_names ^ self.new_names

    @cached_property
    def around(self) -> set[str]:
        """The names that both codes have there, and the functions that are called there."""
        calls = {name for site in self.alignment.sites for name in _callees(site)}
        calls |= {site.keyword for site in self.alignment.sites if site.keyword}
        return (self.old_names & self.new_names) | calls

    @cached_property
    def spelled(self) -> frozenset[str]:
        """What the update has the codes spell in two ways: the names of its change, and texts
        in the place of one another that the entry names."""
        pairs = [(_text(site.old), _text(site.new)) for site in self.alignment.sites]
        named = [pair for pair in pairs if all(text and self.claim.names(text) for text in pair)]
        return self.claim.symbols.union(*named)

    @cached_property
    def foreign(self) -> str:
        """The other package that all changed places of the old code belong to, if any."""
        modules = module_names(self.alignment.old)
        tops = [_tops(site, modules) for site in self.alignment.sites if site.old is not None]
        told = [found - sys.stdlib_module_names for found in tops]
        told = [found for found in told if found]
        reached = (*self.runs.old_on_old.calls, *self.runs.new_on_new.calls)
        own = {path.partition(".")[0] for path in (*reached, self.package)}
        if not told or any(own & found for found in told) or len(told) < len(tops):
            return ""
        return sorted(told[0])[0]

    def _names(self, nodes: list[ast.AST | None], tree: ast.Module) -> set[str]:
        whole = {name for name, path in module_names(tree).items() if "." not in path}
        whole |= {self.package}
        return identifiers(nodes, whole | local_names(tree))

    def at(self, run: Run, span: tuple[int, ...]) -> set[str]:
        """Return the last parts of what a run reached where it failed or warned."""
        if not span:
            return set()
        near = [use for use in run.uses if _within(use.line, use.column, span)]
        return {use.path.rpartition(".")[2].rstrip("=") for use in near}

    def about(self, run: Run, message: str, span: tuple[int, ...]) -> bool:
        """Return whether what ``run`` said at ``span`` is what the entry speaks of."""
        here = self.at(run, span)
        if self._strays(here, message) or self._elsewhere(message, span):
            return False
        return self.claim.about(self.changed, self.around | here, f"{run.exception} {message}")

    def _elsewhere(self, message: str, span: tuple[int, ...]) -> bool:
        """Return whether something failed or warned at a place that the migration leaves as it
        is and that has nothing from the changed ones, and says nothing of what changed."""
        if not span or not self.reach or span[0] in self.reach:
            return False
        said = set(re.findall(r"\w+", message))
        named = self.changed | self.claim.symbols | self.claim.code
        return said.isdisjoint(named) and not same_topic(self.claim.topic, message)

    @cached_property
    def reach(self) -> set[int]:
        """The lines of the old code that the changed places stand in, or that use a name which
        is given there."""
        changed = [site.old_statement for site in self.alignment.sites if site.old_statement]
        given = {name for node in changed for name in _bound(node)}
        lines = {line for node in changed for line in _lines(node)}
        statements = [n for n in walk(self.alignment.old) if isinstance(n, ast.stmt)]
        for _ in statements:  # what is made of a name that is given there is given there too
            users = [node for node in statements if not given.isdisjoint(_read(node))]
            more = {name for node in users for name in _bound(node)} - given
            given |= more
            if not more:
                break
        for node in statements:
            if not isinstance(node, _BLOCKS) and not given.isdisjoint(_read(node)):
                lines |= _lines(node)
        return lines

    def _strays(self, here: set[str], message: str) -> bool:
        """Return whether what failed or warned was replaced beside what the entry names: the
        claim names another name that only the old code has, and none of those ``here``."""
        gone = self.old_names - self.new_names
        if not here & gone or any(map(self.claim.names, here)):
            return False
        said = set(re.findall(r"\w+", message))
        told = said.isdisjoint((self.claim.code | self.claim.symbols) - {self.package})
        return told and any(map(self.claim.names, gone - here))


_BLOCKS = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.With, ast.If, ast.Try)


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives to values or imports."""
    return set(local_names(node)) | set(module_names(node))


def _read(node: ast.AST) -> set[str]:
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}


def _lines(node: ast.AST) -> set[int]:
    """Return the lines of a statement, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([getattr(node, "lineno", 0), *(part.lineno for part in decorators)])
    return set(range(first, (getattr(node, "end_lineno", 0) or first) + 1))


def observe(scene: Scene, change_kind: str) -> Finding:
    """Return the kind of update that the runs show, or why they show none.

    Both codes must have run clean, the old one on the old version and the new one on the
    new.
    """
    runs = scene.runs
    after = runs.old_on_new
    if after.status != "clean":
        return _failing(scene)
    cured = cured_warnings(runs)
    for caught in cured:
        if scene.about(after, caught.message, caught.span):
            return _ours(scene, Finding("ok", told(caught), "deprecated"))
    changed, same = effect(runs, scene.spelled)
    claimed = change_kind or same
    if changed and claimed and change_kind in BEHAVIOURAL_KINDS:
        # A result changes somewhere behind the call that gives it: any name of the program may
        # be the one that the text is about.
        named = scene.around | identifiers([scene.alignment.old])
        related = bool(change_kind) or scene.claim.about(scene.changed, named, "")
        reason = "ok" if related else "off_topic"
        return _ours(scene, Finding(reason, changed, "behavioural"))
    if additive := _added(scene):
        return additive
    return _unseen(scene, cured, changed)


def _text(node: ast.AST | None) -> str:
    """Return the text that a node is, or nothing."""
    value = node.value if isinstance(node, ast.Constant) else ""
    return value if isinstance(value, str) else ""


def effect(runs: FourRuns, spelled: frozenset[str]) -> tuple[str, bool]:
    """Return what the old code does otherwise on the new version, empty for nothing, and
    whether the new code does there what the old one did before.

    What is shown decides; the variables do where nothing is printed. How a value is written
    is a difference too where the new code brings it back to the letter.
    """
    old, after, new = runs.old_on_old, runs.old_on_new, runs.new_on_new
    if not (old.stdout + after.stdout).strip():
        kept = {name: value for name, value in old.values.items() if name in new.values}
        old = replace(old, values=kept)  # what the new code does not have it does not bring back
        return difference(old, after, spelled), not difference(old, new, spelled)
    shown = [mask_addresses(run.stdout) for run in (old, after, new)]
    if shown[0] != shown[1] and shown[0] == shown[2]:
        return f"stdout: {brief_text(shown[0])} against {brief_text(shown[1])}", True
    silent = [replace(run, values={}) for run in (old, after, new)]
    return difference(silent[0], silent[1]), not difference(silent[0], silent[2])


def _failing(scene: Scene) -> Finding:
    run = scene.runs.old_on_new
    detail = failure(run)
    if run.status != "raised":
        return Finding("fails_other", detail)
    module = _missing_module(run)
    if module and module != scene.package and not scene.claim.names(module):
        return Finding("fails_other", detail)
    if not scene.about(run, run.message, run.span):
        return Finding("off_topic", detail, "breaking")
    if early := announced(scene.runs):
        detail += f"; the old version warns of it already: {told(early)}"
    return _ours(scene, Finding("ok", detail, "breaking"))


def _added(scene: Scene) -> Finding | None:
    """Return the addition that the new code shows by failing on the old version."""
    before = scene.runs.new_on_old
    if before.status != "raised":
        return None
    places = [site.new_statement for site in scene.alignment.sites if site.new_statement]
    if not any(_overlaps(place, before) for place in places):
        return None
    if not scene.claim.about(scene.changed, scene.around, before.message):
        return Finding("off_topic", failure(before), "additive")
    return Finding("ok", failure(before), "additive")


def _unseen(scene: Scene, cured: list[Caught], changed: str) -> Finding:
    """Return why no update is seen: warnings about something else, old ones, or nothing."""
    runs = scene.runs
    if cured:
        return Finding("off_topic", told(cured[0]), "deprecated")
    if early := announced(runs):
        return Finding("old_warns", told(early))
    for caught in fresh_warnings(runs):
        reason = "new_warns" if scene.about(runs.old_on_new, caught.message, caught.span) else ""
        return Finding(reason or "warns_other", told(caught))
    return Finding("inert", changed)


def _ours(scene: Scene, finding: Finding) -> Finding:
    """Refuse an update of another library than the entry's."""
    if finding.reason == "ok" and scene.foreign:
        return Finding("off_topic", f"what changed belongs to {scene.foreign}", finding.kind)
    return finding


def obsolescence(caught: Caught) -> bool:
    """Return whether a warning announces an update rather than a numerical accident."""
    kind = caught.category
    if "Deprecat" in kind or kind == "FutureWarning":
        return True
    return kind != "RuntimeWarning" and bool(_OBSOLESCENCE.search(caught.message))


def fresh_warnings(runs: FourRuns) -> list[Caught]:
    """Return the announcements of the old code on the new version that it had not on the old."""
    known = {warning_key(caught) for caught in runs.old_on_old.warnings}
    return [
        caught
        for caught in runs.old_on_new.warnings
        if obsolescence(caught) and warning_key(caught) not in known
    ]


def cured_warnings(runs: FourRuns) -> list[Caught]:
    """Return those of the `fresh_warnings` that the new code has not."""
    left = {warning_key(caught) for caught in runs.new_on_new.warnings}
    return [caught for caught in fresh_warnings(runs) if warning_key(caught) not in left]


def announced(runs: FourRuns) -> Caught | None:
    """Return an announcement of the old code on the old version that the new code has not."""
    left = {warning_key(caught) for caught in runs.new_on_new.warnings}
    left |= {warning_key(caught) for caught in runs.new_on_old.warnings}
    for caught in runs.old_on_old.warnings:
        if obsolescence(caught) and warning_key(caught) not in left:
            return caught
    return None


def warning_key(caught: Caught) -> tuple[str, str]:
    """Return what makes two warnings the same: category and text, without links to pages of
    one version, and without numbers."""
    text = re.sub(r"\d+", "0", _LINKS.sub("", mask(caught.message)))
    return caught.category, " ".join(text.split())


def told(caught: Caught) -> str:
    """Return a warning as one line."""
    return f"{caught.category}: {' '.join(caught.message.split())}"


def failure(run: Run) -> str:
    """Return one line that says how ``run`` ended."""
    if run.status != "raised":
        return f"{run.status} on {run.library} {run.version}"
    text = " ".join(mask(run.message).split())
    return f"{run.exception}: {text} (line {run.line}, {run.library} {run.version})"


_NO_MODULE = re.compile(r"No module named '?([\w.]+)'?")


def _missing_module(run: Run) -> str:
    """Return the top of the module that a run could not import, empty for another failure."""
    if run.exception not in ("ModuleNotFoundError", "ImportError"):
        return ""
    found = _NO_MODULE.search(run.message)
    return found[1].partition(".")[0] if found else ""


def _callees(site: Site) -> set[str]:
    """Return the names of the functions that are called at a place and right around it."""
    nodes: list[ast.AST | None] = [site.old]
    calls = [pair[0] for pair in site.levels[:-1] if isinstance(pair[0], ast.Call)]
    nodes += [call.func for call in calls[-1:]]
    return {
        name
        for node in nodes
        if node is not None
        for part in walk(node)
        if (name := _last_name(part))
    }


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return node.func.id if isinstance(node.func, ast.Name) else _last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else ""


def _tops(site: Site, modules: Mapping[str, str]) -> set[str]:
    """Return the packages that a place names: in what stands there and what is called on it;
    none where a method of a value is called, whose package is not written."""
    lead = site.old.func if isinstance(site.old, ast.Call) else site.old
    if isinstance(lead, ast.Attribute) and _of_value(lead, modules):
        return set()
    nodes: list[ast.AST | None] = [site.old]
    calls = [pair[0] for pair in site.levels[:-1] if isinstance(pair[0], ast.Call)]
    nodes += [call.func for call in calls[-1:]]
    found = set()
    for root in nodes:
        for node in walk(root) if root is not None else ():
            if isinstance(node, ast.Name) and node.id in modules:
                found.add(modules[node.id].partition(".")[0])
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
            elif isinstance(node, ast.alias) and isinstance(root, ast.Import):
                found.add(node.name.partition(".")[0])
    return found


def _of_value(node: ast.Attribute, modules: Mapping[str, str]) -> bool:
    """Return whether an attribute is taken of a value and not of a module."""
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        root = root.value
    return not (isinstance(root, ast.Name) and root.id in modules)


def _within(line: int, column: int, span: tuple[int, ...]) -> bool:
    if len(span) < 4:
        return line == span[0]
    return (span[0], span[1]) <= (line, column) < (span[2], span[3])


def _overlaps(statement: ast.stmt, run: Run) -> bool:
    """Return whether a run ended within a statement."""
    return run.line in _lines(statement)
