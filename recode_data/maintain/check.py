"""Documentation held against the versions: its code is run, its claims are verified."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from pydantic import TypeAdapter, ValidationError

from recode_data import __version__
from recode_data.errors import BadFile, RecodeError
from recode_data.execute import Executor, Probe, ensure, resolve
from recode_data.files import read_json, write_text
from recode_data.maintain.claims import claims_in, faults_of
from recode_data.maintain.documents import SUFFIXES, Block, Document, read_document
from recode_data.maintain.expressions import Found
from recode_data.maintain.migrate import UNPARSED, migrate
from recode_data.maintain.sources import found_files, one_line, read_source
from recode_data.maintain.updates import Updates
from recode_data.maintain.uses import uses_in
from recode_data.records import Environment, content_id

Kind: TypeAlias = Literal["fails", "warns", "prints", "false", "stale"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FORMATS = ("text", "json", "sarif", "github")
PATIENCE = 120.0
"""Seconds for all the code of one page on one version."""
_ROW = tuple[Literal["clean", "raised", "skipped"], str, str, int, str, list[tuple[str, str, int]]]
_ANSWER = TypeAdapter(list[_ROW])
_TARGET = Path(__file__).parent / "target" / "pages.py"
_PROBE = """
import types
module = types.ModuleType("pages")
exec(compile(%r, "pages.py", "exec"), vars(module))
answer = module.main(%r)
"""
_NOT_OURS = frozenset(
    {"NameError", "ModuleNotFoundError", "FileNotFoundError", "OSError", "URLError", "SyntaxError"}
    | {"ConnectionError", "HTTPError", "SystemExit", "PermissionError", "UnboundLocalError"}
)
"""What a piece of a page raises that has lost what stands around it, or the network."""
_DATED = re.compile(r"release|change|whats?_?new|news|history|\d+\.\d+", re.IGNORECASE)
"""Pages that tell of their own day: what was so then is not stale."""
_VARIES = re.compile(
    r"version|random|may vary|\bat 0x[0-9a-f]+|time|default_rng|shuffle|\bid\(", re.I
)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Finding:
    """One thing that is not so in a document."""

    file: str
    line: int
    kind: Kind
    message: str

    @property
    def mark(self) -> str:
        """What tells it from others, wherever its line moves to."""
        return content_id(self.file, self.kind, self.message)


@dataclass(frozen=True)
class Checked:
    """A document, and what was found in it."""

    document: Document
    findings: list[Finding]


def check_files(
    paths: Sequence[Path],
    updates: Updates,
    problems: list[RecodeError],
    *,
    old: str = "",
    run: bool = True,
    jobs: int = 1,
) -> Iterator[Checked]:
    """Yield each document that speaks of the library, with what is not so in it.

    Args:
        paths: Files and folders.
        updates: What is known of the library; its target is the version to hold them against.
        problems: Takes what cannot be read or run; each costs itself only.
        old: The version before, to tell what changed from what never ran; empty: the snapshot
            before the target.
        run: Run the code.
        jobs: Workers.
    """
    environments = _environments(updates, old) if run else ()
    executor = Executor(jobs=jobs) if run else None
    try:
        for path in found_files(paths, SUFFIXES, problems):
            try:
                source = read_source(path)
                if source is None or not _speaks(source.text, updates):
                    continue
                document = read_document(source)
            except RecodeError as error:
                problems.append(error)
                continue
            findings = [*static_findings(document, updates)]
            if executor is not None and document.blocks:
                findings += run_findings(document, executor, environments, problems)
            yield Checked(document, _unique(findings))
    finally:
        if executor is not None:
            executor.close()


def _environments(updates: Updates, old: str) -> tuple[Environment, Environment]:
    snapshots = updates.history.snapshots
    if old:
        before = updates.up_to(old).target.version
    else:
        before = snapshots[max(updates.index - 1, 0)].version
    pair = resolve(updates.library, before), resolve(updates.library, updates.target.version)
    for environment in pair:
        ensure(environment)
    return pair


def _speaks(text: str, updates: Updates) -> bool:
    library = updates.library
    names = {library.package, library.name, *(f"{alias}." for alias in library.aliases)}
    return any(name in text for name in names)


def _unique(findings: Sequence[Finding]) -> list[Finding]:
    kept: dict[tuple[int, str], Finding] = {}
    order = {kind: number for number, kind in enumerate(KINDS)}
    for finding in sorted(findings, key=lambda f: (f.line, order[f.kind], f.message)):
        group = finding.message if finding.kind in ("false", "stale") else "code"
        kept.setdefault((finding.line, group), finding)
    return sorted(kept.values(), key=lambda f: (f.line, f.kind))


def static_findings(document: Document, updates: Updates) -> Iterator[Finding]:
    """Yield what is not so in a document's claims, and the names in its code that are gone."""
    file = str(document.source.path)
    dated = _is_dated(document)
    for claim in claims_in(document.prose, updates):
        for fault in faults_of(claim, updates):
            if not (dated and fault.of_its_day):
                yield Finding(file, fault.line, fault.kind, fault.message)
    for block, line, name, gone in _gone_in(document, updates):
        if gone and not block.old and not dated:
            yield Finding(file, block.line_of(line), "fails", f"`{name}` is gone since {gone}")


