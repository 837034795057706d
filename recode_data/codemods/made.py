"""Programs that are made where nobody's use of a symbol does: a call with arguments made for what
its parameters are called and annotated, of those that run on the old version and show something.

What an example makes of a class is taken before what its constructor alone makes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from recode_data.api.snapshot import ApiSymbol
from recode_data.api.symbols import Symbols, VersionSymbols
from recode_data.codemods.candidates import Base, Usage
from recode_data.codemods.recipes import Plan, Recipe
from recode_data.codemods.values import is_placeholder
from recode_data.execute import Executor, Probe
from recode_data.execute.job import PROBE
from recode_data.records import Environment
from recode_data.usage import Snippet
from recode_data.usage.dependences import line_of, names_in, needed_lines
from recode_data.usage.example import Import, Statement
from recode_data.usage.imports import read_imports
from recode_data.usage.slicing import LONGEST, program, reaches_outside

SETUPS = 8
"""Examples that are tried for an object of a class."""
SUBCLASSES = 5
"""Classes below another whose objects are tried for its members."""
BINDINGS = 2
LOOKED_AT = 40
"""Examples with a parameter's name that are looked at."""
LONG = 12
"""Lines that what binds a parameter's name has at most."""
AT_ONCE = 20
"""Callables that are asked of one process."""
PATIENCE = 500.0
"""Seconds for these."""
_SOURCE = Path(__file__).parent / "target" / "calls.py"
_PROBE = """
import os, types
os.dup2(2, 1)
calls = types.ModuleType("calls")
exec(compile(%r, "calls.py", "exec"), vars(calls))
answer = calls.main(%r)
"""


class Made(BaseModel):
    """A call that ran, as the sandbox tells it."""

    before: str
    """The program before it, which makes the receiver."""
    receiver: str
    call: str
    shows: list[str]
    """Expressions that show what came of it, the call's result in place of ``{}``."""
    statement: bool
    """It gives nothing, and what it changed is shown."""
    imports: dict[str, tuple[str, str]]


_ANSWER = TypeAdapter(list[list[Made]])


@dataclass(frozen=True)
class Wish:
    """A call that is wanted for a recipe."""

    recipe: Recipe
    path: str
    keyword: str = ""
    """Given by name."""
    like: str = ""
    """Source of a default that ``keyword`` or its new name has in some version."""
    other: str = ""
    """``keyword=value`` with which the call must give something else."""

    def told(self, usage: Usage, symbols: Symbols, version: str) -> dict[str, Any]:
        """Return the wish as the sandbox reads it."""
        owner = self.path.rpartition(".")[0]
        kinds = [owner, *subclasses(symbols, owner)] if self.recipe.member else []
        return {
            "path": self.path,
            "keyword": self.keyword,
            "like": self.like,
            "other": self.other,
            "kinds": kinds[1:],
            "setups": [
                *[code for kind in kinds for code in setups(usage, kind, version)][:SETUPS],
                *(bindings(usage, _required(symbols.get(self.path))) if not kinds else ()),
            ],
        }


def wishes(plan: Plan, facts: Iterable[Symbols]) -> list[Wish]:
    """Return the calls that would show a change, for the recipes that can use one; ``facts`` say
    what each version tells of the symbols."""
    like = _default(plan, facts)
    found: list[Wish] = []
    for recipe in plan.recipes:
        bare = replace(recipe, side="both")
        if recipe.rule == "keyword_only":
            if recipe.side == "new" and not recipe.last:
                continue
            found += [Wish(bare, plan.old_symbol, name) for name in plan.by_name[:2]]
        elif recipe.rule == "keyword_default":
            if recipe.side == "old" and plan.change.new_value:
                other = f"{plan.change.old_keyword}={plan.change.new_value}"
                found.append(Wish(bare, plan.old_symbol, other=other))
        elif recipe.rule == "keyword_put_in":
            found.append(Wish(bare, plan.old_symbol))
        elif recipe.side == "old" and recipe.symbol == plan.old_symbol and _fits(recipe, plan):
            found.append(Wish(bare, plan.old_symbol, recipe.keyword, like))
    return found


def _default(plan: Plan, facts: Iterable[Symbols]) -> str:
    """Return a default of a keyword, or of the one that takes its place, that tells its type."""
    names = [(plan.old_symbol, plan.old_keyword), (plan.new_symbol, plan.new_keyword)]
    found = [
        parameter.default
        for told in facts
        for path, keyword in names
        if (symbol := told.get(path)) and (parameter := symbol.parameter(keyword))
    ]
    plain = (one for one in found if one not in ("", "None") and not is_placeholder(one))
    return next(plain, "")


def _fits(recipe: Recipe, plan: Plan) -> bool:
    """Tell whether any value of a keyword will do: what is left out has to do nothing, and only
    values of which that is known are put in."""
    return not recipe.keyword or bool(plan.new_keyword and not plan.value[0])


def subclasses(symbols: Symbols, owner: str) -> list[str]:
    """Return the paths of the classes below one, the nearest to it first."""
    if not isinstance(symbols, VersionSymbols):
        return []
    snapshot = symbols.snapshot
    binding = snapshot.find(owner)
    if binding is None:
        return []
    below = [
        path
        for identity, path in snapshot.home.items()
        if binding.identity in snapshot.objects.get(identity, {}).get("bases", ())
    ]
    public = [path for path in below if not any(part[0] == "_" for part in path.split("."))]
    return sorted(public, key=lambda path: (path.count("."), path))[:SUBCLASSES]


