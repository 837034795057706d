"""Examples in docstrings, documentation pages and galleries: blocks with ``>>>`` prompts, the
``.. ipython::`` and ``.. code-block:: python`` directives of pages, and scripts with comments."""

from __future__ import annotations

import ast
import doctest
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeGuard

from recode_data.usage.example import Example, Import, Place, Statement, Wanted
from recode_data.usage.imports import conventions, read_imports

_PARSER = doctest.DocTestParser()
_DIRECTIVE = re.compile(
    r"^(?P<indent>[ \t]*)\.\.[ ]+(?:ipython|code-block|code|sourcecode|testcode)::"
    r"[ ]*(?:python3?|ipython)?[ ]*\n"
    r"(?P<body>(?:(?P=indent)[ \t]+\S.*\n|[ \t]*\n)+)",
    re.MULTILINE,
)
_LITERAL = re.compile(
    r"^(?P<indent>[ \t]*)(?!\.\. )\S[^\n]*::[ \t]*\n(?:[ \t]*\n)+"
    r"(?P<body>(?:(?P=indent)[ \t]+\S.*\n|[ \t]*\n)+)",
    re.MULTILINE,
)
_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)```+[ ]*\{?[ ]*(?P<language>[\w-]*)[^\n`]*\n(?P<body>.*?)"
    r"^[ \t]*```+[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_PYTHON = {"python", "python3", "py", "pycon", "doctest", "testcode", "ipython"}
_KEPT = ast.Assign | ast.AugAssign | ast.Expr | ast.FunctionDef | ast.ClassDef | ast.For
"""Statements of a script that an example may need."""
_COMMENT = re.compile(r"^#(?! ?%%| ?-{3}| ?={3}|#) ?(.*)$")
_SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)", re.DOTALL)


def from_docstrings(source: str, location: str, wanted: Wanted) -> Iterator[Example]:
    """Yield the examples of every docstring in a module that mentions a wanted name."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for name, text in _docstrings(tree, "add_newdoc" in source or "docs(" in source):
        if wanted.search(text):
            yield from _blocks(text, f"{location}::{name}", "docstring", name)


def from_page(text: str, location: str, wanted: Wanted) -> Iterator[Example]:
    """Yield the examples of one documentation page, as one program that shares its names."""
    if not wanted.search(text):
        return
    heading = re.search(r"^(\S.*)\n[=*#~-]{4,}\s*$|^# +(.+)$", text, re.MULTILINE)
    title = (heading[1] or heading[2]).strip() if heading else location.rsplit("/", 1)[-1]
    if location.endswith(".md"):
        yield from (example for example in _fences(text, location, title) if example is not None)
    else:
        yield from _blocks(text, location, "docs", title)


def _blocks(text: str, location: str, place: Place, title: str) -> Iterator[Example]:
    """Yield what a text in reStructuredText shows with prompts, as one example, and what it
    shows in blocks, as another."""
    found = [prompts(text, location, place, title)] if ">>>" in text else []
    found.append(_directives(text, location, place, title))
    yield from (example for example in found if example is not None)


def from_script(source: str, location: str, wanted: Wanted) -> Iterator[Example]:
    """Yield the one example that a gallery's script is, when it mentions a wanted name."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    if not wanted.search(source):
        return
    told = (ast.get_docstring(tree) or "").strip()
    title = told.partition("\n")[0].strip() or location.rpartition("/")[2]
    if kept := _kept(source, _of_main(tree.body)):
        imports = {**conventions().usual, **read_imports(ast.walk(tree))}  # type: ignore[arg-type]
        about = summary(told.partition("\n\n")[2])
        yield Example(location, "docs", title, about, tuple(imports.items()), tuple(kept))


def from_demonstration(
    source: str, location: str, module: str, wanted: Wanted
) -> Iterator[Example]:
    """Yield what a library's ``module`` shows of itself where it is run as a program, below
    ``if __name__ == "__main__"``, when that mentions a wanted name; its own names are imported
    from it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    body = [node for each in tree.body if _is_main(each) for node in each.body]
    if not body or not wanted.search("\n".join(ast.unparse(node) for node in body)):
        return
    own = {
        name: Import(module, name)
        for node in tree.body
        for name in _bound_by(node)
        if not name.startswith("_")
    }
    outside = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    inner = [part for node in body for part in ast.walk(node)]
    imports = {**own, **read_imports([*outside, *inner], module)}  # type: ignore[list-item]
    if kept := _kept(source, body):
        place = f"{location}::__main__"
        yield Example(place, "docs", module, "", tuple(imports.items()), tuple(kept))


def _bound_by(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _kept(source: str, body: Iterable[ast.stmt]) -> list[Statement]:
    """Return the statements of a script that an example may need, with the comment above."""
    lines = source.split("\n")
    kept = []
    for node in body:
        if isinstance(node, _KEPT):
            text = ast.unparse(node) if node.col_offset else _whole(source, node)
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                kept.append(Statement(text, False, _comment(lines, node.lineno - 1)))
    return kept


def _is_main(node: ast.stmt) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _of_main(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a script, those that only run where it is the program among them."""
    for node in body:
        if _is_main(node):
            yield from node.body
        else:
            yield node