def _gone_in(document: Document, updates: Updates) -> Iterator[tuple[Block, int, str, str]]:
    """Yield where code uses a name or a keyword that is gone, and since when; the blocks of a page
    share their names."""
    wanted = updates.wanted_gone
    blocks = [block for block in document.blocks if not block.old]
    code = "\n".join(block.code for block in blocks)
    if not wanted.may_be_in(code.encode("utf-8", "replace")):
        return
    if len(blocks) > 1:
        blocks = [block for block in blocks if _parses(block.code)]
        code = "\n".join(block.code for block in blocks)
    starts: list[tuple[int, Block]] = []
    at = 1
    for block in blocks:
        starts.append((at, block))
        at += block.code.count("\n") + 1
    try:
        uses = uses_in(code, wanted)
    except UNPARSED:
        return
    for use in uses:
        if use.certain and not use.guarded and not use.quoted:
            start, block = next(pair for pair in reversed(starts) if pair[0] <= use.line)
            for name, gone in _gone_of(use, updates):
                yield block, use.line - start + 1, name, gone


def _gone_of(use: Found, updates: Updates) -> Iterator[tuple[str, str]]:
    symbol = use.symbols[0]
    if since := updates.gone_since(symbol):
        yield symbol, since
    told = {u.keyword for u in updates.by_symbol.get(symbol, ()) if u.keyword in use.keywords}
    for keyword in sorted(told - {""}):
        if since := updates.keyword_gone_since(symbol, keyword):
            yield f"{symbol}({keyword}=)", since


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except UNPARSED:
        return False
    return True


def run_findings(
    document: Document,
    executor: Executor,
    environments: Sequence[Environment],
    problems: list[RecodeError],
) -> Iterator[Finding]:
    """Yield what the code of a page does on the new version and not on the old one."""
    old, new = environments
    file = str(document.source.path)
    told = [_asked(document, executor, place, problems) for place in (old, new)]
    if told[0] is None or told[1] is None:
        return
    again = None
    lost = _Lost()
    dated = _is_dated(document)
    for number, block in enumerate(document.blocks):
        before, after = told[0][number], told[1][number]
        here = lost.touches(block.code)
        if block.old or {before[0], after[0]} != {"clean"}:
            lost.add(block.code)
        if here or dated or block.old or "skipped" in (before[0], after[0]):
            continue
        if after[0] == "raised":
            if before[0] == "clean" and after[1] not in _NOT_OURS:
                line = block.line_of(after[3])
                message = f"fails on {new.version}: {after[1]}: {one_line(after[2])}"
                yield Finding(file, line, "fails", message)
            continue
        if before[0] == "raised":
            continue
        known = {(category, message) for category, message, _ in before[5]}
        for category, message, line in after[5]:
            if line and (category, message) not in known:
                said = f"warns on {new.version}: {category}: {one_line(message)}"
                yield Finding(file, block.line_of(line), "warns", said)
        if block.shown is None or _alike(block.shown, after[4]) or _varies(block, after[4]):
            continue
        if again is None:
            again = _asked(document, executor, new, problems) or []
        if again and _alike(again[number][4], after[4]):
            first = one_line(after[4])[:80]
            message = f"prints on {new.version} {first!r}, not {one_line(block.shown)[:80]!r}"
            yield Finding(file, block.line, "prints", message)


