"""Imports of a person's file, edited where they stand: what a codemod needs is added, what it made
unused is taken out, and nothing else moves.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from recode_data.usage.example import Import
from recode_data.usage.imports import read_imports


class Conflict(Exception):
    """A name stands for something in a file that the change would take away or take for another;
    the message says so."""


@dataclass(frozen=True)
class _Names:
    """What the names of a file are used for."""

    imports: dict[str, Import]
    """Bound by imports at module level."""
    other: frozenset[str]
    """Bound by anything else, anywhere."""
    stored: frozenset[str]
    """Those of them that are assigned or deleted."""
    imported: frozenset[str]
    """Bound by imports, anywhere."""
    exported: frozenset[str]
    """Those that others import from the file: in ``__all__``, or imported as themselves."""
    loaded: Counter[str]
    """How often each is read."""
    used: frozenset[str]
    chains: frozenset[str]
    """Dotted names as they are written, every prefix of them."""


@lru_cache(maxsize=8)
def _names(code: str) -> _Names:
    tree = ast.parse(code)
    other: set[str] = set()
    stored: set[str] = set()
    loaded: Counter[str] = Counter()
    aliases: list[ast.alias] = []
    strings: set[str] = set()
    chains: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                loaded[node.id] += 1
            else:
                stored.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            other.add(node.name)
        elif isinstance(node, ast.arg):
            other.add(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            aliases += node.names
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            other.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            other.add(node.rest)
        elif isinstance(node, ast.Attribute):
            chains.add(_written(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # What `__all__` lists, and annotations that are written as strings.
            short = len(node.value) < 80
            strings |= set(re.findall(r"[^\W\d]\w*", node.value)) if short else set()
    return _Names(
        read_imports(tree.body),
        frozenset(other | stored),
        frozenset(stored),
        frozenset(a.asname or a.name.partition(".")[0] for a in aliases),
        frozenset(_listed(tree)) | {a.name for a in aliases if a.asname == a.name},
        loaded,
        frozenset(strings | loaded.keys()),
        frozenset(chains - {""}),
    )


def _listed(tree: ast.Module) -> Iterator[str]:
    """Yield the names in a module's ``__all__``."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def _written(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def spelling(code: str, path: str) -> str:
    """Return how a file can write a symbol with the imports that it has; empty when it cannot."""
    names = _names(code)
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        prefix, rest = ".".join(parts[:length]), parts[length:]
        for name, found in names.imports.items():
            if found.path != prefix or name in names.other:
                continue
            text = ".".join([name, *rest])
            inner = ".".join([name, *rest[:-1]])
            loaded = ".".join([found.path, *rest[:-1]]) in found.dotted or inner in names.chains
            if len(rest) < 2 or loaded:
                return text
    return ""


def tidied(before: str, after: str, missing: Sequence[str], gone: str = "") -> str:
    """Return ``after``, which a codemod made of ``before``, with the import lines ``missing``
    added and those taken out that it made unused; names that it imports as the symbol ``gone``
    in any case. Raises `Conflict` for a name that the file uses for something else, or that others
    import from it."""
    result = _without(before, after, gone)
    for line in missing:
        result = _with(result, line)
    was, now = _names(before), _names(result)
    for name in sorted((was.imported & was.exported) - now.imported):
        raise Conflict(f"others may import `{name}` from here")
    for name in sorted((was.imported & was.stored) - now.imported):
        raise Conflict(f"`{name}` is another thing in this file")
    new = now.loaded.keys() - was.loaded.keys()
    known = now.imported | now.other
    for name in sorted(name for name in new - known if not hasattr(builtins, name)):
        raise Conflict(f"nothing in this file is `{name}`")
    more = {name for name in now.loaded - was.loaded if hasattr(builtins, name)}
    for name in sorted(was.other & (more | (now.imported - was.imported))):
        raise Conflict(f"`{name}` is another thing in this file")
    return result


def _with(code: str, line: str) -> str:
    names = _names(code)
    for name, wanted in read_imports(ast.parse(line).body).items():
        known = names.imports.get(name)
        if name in names.other or (known is not None and known.path != wanted.path):
            raise Conflict(f"`{name}` is another thing in this file")
        if known is not None and set(wanted.dotted) <= {known.path, *known.dotted}:
            return code
    return _joined(code, line) or _inserted(code, line)


def _joined(code: str, line: str) -> str:
    """Add a name to a plain import from the same module; empty where there is none."""
    match = re.match(r"from (\S+) import (.+)$", line)
    if match is None:
        return ""
    lines = code.split("\n")
    for node in ast.parse(code).body:
        if isinstance(node, ast.ImportFrom) and node.module == match[1] and not node.level:
            text = lines[node.lineno - 1].rstrip("\r")
            ending = lines[node.lineno - 1][len(text) :]
            if node.lineno == node.end_lineno and re.fullmatch(r"from [\w.]+ import [\w, ]+", text):
                lines[node.lineno - 1] = f"{text}, {match[2]}{ending}"
                return "\n".join(lines)
    return ""