def setups(usage: Usage, kind: str, version: str) -> Iterator[str]:
    """Yield programs of examples that make an object of a class, without what they print."""
    recipe = Recipe("rename", kind, "old", lambda *_: [])
    for base in usage.bases(recipe, version)[:SETUPS]:
        tree = ast.parse(base.snippet.code)
        body = [node for node in tree.body if not _prints(node)]
        yield ast.unparse(ast.Module(body, [])) + "\n"
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                kind.rpartition(".")[2]
            ):
                name = kind.rpartition(".")[2].lower()
                name += "_" if re.search(rf"\b{name}\b", base.snippet.code) else ""
                lifted = ast.parse(f"{name} = {ast.unparse(node)}").body
                yield ast.unparse(ast.Module([*body, *lifted], [])) + "\n"
                break


def _required(symbol: ApiSymbol | None) -> list[str]:
    """Return the names of the parameters that a callable must be given."""
    given = symbol.parameters if symbol else ()
    return [p.name for p in given if not p.optional and not p.variadic and p.name != "self"]


def bindings(usage: Usage, names: Sequence[str]) -> Iterator[str]:
    """Yield programs of examples that bind one of some names, at most `BINDINGS` for each: what is
    called so there is what a parameter of that name takes."""
    for name in names:
        found: set[str] = set()
        for example in usage.by_word.get(name, ())[:LOOKED_AT]:
            lines = [line_of(statement) for statement in example.statements]
            at = next((n for n, line in enumerate(lines) if name in line.binds), None)
            if at is None:
                continue
            imports = dict(example.imports)
            needed = needed_lines(lines, at, set(lines[at].reads), set(imports))
            body = [lines[number].source for number in (*needed, at)]
            code = program(body, imports, {})
            if code and code.count("\n") < LONG and not reaches_outside(code):
                found.add(code)
            if len(found) >= BINDINGS:
                break
        yield from sorted(found, key=lambda code: (len(code), code))


def _prints(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) == "print"


def made_bases(
    executor: Executor,
    environment: Environment,
    symbols: Symbols,
    wished: Mapping[int, Sequence[Wish]],
    usage: Usage,
) -> dict[int, list[Base]]:
    """Return programs for wishes, by the same key: calls that ran in an environment.

    Everything of the library runs in the executor's sandbox. What gives no valid answer has
    no programs.
    """
    numbered = [(key, wish) for key, wishes in wished.items() for wish in wishes]
    asked: dict[str, dict[str, Any]] = {}
    for _, wish in numbered:
        asked.setdefault(_key(wish), wish.told(usage, symbols, environment.version))
    answers = _asked(executor, environment, asked)
    found: dict[int, list[Base]] = {key: [] for key in wished}
    for key, wish in numbered:
        for made in answers.get(_key(wish), ()):
            if code := written(made):
                snippet = Snippet(code, "", "test", wish.recipe.leaf, "", "", made.shows[0])
                found[key].append(Base(wish.recipe, snippet))
    return found


def _key(wish: Wish) -> str:
    return f"{wish.path}({wish.keyword}={wish.other})"


def _asked(
    executor: Executor, environment: Environment, asked: Mapping[str, dict[str, Any]]
) -> dict[str, list[Made]]:
    found: dict[str, list[Made]] = {}
    keys = sorted(asked)
    for start in range(0, len(keys), AT_ONCE):
        part = {key: asked[key] for key in keys[start : start + AT_ONCE]}
        found.update(_answers(executor, environment, part))
    return found


def _answers(
    executor: Executor, environment: Environment, asked: Mapping[str, dict[str, Any]]
) -> dict[str, list[Made]]:
    """Return the answers of one process; a callable that ends it costs no other one: they are
    halved until it is alone."""
    code = _PROBE % (_SOURCE.read_text("utf-8"), list(asked.values()))
    reply = executor.ask(Probe(code, environment, PATIENCE, PROBE))
    if reply.status != "clean":
        half = len(asked) // 2
        if not half:
            return {}
        first, second = dict(list(asked.items())[:half]), dict(list(asked.items())[half:])
        return {
            **_answers(executor, environment, first),
            **_answers(executor, environment, second),
        }
    try:
        return dict(zip(asked, _ANSWER.validate_json(reply.answer, strict=True), strict=True))
    except (ValidationError, ValueError):
        return {}


def written(made: Made) -> str | None:
    """Return the program of a call; None where it would need what a program cannot have."""
    imports = {name: Import(module, leaf) for name, (module, leaf) in made.imports.items()}
    try:
        tree = ast.parse(made.before)
        ast.parse(made.call)
    except (SyntaxError, ValueError):
        return None
    imports |= read_imports(tree.body)
    lines = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    kept = _needed(lines, names_in(ast.parse(made.call)), imports)
    shows = [show for show in made.shows if show]
    body = list(_ending(made, shows, {name for node in kept for name in _names(node)}))
    code = program([*map(ast.unparse, kept), *body], imports, {})
    if code is None or code.count("\n") > LONGEST or reaches_outside(code):
        return None
    return code


def _ending(made: Made, shows: Sequence[str], taken: set[str]) -> Iterator[str]:
    """Yield the statements of the call and of what shows what came of it."""
    if made.statement or not shows:
        yield made.call
        yield from (f"print({show})" for show in shows)
    elif shows in (["{}"], ["list({})"]):
        yield f"print({shows[0].format(made.call)})"
    else:
        name = "result" if "result" not in taken else "found"
        yield f"{name} = {made.call}"
        yield from (f"print({show.format(name)})" for show in shows)


def _needed(
    body: Sequence[ast.stmt], names: Iterable[str], imports: Iterable[str]
) -> list[ast.stmt]:
    """Return the statements that what some names stand for comes of."""
    lines = [line_of(Statement(ast.unparse(node))) for node in body]
    known = set(imports)
    wanted = set(names) - known
    return [body[number] for number in needed_lines(lines, len(lines), wanted, known)]


def _names(node: ast.stmt) -> Iterable[str]:
    return (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