def _is_dated(document: Document) -> bool:
    path = document.source.path
    return bool(_DATED.search(f"{path.parent.name}/{path.name}"))


class _Lost:
    """The names that are not what a page means, since a block that uses them did not run."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.modules: set[str] = set()

    def touches(self, code: str) -> bool:
        """Tell whether a block uses such a name, and note the modules that it imports."""
        try:
            tree = ast.parse(code)
        except UNPARSED:
            return False
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.modules |= {a.asname or a.name.partition(".")[0] for a in node.names}
        return not self.names.isdisjoint(_names(tree))

    def add(self, code: str) -> None:
        """Note that a block did not run."""
        with suppress(*UNPARSED):
            tree = ast.parse(code)
            imported = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
            absent = {a.asname or a.name.partition(".")[0] for n in imported for a in n.names}
            self.names |= (_names(tree) - self.modules) | absent


def _names(tree: ast.AST) -> set[str]:
    defined = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return defined | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _asked(
    document: Document, executor: Executor, place: Environment, problems: list[RecodeError]
) -> list[_ROW] | None:
    blocks = [(block.code, block.interactive, block.skip or block.old) for block in document.blocks]
    code = _PROBE % (_TARGET.read_text("utf-8"), blocks)
    reply = executor.ask(Probe(code, place, PATIENCE))
    if reply.status == "clean":
        try:
            rows = _ANSWER.validate_json(reply.answer)
        except ValidationError:
            rows = []
        if len(rows) == len(blocks):
            return rows
    why = f"ends the process: {reply.message or reply.exception}"
    if reply.status == "timeout":
        why = f"takes longer than {PATIENCE:.0f} s"
    file = document.source.path
    problems.append(
        BadFile(
            f"{file}: its code was not run to its end on {place.version}: {one_line(why)}",
            "mark what is not to be run with <!-- recode-data: skip -->",
        )
    )
    return None


def statuses_of(
    document: Document, executor: Executor, place: Environment
) -> list[Literal["clean", "raised", "skipped"]] | None:
    """Return what became of each block of a page on one version; None where the page does not run
    to its end."""
    told = _asked(document, executor, place, [])
    return None if told is None else [row[0] for row in told]


def _varies(block: Block, got: str) -> bool:
    """Tell whether an output is no promise: an address, a random number, a place left out."""
    shown = block.shown or ""
    return any(_VARIES.search(text) for text in (block.code, shown, got)) or not got.strip()


def _alike(shown: str, got: str) -> bool:
    """Tell whether an output is the one that is shown: spaces do not count, ``...`` stands for
    anything, and numbers agree within a thousandth."""
    got = got.replace("__main__.", "")
    shown = re.sub(r"  +#.*|(?<=['\")\]}]) # .*", "", shown.replace("__main__.", ""))
    if "".join(shown.split()) == "".join(got.split()):
        return True
    parts = [re.escape("".join(part.split())) for part in re.split(r"\.\.\.+|…|<BLANKLINE>", shown)]
    if len(parts) > 1 and re.fullmatch(".*".join(parts), "".join(got.split()), re.DOTALL):
        return True
    words = _NUMBER.sub("#", "".join(shown.split())), _NUMBER.sub("#", "".join(got.split()))
    one, other = _NUMBER.findall(shown), _NUMBER.findall(got)
    return (
        words[0].replace("'", '"') == words[1].replace("'", '"')
        and len(one) == len(other)
        and all(
            math.isclose(float(a), float(b), rel_tol=1e-3, abs_tol=1e-8)
            for a, b in zip(one, other, strict=True)
        )
    )


def fixed(document: Document, updates: Updates) -> str:
    """Return the text of a document after `migrate` has changed its code; what shows how it was
    before stays. Raises what `migrate` raises."""
    if document.notebook is None and document.source.path.suffix in (".py", ".pyi"):
        return migrate(document.source.text, updates).after
    mark = "# recode-data block %d"
    chosen = [n for n, b in enumerate(document.blocks) if not b.old and _parses(b.code)]
    joined = "\n".join(f"{mark % n}\n{document.blocks[n].code}" for n in chosen)
    after = migrate(joined, updates).after if chosen else joined
    codes = [block.code for block in document.blocks]
    parts = re.split(r"^# recode-data block (\d+)\n", after, flags=re.MULTILINE)
    lead = parts[0]
    for number, code in zip(parts[1::2], parts[2::2], strict=True):
        codes[int(number)] = (lead + code).removesuffix("\n")
        lead = ""
    for number in chosen:  # what migrate did not touch keeps its last line as it was
        if codes[number].rstrip("\n") == document.blocks[number].code.rstrip("\n"):
            codes[number] = document.blocks[number].code
    return document.with_codes(codes)


def read_baseline(file: Path) -> frozenset[str]:
    """Return the marks of the findings that a baseline file lists; raises `BadFile`."""
    held = read_json(file, "recode-data check --write-baseline FILE writes one")
    marks = held.get("findings") if isinstance(held, dict) else None
    if not isinstance(marks, dict):
        raise BadFile(
            f"{file} is no baseline", "recode-data check --write-baseline FILE writes one"
        )
    return frozenset(marks)


def write_baseline(file: Path, findings: Sequence[Finding]) -> None:
    """Write the findings as those that are known; raises `BadFile`."""
    marks = {f.mark: f"{f.file}: {f.kind}: {f.message}" for f in findings}
    write_text(file, json.dumps({"findings": marks}, indent=1, sort_keys=True) + "\n")


def formatted(findings: Sequence[Finding], kind: str) -> str:
    """Return findings as lines of text, JSON, annotations of GitHub, or one SARIF document."""
    if kind == "sarif":
        return json.dumps(_sarif(findings), indent=1) + "\n"
    return "".join(f"{_line(finding, kind)}\n" for finding in findings)


def _line(finding: Finding, kind: str) -> str:
    if kind == "json":
        return json.dumps(asdict(finding), ensure_ascii=False)
    if kind == "github":
        escaped = finding.message.replace("%", "%25").replace("\n", "%0A")
        file = finding.file.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
        level = "warning" if finding.kind == "warns" else "error"
        return (
            f"::{level} file={file},line={finding.line},title=recode-data {finding.kind}::{escaped}"
        )
    return f"{finding.file}:{finding.line}: {finding.kind}: {finding.message}"


def _sarif(findings: Sequence[Finding]) -> dict[str, object]:
    results = [
        {
            "ruleId": finding.kind,
            "level": "warning" if finding.kind == "warns" else "error",
            "message": {"text": finding.message},
            "partialFingerprints": {"recode-data/v1": finding.mark},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": Path(finding.file).as_posix()},
                        "region": {"startLine": finding.line},
                    }
                }
            ],
        }
        for finding in findings
    ]
    driver = {"name": "recode-data", "version": __version__, "rules": [{"id": k} for k in KINDS]}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