def _fences(text: str, location: str, title: str) -> Iterator[Example | None]:
    """Yield the fenced blocks of a Markdown page; each is a program of its own, with what the
    blocks of the page import."""
    found: list[Example | None] = []
    number = 0
    for match in _FENCE.finditer(text):
        body, prose = textwrap.dedent(match["body"]), _last_sentence(text[: match.start()])
        if match["language"] not in _PYTHON and (match["language"] or ">>>" not in body):
            continue
        number += 1
        where = f"{location}::{number}"
        if ">>>" in body:
            found.append(prompts(body, where, "docs", title))
        else:
            statements = _statements(body, True, prose, every=True)
            found.append(_example((where, "docs", title, ""), statements))
    imports = {name: one for each in found if each for name, one in each.imports}
    for each in found:
        if each is not None:
            yield replace(each, imports=tuple((imports | dict(each.imports)).items()))


def prompts(text: str, location: str, place: Place, title: str) -> Example | None:
    """Read the ``>>>`` blocks of a text as one example; None when nothing can be read."""
    found: list[tuple[Statement, ast.stmt]] = []
    prose = ""
    try:
        parts = _PARSER.parse(textwrap.dedent(text).expandtabs())
    except ValueError:
        return None
    for part in parts:
        if isinstance(part, str):
            prose = part if part.strip() else prose
            continue
        if part.exc_msg or "+SKIP" in part.source:
            continue
        found += _statements(part.source, bool(part.want.strip()), _last_sentence(prose))
        prose = ""
    return _example((location, place, title, summary(text)), found)


def _directives(text: str, location: str, place: Place, title: str) -> Example | None:
    found: list[tuple[Statement, ast.stmt]] = []
    text += "\n"
    blocks = [*_DIRECTIVE.finditer(text), *_LITERAL.finditer(text)]
    for match in sorted(blocks, key=lambda block: block.start("body")):
        body = textwrap.dedent(
            "\n".join(line for line in match["body"].split("\n") if not _is_option(line))
        )
        found += _statements(body, True, _last_sentence(text[: match.start()]), every=True)
    about = summary(text) if place == "docstring" else ""
    return _example((location, place, title, about), found)


def _is_option(line: str) -> bool:
    return bool(re.match(r"\s*(:\w+:|@\w+|%\w+|In \[|Out\[)", line))


def _statements(
    source: str, shown: bool, prose: str, every: bool = False
) -> list[tuple[Statement, ast.stmt]]:
    """Return the statements of a block; of one that is ``shown``, its last expression is, or
    ``every`` one that it asserts or prints."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in tree.body:
        text = _whole(source, node)
        last = isinstance(node, ast.Expr) and shown and node is tree.body[-1]
        told = isinstance(node, ast.Assert) or text.startswith("print(")
        expression = last or (every and told)
        found.append((Statement(text, expression, prose), node))
    return found


def _whole(source: str, node: ast.stmt) -> str:
    """Return the source of a statement with the decorators above it."""
    if getattr(node, "decorator_list", None):
        return ast.unparse(node)
    return ast.get_source_segment(source, node) or ast.unparse(node)


def _example(
    where: tuple[str, Place, str, str], found: list[tuple[Statement, ast.stmt]]
) -> Example | None:
    if not found:
        return None
    nodes = [node for _, node in found]
    imports: dict[str, Import] = {**conventions().usual, **read_imports(nodes)}
    kept = tuple(
        statement for statement, node in found if not isinstance(node, ast.Import | ast.ImportFrom)
    )
    return Example(*where, tuple(imports.items()), kept)


def _docstrings(tree: ast.Module, added: bool) -> Iterator[tuple[str, str]]:
    """Yield the docstrings of a module by name, and those that calls add to objects of C."""
    yield from _of_scope(tree, "")
    for node in ast.walk(tree) if added else ():  # add_newdoc("numpy.core.umath", "add", """…""")
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("add_newdoc", "docs")):
            strings = [text for arg in node.args for text in _strings(arg)]
            if len(strings) >= 2:
                name = strings[-2] if "\n" not in strings[-2] else strings[0]
                yield name, strings[-1]


def _strings(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Tuple):
        return [text for element in node.elts for text in _strings(element)]
    return []


def _of_scope(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, str]]:
    for child in node.body:
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            text = ast.get_docstring(child)
            if text:
                yield name, text
            if isinstance(child, ast.ClassDef):
                yield from _of_scope(child, f"{name}.")


def summary(docstring: str) -> str:
    """Return the first sentence of a docstring, without a signature line before it."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", docstring.strip())]
    for paragraph in paragraphs:
        if (
            re.match(r"[\w.]+\(.*\)", paragraph, re.DOTALL)
            or not paragraph
            or paragraph.startswith("..")
        ):
            continue
        text = " ".join(paragraph.split())
        sentence = _SENTENCE.match(text)
        return sentence[1] if sentence else text
    return ""


def _last_sentence(prose: str) -> str:
    """Return the prose right before a block, when it is a sentence that says something."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", prose.strip())]
    text = " ".join(paragraphs[-1].split()) if paragraphs else ""
    if not text or re.search(r"^[-=~]{3,}|^\.\.|-{4,}|={4,}", text) or len(text) > 240:
        return ""
    return text.rstrip(":").rstrip()


def _comment(lines: list[str], number: int) -> str:
    """Return the comment right above a line, when it is one sentence."""
    words: list[str] = []
    while number and (found := _COMMENT.match(lines[number - 1])):
        words.insert(0, found[1].strip())
        number -= 1
    text = " ".join(words)
    return text.rstrip(":") if 0 < len(text) <= 160 else ""
