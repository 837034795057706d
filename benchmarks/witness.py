"""What the libraries themselves say takes the place of what they drop: the truth about
replacements that `benchmarks/extraction.py` measures with. Nothing here reads a note.

Three witnesses: another name of the object that stays (the snapshots), a parameter of another
name at the same place in the signature (the snapshots), and the library's own warning or
``.. deprecated::`` text in an earlier version, as far as its names are real in the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from recode_data.api.history import History
from recode_data.api.snapshot import Binding, Snapshot

ADVICE = re.compile(
    r"(?i)\b(?:use|favou?r of|replaced (?:by|with)|replacement is|renamed (?:to|as)|moved to"
    r"|alternatives? (?:is|are)|superseded by)\b(?P<names>[^\n]{3,300})"
)
BUILTIN = re.compile(r"(?i)alias (?:for|of) the builtin [`'\"]?(\w+)")
FOREIGN = ("numpy.", "scipy.", "pandas.", "math.")
NAME = re.compile(r"[A-Za-z_][\w.]*\w")


def instead_of(history: History, i: int, paths: Iterable[str]) -> set[str]:
    """Return the paths that snapshot ``i + 1`` has and that the library itself names as what
    to use for ``paths``; names of one object are all in it."""
    new = history.snapshots[i + 1]
    found: set[str] = set()
    for path in paths:
        for text in _said(history, i, path):
            found |= {f"builtins.{name}" for name in BUILTIN.findall(text)}
            for name in _advised(text):
                if name.rsplit(".", 1)[-1] != path.rsplit(".", 1)[-1] or "." in name:
                    found |= _real(new, path, name)
    return found - set(paths)


def keyword_instead(history: History, i: int, path: str, keyword: str) -> set[str]:
    """Return the parameters of snapshot ``i + 1`` that take the place of a lost one."""
    old, new = history.snapshots[i], history.snapshots[i + 1]
    before, after = _parameters(old, path), _parameters(new, path)
    if keyword in before and len(before) == len(after):
        other = after[before.index(keyword)]
        rest = [name for name in before if name != keyword]
        if rest == [name for name in after if name != other] and other not in before:
            return {other}
    said: set[str] = set()
    for text in _said(history, i, path):
        if re.search(rf"[`'\"*]{re.escape(keyword)}\b", text):
            said |= {name for name in _advised(text) if name in after and name != keyword}
    return said


def _parameters(snapshot: Snapshot, path: str) -> list[str]:
    binding = snapshot.find(path)
    return [p.name for p in (snapshot.parameters(binding) if binding else None) or ()]


def _said(history: History, i: int, path: str) -> Iterator[str]:
    """Yield what snapshots up to ``i`` say of ``path`` itself."""
    parent, _, leaf = path.rpartition(".")
    for snapshot in history.snapshots[: i + 1]:
        yield from filter(None, [snapshot.modules.get(parent, {}).get("warns", {}).get(leaf)])
        binding = snapshot.find(path)
        if binding is not None:
            rows = snapshot.objects.get(binding.identity, {}).get("says", ())
            yield from (text for _, text in rows)


def _advised(text: str) -> list[str]:
    """The names that stand in code, or with a dot, after a word of advice."""
    found = []
    for match in ADVICE.finditer(" ".join(text.split())):
        names = re.split(r"(?i)\b(?:instead of|rather than|deprecated)\b", match["names"])[0]
        coded = re.findall(r"[`'\"*]+([A-Za-z_][\w.]*)", names)
        found += coded + [name for name in NAME.findall(names) if "." in name or "_" in name]
    return found


def _real(snapshot: Snapshot, path: str, name: str) -> set[str]:
    top = path.split(".", 1)[0]
    name = re.sub(r"^np\.", "numpy.", name)
    parts = path.split(".")
    options = [name, *(".".join([*parts[:n], name]) for n in range(len(parts) - 1, 0, -1))]
    for option in options:
        binding = snapshot.find(option) if option.startswith(top + ".") else None
        if binding is not None and binding.state in ("open", "warns"):
            return set() if binding.is_module else {option, *_names(snapshot, binding)}
    return {name} if name.startswith(FOREIGN) and not name.startswith(top + ".") else set()


def _names(snapshot: Snapshot, binding: Binding) -> set[str]:
    if binding.identity.startswith("="):
        return set()
    return {path for path, identity, _ in snapshot.names() if identity == binding.identity}
