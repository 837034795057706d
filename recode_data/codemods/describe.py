"""What a program does, in a sentence that its author might have written: what it computes, in
the library's own words, from which inputs, and what it prints of that.

The sentence holds for both codes of an entry, so it names nothing of what changed: a part that
would is told in other words or left out.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from recode_data.api.snapshot import ApiSymbol, Snapshot
from recode_data.update_text import marked, only_in_one, told
from recode_data.usage.documented import summary
from recode_data.usage.example import Snippet

MOST_INPUTS = 3
MOST_PRINTED = 3
ENGLISH = 5
"""Sentences of documentation in which a word of plain English stands."""
SHORT = 60
"""Characters of code that a sentence quotes as it stands."""
_RULE = re.compile(r"([*=~^#+_.-])\1{3,}")
_FILE = re.compile(r"['\"`][\w./]+\.[a-z]{2,4}['\"`]")
_NOTES = re.compile(r"release notes|what's new|changelog", re.IGNORECASE)
_ROLE = re.compile(r":[\w:]+:`~?([^`<]+?)(?:\s*<[^`]*>)?`")
_VERBS = re.compile(
    r"Accept|Access|Add|Annotate|Apply|Approximate|Attempt|Build|Calculate|Check|Combine|Compute"
    r"|Concatenate|Convert|Copy|Count|Create|Decode|Determine|Divide|Draw|Drop|Encode|Estimate"
    r"|Evaluate|Execute|Expand|Extract|Fill|Find|Fit|Generate|Get|Integrate|Interpolate|Interpret"
    r"|Invert|Join|List|Load|Localize|Look|Make|Map|Mask|Maximize|Merge|Minimize|Multiply|Pad|Parse|Perform"
    r"|Plot|Predict|Print|Read|Remove|Rename|Replace|Represent|Return|Round|Sample|Save|Scale"
    r"|Select|Set|Shift|Show|Shuffle|Simplify|Solve|Sort|Split|Stack|Start|Subtract|Sum|Take|Tell"
    r"|Test|Transform|Trim|Turn|Validate|Wrap|Write"
)
"""Verbs that documentation begins with, beside those that a library shows to be one."""
_DETERMINER = re.compile(r"(?:an?|the|all|each|every|whether|if|this|these|one|any|which)\b")
_THIRD = re.compile(r"[A-Z][a-z]{2,}s")
_PLURAL = ("ss", "ous", "is", "us", "ics", "ies")
_NO_DOC = re.compile(
    r"\A[\w.]+\(|\b(?:deprecated|discouraged|removed|alias|legacy)\b"
    r"|\b(?:identical|equivalent|same as|refer to|see|replaced|superseded)\b"
    r"|::|\A(?:For|Given|If|In|It|Like|Note|On|See|This|When|With)\b"
    r"|\A\w+ function (?:maps|is|returns|gives)\b",
    re.IGNORECASE,
)
"""A text that does not say what its function does: a signature, or a reference to another."""
_COLLECTS = re.compile(
    r"(?:Return|Get|Create) an? (?:new )?(?:iterator|iterable|generator|view|\w*View)"
    r" (?:over|of|on|for|that yields|yielding) "
)
"""What holds of one version's return value only; what is gone through is the same in both."""
_PLAIN = re.compile(r"to_?(?:list|array|dense|dict|[a-z]+py)|item|copy|all|flatten|collect")
"""Methods that only bring a result into another form."""
_WRAPPERS = {
    "str": "{} as text",
    "repr": "{} as text",
    "len": "the length of {}",
    "list": "{} as a list",
    "tuple": "{} as a tuple",
    "set": "{} as a set",
    "dict": "{} as a dictionary",
    "sorted": "{}, sorted",
    "sum": "the sum of {}",
    "max": "the largest of {}",
    "min": "the smallest of {}",
    "abs": "the absolute value of {}",
    "type": "the type of {}",
    "isinstance": "the type check of {}",
    "issubclass": "the type check of {}",
    "float": "{} as a plain number",
    "int": "{} as a plain number",
    "round": "{}, rounded",
    "bool": "whether {} is true",
}
"""What a builtin makes of the value that it is given."""