def _inserted(code: str, line: str) -> str:
    """Add an import line after the imports that a file begins with, beside those of the same
    package where there are any."""
    body = ast.parse(code).body
    lines = code.split("\n")
    end = "\r" if lines[0].endswith("\r") else ""
    package = re.split(r"[\s.]", line)[1]
    place, beside, spaced = 0, 0, True
    for number, node in enumerate(body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            place, spaced = node.end_lineno or node.lineno, False
            top = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            beside = place if (top or "").partition(".")[0] == package else beside
        elif not (number == 0 and _is_text(node)):
            break
        else:
            place = node.end_lineno or node.lineno
    if not place and body:  # before the first statement, after the comments that open the file
        place = body[0].lineno - 1
        place = min([place, *(d.lineno - 1 for d in getattr(body[0], "decorator_list", ()))])
    place = beside or place
    new = [line + end]
    if spaced and place and lines[place - 1].strip() and body and _is_text(body[0]):
        new.insert(0, end)
    if spaced and place < len(lines) and lines[place].strip():
        new.append(end)
    return "\n".join([*lines[:place], *new, *lines[place:]])


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _without(before: str, code: str, gone: str) -> str:
    """Take out the imported names that were used before and are not used now."""
    was, now = _names(before), _names(code)
    lines = code.split("\n")
    tree = ast.parse(code)
    alone = {id(body[0]) for body in _bodies(tree) if len(body) == 1}
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    for node in sorted(imports, key=lambda node: -node.lineno):
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        if any("noqa" in line for line in lines[first:last]):
            continue
        out = [alias for alias in node.names if _is_out(node, alias, was, now, gone)]
        if not out or not _own_lines(code, node):
            continue
        indent = lines[first][: node.col_offset]
        if len(out) < len(node.names):
            lines[first:last] = _fewer(code, node, out).split("\n")
        elif isinstance(node, ast.Import) and (kept := _parents(node, now)):
            lines[first:last] = [f"{indent}import {', '.join(kept)}"]
        else:
            lines[first:last] = [f"{indent}pass"] if id(node) in alone else []
            if not first and lines and not lines[0].strip():
                lines = lines[next((i for i, line in enumerate(lines) if line.strip()), 0) :]
    return "\n".join(lines)


def _is_out(
    node: ast.Import | ast.ImportFrom, alias: ast.alias, was: _Names, now: _Names, gone: str
) -> bool:
    if isinstance(node, ast.ImportFrom):
        if gone and not node.level and f"{node.module}.{alias.name}" == gone:
            return True
        name = alias.asname or alias.name
        return name in was.used and name not in now.used
    if alias.asname is None and "." in alias.name:
        return alias.name in was.chains and alias.name not in now.chains
    name = alias.asname or alias.name
    return name in was.used and name not in now.used


def _parents(node: ast.Import, now: _Names) -> list[str]:
    """Return the packages that must stay imported when submodules no longer are."""
    tops = dict.fromkeys(alias.name.partition(".")[0] for alias in node.names if not alias.asname)
    others = [found for name, found in now.imports.items() if name in tops]
    bound = {found.path for found in others if not found.dotted}
    return [top for top in tops if top in now.used and top not in bound]


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and not isinstance(node, ast.Module):
                yield body


def _own_lines(code: str, node: ast.stmt) -> bool:
    """Tell whether nothing else stands in the lines of a statement."""
    lines = code.split("\n")
    line = lines[(node.end_lineno or node.lineno) - 1].encode()
    after = line[node.end_col_offset or 0 :].decode(errors="replace").strip()
    return not lines[node.lineno - 1][: node.col_offset].strip() and (
        not after or after.startswith("#")
    )


def _fewer(code: str, node: ast.Import | ast.ImportFrom, out: Sequence[ast.alias]) -> str:
    """Return the text of an import without some of its names."""
    lines = [line.encode() for line in code.split("\n")]
    for alias in sorted(out, key=lambda a: (-a.lineno, -a.col_offset)):
        line = lines[alias.lineno - 1]
        before, after = line[: alias.col_offset], line[alias.end_col_offset or 0 :]
        after = re.sub(rb"^\s*,[ \t]*", b"", after)
        if alias is node.names[-1] and not after.lstrip().startswith(b"#"):
            shorter = re.sub(rb",\s*$", b"", before)
            before = shorter if not after.strip().startswith(b",") else before
        lines[alias.lineno - 1] = before + after
    kept = lines[node.lineno - 1 : node.end_lineno or node.lineno]
    was = code.split("\n")[node.lineno - 1 : node.end_lineno or node.lineno]
    return "\n".join(
        new.decode() for new, old in zip(kept, was, strict=True) if new.strip() or not old.strip()
    )
