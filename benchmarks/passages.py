"""The passages of a note, cut from its raw text: what `benchmarks/extraction.py` calls a mention.
Nothing here uses the readers of the extraction, so that a fault of theirs cannot hide itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

CODE = re.compile(r"`+([^`]+)`+|([A-Za-z_]\w*(?:[._]\w+)+)|\b([A-Za-z_]\w*)(?=\(|=)|\*(\w+)\*")
LISTS = re.compile(r"(?i)(?:pull requests|merged PRs|issues closed|authors|contributors)[^>]*$")
ENDING = re.compile(r"(?i)remov|deprecat|renam|replac|expire|drop|moved|no longer")
END = r"(?![\w]|\.\w)"
DOTTED = r"(?<![\w.])(?:[A-Za-z_]\w*\.)*"
HEADING = re.compile(
    r"^(?P<title>\S[^\n]*)\n(?P<mark>[=\-~^*+#\"'`.])(?P=mark){2,}[ \t]*$"
    r"|^(?P<level>#{1,6})[ \t]+(?P<name>[^\n]+)$",
    re.M,
)
SPLIT = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[*+-]|\d+\.)[ \t])|(?=<(?:p|li|h\d|dd|dt)\b)")
ALIASES = {
    "np": "numpy", "sp": "scipy", "pd": "pandas", "nx": "networkx", "xr": "xarray",
    "plt": "matplotlib", "mpl": "matplotlib", "sns": "seaborn", "ski": "skimage",
}  # fmt: skip
"""Short names of packages; any other short name is a variable."""


@dataclass(frozen=True)
class Passage:
    """A paragraph or a list's item, and what stands above it: its headings, and the sentence
    that announces its list."""

    text: str
    above: str

    @cached_property
    def code(self) -> list[str]:
        """What stands in code or looks like it."""
        return [m[0].strip("`*") for m in CODE.finditer(self.text) if m[0] not in ("e.g", "i.e")]

    @cached_property
    def words(self) -> set[str]:
        """Every identifier of the code."""
        return _identifiers(self.code)

    @cached_property
    def whole(self) -> str:
        return f"{self.above}\n{self.text}"

    @cached_property
    def all_words(self) -> set[str]:
        """The identifiers in the code of the passage and of what stands above it."""
        return _identifiers(match[0] for match in CODE.finditer(self.whole))

    @cached_property
    def of_ending(self) -> bool:
        listed = LISTS.search(self.above)  # of everything that was done
        return bool(ENDING.search(self.text if listed else self.whole))

    def ends(self, paths: Iterable[str]) -> bool:
        """Does it mention one of the paths of an object, and an end?"""
        return self.of_ending and any(
            path.rsplit(".", 1)[-1] in self.words and self._names(path) for path in paths
        )

    def ends_keyword(self, paths: Iterable[str], keyword: str) -> bool:
        """Does it mention a keyword of one of the callables, and an end?"""
        leaves = {path.rsplit(".", 1)[-1] for path in paths}
        if not self.of_ending or not {keyword, *leaves} & self.words:
            return False
        return {keyword, *leaves} <= self.all_words and any(map(self._inside, paths))

    def _inside(self, path: str) -> bool:
        """Is what a path is inside named, where it is not the package itself?"""
        owner = path.split(".")[-2]
        return path.count(".") < 2 or bool(re.search(rf"\b{re.escape(owner)}\b", self.whole))

    def _names(self, path: str) -> bool:
        leaf = re.escape(path.rsplit(".", 1)[-1])
        written = [name for code in self.code for name in re.findall(DOTTED + leaf + END, code)]
        return self._inside(path) and any(_agrees(name, path.split(".")) for name in written)


def _identifiers(codes: Iterable[str]) -> set[str]:
    return {word for code in codes for word in re.findall(r"[A-Za-z_]\w*", code)}


def _agrees(name: str, parts: list[str]) -> bool:
    """Is ``name`` a way to write the path: its end, or its last part behind a variable?"""
    head = name.split(".")[:-1]
    if head and ALIASES.get(head[0], parts[0]) != parts[0]:
        return False  # another library's
    if not head or head[-1] == parts[-2] or ALIASES.get(head[0]) == parts[0] == parts[-2]:
        return True
    return parts[-2][:1].isupper() and len(head) == 1 and head[0] not in ALIASES


def passages_of(text: str) -> list[Passage]:
    """Cut a note at its headings, paragraphs and list items."""
    found: list[Passage] = []
    headings: dict[str, str] = {}
    start = 0
    for match in [*HEADING.finditer(text), None]:
        end = match.start() if match else len(text)
        found += _cut(text[start:end], " > ".join(headings.values()))
        if match is None:
            break
        mark = match["mark"] or match["level"]
        kept = list(headings)[: list(headings).index(mark)] if mark in headings else headings
        headings = {each: headings[each] for each in kept}
        headings[mark] = match["title"] or match["name"]
        found.append(Passage(headings[mark], " > ".join(headings.values())))
        start = match.end()
    return found


def _cut(text: str, headings: str) -> list[Passage]:
    """Cut what stands below one heading."""
    found: list[Passage] = []
    lead = ""
    for piece in filter(str.strip, SPLIT.split(text)):
        in_list = re.match(r"\s*(?:[*+-]|\d+\.)\s|\s{2,}|<li", piece)
        lead = lead if in_list else ""
        found.append(Passage(piece, f"{headings}\n{lead}"))
        lead = piece if piece.rstrip().endswith(":") else lead
    return found