class Summaries:
    """What a library's documentation says that its functions and methods do."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def of(self, path: str) -> str:
        """Return the sentence about a path, or about the methods of that name, ``.astype``, where
        all that have one say the same; empty where there is none that says what it does."""
        if not path.startswith("."):
            return self._told(path)
        told = {text for each in self._methods.get(path[1:], ()) if (text := self._told(each))}
        return min(told) if len({" ".join(text.split()[:3]) for text in told}) == 1 else ""

    def class_of(self, path: str) -> ApiSymbol | None:
        """Return the class that a path leads to, or None."""
        symbol = self.snapshot.symbol(path)
        return symbol if symbol and symbol.kind == "class" else None

    def imperative(self, text: str) -> str:
        """Return a documented sentence as an order: ``Returns the mean`` as ``Return the mean``,
        ``Matrix product`` as ``Compute the matrix product``."""
        return _imperative(text, self.verbs, self._names)

    def _told(self, path: str) -> str:
        symbol = self.snapshot.symbol(path)
        told = _clean(summary(symbol.summary)) if symbol and symbol.kind == "callable" else ""
        return self.imperative(told) if told and not _NO_DOC.search(told) else ""

    def is_word(self, name: str) -> bool:
        """Tell whether documentation uses a name as a word of plain English, of other things."""
        return name.isalpha() and self._words[name] >= ENGLISH

    @cached_property
    def verbs(self) -> frozenset[str]:
        """First words of documentation that an article or its like follows, and those that
        other documentation has more often behind "to" than behind an article."""
        parts = [text.partition(" ") for text in self._texts]
        whole = "\n".join(self._texts)
        after = Counter(re.findall(r"\bto (\w+)", whole))
        after.subtract(re.findall(r"\b(?:an?|the) (\w+)", whole))
        return frozenset(
            _bare(first)
            for first, _, rest in parts
            if _DETERMINER.match(rest)
            or (after[_bare(first).lower()] > 0 and not rest.startswith("of "))
        )

    @cached_property
    def _names(self) -> frozenset[str]:
        """Words that stand capitalised inside sentences, and more often than not."""
        return frozenset(
            word
            for word, count in self._words.items()
            if word[:1].isupper() and count > self._words[word.lower()]
        )

    @cached_property
    def _words(self) -> Counter[str]:
        """How many sentences have a word, behind the first one and outside of code."""
        plain = (re.sub(r"`+[^`]*`+", " ", text).partition(" ")[2] for text in self._texts)
        return Counter(word for text in plain for word in set(re.findall(r"[^\W\d_]+", text)))

    @cached_property
    def _texts(self) -> list[str]:
        objects = self.snapshot.objects
        return sorted({summary(told.get("summary", "")) for told in objects.values()})

    @cached_property
    def _methods(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.snapshot.paths, key=lambda path: (path.count("."), path)):
            owner, _, leaf = path.rpartition(".")
            if owner and owner not in self.snapshot.modules:
                found.setdefault(leaf, []).append(path)
        return found


def description(
    old_code: str,
    new_code: str,
    snippet: Snippet,
    *facts: ApiSymbol | None,
    summaries: Summaries | None = None,
) -> str:
    """Return a sentence that is true of both codes of an entry and names nothing that only one
    of them has.

    ``facts`` are what changed, in versions that have it, ``summaries`` what a version documents
    of all else.
    """
    program = _Program(old_code, only_in_one(old_code, new_code), summaries)
    known = [fact for fact in facts if fact]
    lead, main = program.lead(known, snippet)
    inputs = program.inputs(main, known)
    printed = program.printed(main)
    prose = _said(snippet)
    if prose and program.is_clean(prose) and prose[:20].lower() not in lead.lower():
        inputs += f" ({prose})"
    if lead:
        lead += f", given {inputs}" if inputs else ""
        return f"{lead}, and print {printed}." if printed else f"{lead}."
    made = (printed or "a value").replace("the result", "a value")
    lead = f"{'Print' if printed else 'Make'} {made}"
    return f"{lead}, given {inputs}." if inputs else f"{lead}."


class _Program:
    """The statements of a program, and what its names stand for."""

    def __init__(self, code: str, changed: set[str], summaries: Summaries | None) -> None:
        self.source = code
        self.prints_nothing = False
        self.own: list[ast.Call] = []
        """The calls of what changed."""
        self.tree = ast.parse(code)
        self.changed = sorted(changed)
        self.summaries = summaries
        self.imported = dict(_imported(self.tree))
        self.bound: dict[str, ast.expr] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    many = target.elts if isinstance(target, ast.Tuple) else [target]
                    self.bound |= {
                        one.id: node.value
                        for one in many
                        if isinstance(one, ast.Name) and one.id not in _names(node.value)
                    }
        self.unpacked = {
            one.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Tuple)
            for one in node.elts
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        }
        self.bases = {
            node.name: ast.unparse(node.bases[0])
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ClassDef) and node.bases
        }

    def is_clean(self, text: str) -> bool:
        """Tell whether a text gives nothing away of what changed."""
        is_word = self.summaries.is_word if self.summaries else lambda _: False
        return not any(
            told(name, text) and (marked(name, text) or not is_word(name)) for name in self.changed
        )

    # -- what it computes -----------------------------------------------------------------------

    def lead(self, facts: Sequence[ApiSymbol], snippet: Snippet) -> tuple[str, ast.expr | None]:
        """Return what the program computes, and the call that does: the changed one, or the one
        that makes what is printed first; empty for one that nothing is known of."""
        leaves = {fact.path.rpartition(".")[2] for fact in facts} | set(self.changed)
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        self.own = [node for node in calls if _leaf(node) in leaves]
        told = self._documented(facts)
        if told and self.own:
            return self._filled(told, self.own[0], facts), self.own[0]
        if found := self._of_printed() or self._of_object():
            return found
        leaf = snippet.title.rpartition(".")[2]
        named = [node for node in calls if _leaf(node) == leaf]
        text = _clean(snippet.summary) if snippet.place == "docstring" and named else ""
        if text and not _NO_DOC.search(text):
            return self._imperative(text), named[0]
        read = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute) and node.attr in leaves
        ]
        if told and read:
            return told, read[0]
        shown = [inner for printed in self.prints for inner in self._inward(printed)]
        made = [node for node in self.own if any(node is inner for inner in shown)]
        return (self._kind_of(facts), made[0]) if made else ("", None)

    def _documented(self, facts: Sequence[ApiSymbol]) -> str:
        """Return what the changed callable or property does, in the library's words."""
        for fact in facts:
            text = _clean(summary(fact.summary))
            if text and fact.kind in ("callable", "property") and not _NO_DOC.search(text):
                return self._imperative(text)
        return ""

    def _kind_of(self, facts: Sequence[ApiSymbol]) -> str:
        """Return what comes of the changed class, for its documentation says what that is."""
        for fact in facts:
            text = _clean(summary(fact.summary))
            if text and fact.kind == "class" and not _NO_DOC.search(text):
                told = re.sub(r"\ARepresent (?=an? )", "Make ", self._imperative(text))
                verb = _bare(text.split()[0]) == text.split()[0] == told.split()[0]
                made = verb or told.startswith("Make ")
                return told if made else f"Make a value ({text[:1].lower()}{text[1:]})"
        return ""

    def _of_printed(self) -> tuple[str, ast.expr] | None:
        """Return what the call does that makes what is printed first."""
        for printed in self.prints:
            for node in self._inward(printed):
                if (told := self._of_call(node)) and isinstance(node, ast.Call):
                    return self._filled(told, node, ()), node
        return None

    def _imperative(self, text: str) -> str:
        if self.summaries:
            return self.summaries.imperative(text)
        return _imperative(text, frozenset(), frozenset())

    def _filled(self, text: str, call: ast.Call, facts: Sequence[ApiSymbol]) -> str:
        """Put what a call is given in the place of parameters that its documentation names."""
        for name, value in self._given(call, facts).items():
            source = ast.unparse(value)
            if len(source) <= SHORT // 2 and self.is_clean(source):
                word = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])")
                text = re.sub(r"`[^`]+`", lambda span: word.sub(lambda _: source, span[0]), text)  # noqa: B023
        for token in text.split():
            foreign = "_" in token and "`" not in token and token.strip("(),.") not in self.source
            text = text.replace(f" {token}", "") if foreign else text
        return text

    def _given(self, call: ast.Call, facts: Sequence[ApiSymbol]) -> dict[str, ast.expr]:
        """Return what a call is given, by the names on which all ``facts`` agree."""
        path = self._path(call.func)
        if not any(call is one for one in self.own):
            known = self.summaries.snapshot.symbol(path) if self.summaries and path else None
            facts = [known] if known else []
        fits = [fact for fact in facts if fact.member != bool(path) and fact.positional]
        found = {word.arg: word.value for word in call.keywords if word.arg}
        for at, value in enumerate(call.args):
            names = {fact.positional[at] for fact in fits if at < len(fact.positional)}
            if len(names) == 1 and not isinstance(value, ast.Starred):
                found[names.pop()] = value
        return found

    @cached_property
    def prints(self) -> list[ast.expr]:
        """What the program prints, at its own level, or else what it ends with."""
        found = [
            argument
            for node in self.tree.body
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func) == "print"
            for argument in node.value.args
        ]
        self.prints_nothing = not found
        last = self.tree.body[-1] if self.tree.body else None
        value = last.value if isinstance(last, ast.Expr | ast.Assign) else None
        return found or ([value] if value else [])

    def _inward(self, node: ast.expr | None) -> Iterator[ast.expr]:
        """Yield an expression and then each value that it only brings into another form."""
        for _ in range(12):  # of a name that is bound to itself
            if node is None:
                return
            yield node
            node = self._inside(node)

    def _inside(self, node: ast.expr) -> ast.expr | None:
        if isinstance(node, ast.Name):
            return self.bound.get(node.id)
        if isinstance(node, ast.Subscript | ast.Attribute):
            return (
                node.value
                if isinstance(node.value, ast.Call | ast.Name | ast.Subscript | ast.Attribute)
                else None
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return node.args[0] if node.func.id in _WRAPPERS and node.args else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return node.func.value if _PLAIN.fullmatch(node.func.attr) and not node.args else None
        return None

    def _of_call(self, node: ast.expr) -> str:
        """Return what a call of something that did not change does."""
        if not isinstance(node, ast.Call) or not self.summaries or _leaf(node) in self.changed:
            return ""
        path = self._path(node.func)
        if path:
            told = self.summaries.of(path)
        elif isinstance(node.func, ast.Attribute):
            owner = self._class(node.func.value)
            told = self.summaries.of(f"{owner}.{node.func.attr}" if owner else f".{node.func.attr}")
            name = owner.rpartition(".")[2]
            if told and name and self.is_clean(name):
                told += f" with `{name}`" if f"`{name}`" not in told else ""
        else:
            told = ""
        return told if self.is_clean(told) else ""

    def _path(self, node: ast.expr) -> str:
        """Return the path of what an imported name leads to; empty for anything else."""
        root, _, rest = ast.unparse(node).partition(".")
        if root not in self.imported or not re.fullmatch(r"[\w.]*", rest):
            return ""
        return ".".join(filter(None, (self.imported[root], rest)))

    def _class(self, node: ast.expr) -> str:
        """Return the path of the class that a value is an instance of; empty if unknown."""
        for inner in self._inward(node):
            call: ast.expr = inner
            for _ in range(4):  # a method that returns its own object: Model().fit(x)
                if not isinstance(call, ast.Call) or not self.summaries:
                    break
                base = self.bases.get(ast.unparse(call.func), "")
                path = self._path(ast.parse(base, mode="eval").body if base else call.func)
                if path and self.summaries.class_of(path):
                    return path
                call = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        return ""

    def _of_object(self) -> tuple[str, ast.expr] | None:
        """Return what the method does that was called last on the object that is printed of."""
        for printed in self.prints:
            names = set(_names(printed))
            for node in reversed(self.tree.body):
                call = node.value if isinstance(node, ast.Expr) else None
                of = (
                    call.func.value
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
                    else None
                )
                if call and of and ast.unparse(of) in names and (told := self._of_call(call)):
                    return told, call
        return None

    # -- from what ------------------------------------------------------------------------------

    def inputs(self, main: ast.expr | None, facts: Sequence[ApiSymbol]) -> str:
        """Return what the call is given, as far as that names nothing that changed."""
        found: list[str] = []
        used: list[tuple[str, ast.expr]] = [("", node) for node in self.prints]
        if isinstance(main, ast.Call):
            names = {value: name for name, value in self._given(main, facts).items()}
            method = isinstance(main.func, ast.Attribute) and not self._path(main.func)
            used = [("", main.func.value)] if method else []  # type: ignore[attr-defined]
            used += [(names.get(node, ""), node) for node in main.args]
            used += [(word.arg or "", word.value) for word in main.keywords]
        elif isinstance(main, ast.Attribute):
            used = [("", main.value)]
        for name, node in used:
            found += [one for one in self._input(name, node) if one not in found]
        return _and(found[:MOST_INPUTS])

    def _input(self, parameter: str, node: ast.expr) -> Iterator[str]:
        """Yield how a value is made, and what that is made of."""
        names = _names(node)
        if isinstance(node, ast.Name) and node.id in self.imported:
            return
        waiting = [name for name in names if name in self.bound]
        if not waiting:
            source = ast.unparse(node)
            given = bool(parameter) and self.is_clean(f"{parameter}=")
            if parameter and not given and isinstance(node, ast.Constant):
                return  # without its name it says nothing
            named = f"{parameter}={source}" if given else source
            if self.is_clean(source):
                yield f"`{named}`" if len(named) <= SHORT else _kind(node)
            return
        seen: list[ast.expr] = []
        while waiting and len(seen) < MOST_INPUTS:
            name = waiting.pop(0)
            value = self.bound[name]
            if not any(value is one for one in seen):
                seen.append(value)
                if told := self._made(name, value):
                    yield told
                waiting += [one for one in _names(value) if one in self.bound and one != name]

    def _made(self, name: str, value: ast.expr) -> str:
        statement = next(
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is value
        )
        source = ast.unparse(statement)
        if not self.is_clean(source):
            given = value.args if isinstance(value, ast.Call) else []
            spans = [f"`{text}`" for one in given if self.is_clean(text := ast.unparse(one))]
            func = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
            what = f"made with `{func}`" if func and self.is_clean(func) else "made" * bool(spans)
            what += f" from {_and(spans)}" if spans else _kind(value)
            return f"`{name}` ({what})" if 0 < len(what) <= SHORT else ""
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        if all(isinstance(one, ast.Name) for one in parts):
            return ""
        if len(source) <= SHORT:
            return f"`{source}`"
        if isinstance(value, ast.Call):
            made = ast.unparse(value.func)
            what = f"made with `{made}`" if re.fullmatch(r"[\w.]{1,40}", made) else ""
            inner = _kind(value.args[0]) if value.args else ""
            what += f" from {inner}" if what and inner else ""
        else:
            what = _kind(value)
        return f"`{name}` ({what})" if what else ""

    # -- and what it prints ---------------------------------------------------------------------

    def printed(self, main: ast.expr | None) -> str:
        """Return what is printed, told of the result of the call ``main``."""
        if self.prints and self.prints_nothing:
            return ""
        found = list(dict.fromkeys(self._noun(one, main) for one in self.prints))
        if len(found) > MOST_PRINTED:
            shown = ", ".join(found[: MOST_PRINTED - 1])
            return f"{shown} and {len(found) - MOST_PRINTED + 1} more values"
        return _and(found)

    def _noun(self, node: ast.expr, main: ast.expr | None) -> str:
        if node is main or (isinstance(node, ast.Name) and self._is_result(node, main)):
            return "the result"
        source = ast.unparse(node)
        holds = any(one is main or self._is_result(one, main) for one in ast.walk(node))
        if not holds and len(source) <= SHORT - 10 and self.is_clean(source):
            return f"whether `{source}`" if isinstance(node, ast.Compare) else f"`{source}`"
        if isinstance(node, ast.Attribute):
            names = []
            while isinstance(node, ast.Attribute):
                names += [node.attr] if self.is_clean(node.attr) else []
                node = node.value
            inner = self._noun(node, main)
            return f"the `{'.'.join(reversed(names))}` of {inner}" if names else inner
        if isinstance(node, ast.Subscript):
            return f"{_part(node.slice)} of {self._noun(node.value, main)}"
        return self._noun_of_call(node, main) if isinstance(node, ast.Call) else "the result"

    def _noun_of_call(self, node: ast.Call, main: ast.expr | None) -> str:
        name = ast.unparse(node.func)
        if name in _WRAPPERS and node.args:
            return _WRAPPERS[name].format(self._noun(node.args[0], main))
        given = [*node.args, *(word.value for word in node.keywords)]
        inside = any(
            one is main or self._is_result(one, main) for arg in given for one in ast.walk(arg)
        )
        if inside:
            whole = len(name) <= SHORT // 2 and self.is_clean(name)
            return f"what `{name}` makes of it" if whole else "the result"
        if not isinstance(node.func, ast.Attribute) or self._path(node.func):
            known = main is None and len(name) <= SHORT and self.is_clean(name)
            return f"what `{name}` returns" if known else "the result"
        inner = self._noun(node.func.value, main)
        dull = _PLAIN.fullmatch(node.func.attr) or not self.is_clean(node.func.attr)
        return inner if dull else f"`{node.func.attr}()` of {inner}"

    def _is_result(self, node: ast.AST, main: ast.expr | None) -> bool:
        return (
            main is not None
            and isinstance(node, ast.Name)
            and self.bound.get(node.id) is main
            and node.id not in self.unpacked
        )


def _part(index: ast.expr) -> str:
    source = ast.unparse(index)
    if source in ("0", "-1"):
        return "the first item" if source == "0" else "the last item"
    if re.fullmatch(r":\d+", source):
        return f"the first {source[1:]} items"
    return (
        f"`{source}`"
        if isinstance(index, ast.Constant) and isinstance(index.value, str)
        else "a part"
    )


def _kind(node: ast.expr) -> str:
    """Return what a literal is that is too long to quote."""
    if isinstance(node, ast.Dict):
        keys = [ast.unparse(key) for key in node.keys if isinstance(key, ast.Constant)]
        return (
            f"a dictionary with {_and([f'`{key}`' for key in keys[:4]])}"
            if keys
            else "a dictionary"
        )
    if isinstance(node, ast.List | ast.Tuple):
        many = len(node.elts)
        rows = all(isinstance(one, ast.List | ast.Tuple) for one in node.elts)
        return f"a list of {many} {'rows' if rows else 'values'}" if many > 1 else "a list"
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return "a text"
    return ""


def _and(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _names(node: ast.AST) -> list[str]:
    return [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]


def _leaf(node: ast.expr) -> str:
    return ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that a program imports, with the paths that they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (
                    alias.asname or alias.name.partition(".")[0],
                    (alias.name if alias.asname else alias.name.partition(".")[0]),
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _bare(word: str) -> str:
    """Return a verb without the ending of the third person."""
    if not _THIRD.fullmatch(word) or word.endswith(_PLURAL):
        return word
    return word[:-2] if word.endswith(("ches", "shes", "sses", "xes")) else word[:-1]


def _imperative(text: str, verbs: frozenset[str], names: frozenset[str]) -> str:
    if found := _COLLECTS.match(text):
        return f"List {text[found.end() :]}"
    first, _, rest = text.partition(" ")
    if first in ("A", "An", "The"):
        return f"{'Compute' if first == 'The' else 'Make'} {first.lower()} {rest}"
    if first == "Whether":
        return f"Tell whether {rest}"
    verb = _bare(first)
    if verb in verbs or _VERBS.fullmatch(verb) or _DETERMINER.match(rest):
        return f"{verb} {rest}".strip()
    if re.fullmatch(r"[A-Z][a-z]+ly", first):  # Evenly round to …
        return text
    lower = first if first in names or not re.fullmatch(r"[A-Z][a-z-]+", first) else first.lower()
    return f"Compute the {lower} {rest}".strip()


def _said(snippet: Snippet) -> str:
    """Return what the documentation says of this very example."""
    prose = "" if snippet.place == "test" or _FILE.search(snippet.prose) else _clean(snippet.prose)
    whole = 0 < len(prose) < 100 and prose[-1] not in ",;(" and not _NO_DOC.search(prose)
    return prose[:1].lower() + prose[1:] if whole else ""


def _clean(text: str) -> str:
    text = (
        _ROLE.sub(r"`\1`", _RULE.sub("", text))
        .replace("``", "`")
        .replace("`\\s", "`s")
        .replace("`~", "`")
        .strip()
    )
    if _NOTES.search(text):  # the heading of a note says nothing about the program
        return ""
    return text.rstrip(".:").strip() if len(text) < 220 else ""
