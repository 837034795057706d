"""What a symbol is in one real version: asked of the library itself, in the sandbox."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from recode_data.execute import Executor, Job
from recode_data.execute.reading import whole_json
from recode_data.records import Environment

CHUNK = 800
"""Symbols asked of one run: each one imports the modules that it needs anew."""
_PROBE = """
import base64, importlib, inspect, json, re, warnings, zlib
warnings.simplefilter("ignore")
SYMBOLS = %r

def find(path):
    parts = path.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:n]))
        except BaseException:
            continue
        member = False
        for part in parts[n:]:
            member = inspect.isclass(found)
            owner, found = found, getattr(found, part)
        return found, member
    raise LookupError(path)

def parameters(found):
    try:
        listed = inspect.signature(found).parameters.values()
    except Exception:
        return None
    plain = (bool, int, float, str, type(None), tuple)
    return [[p.name, p.kind.name,
             repr(p.default) if isinstance(p.default, plain) and p.default is not p.empty else ""]
            for p in listed]

MEMBERS, KEPT = {}, []

def members(name):
    if name not in MEMBERS:
        MEMBERS[name] = known = {}
        try:
            module = importlib.import_module(name)
        except BaseException:
            return known
        for member in dir(module):
            try:
                value = getattr(module, member)
                KEPT.append(value)  # or another object might get its id
                known.setdefault(id(value), []).append(member)
            except Exception:
                pass
    return MEMBERS[name]

def same_objects(path, found):
    if inspect.isclass(found) or callable(found) or isinstance(found, float):
        return members(path.rpartition(".")[0]).get(id(found), [])
    return []

def brief(doc):  # its beginning, and the lines that say what a parameter may be
    listed = re.findall(r"(?m)^ *\\w+ *: .*$", doc[600:6000])
    return "\\n".join([doc[:600]] + listed)

def tell(path):
    try:
        return described(path, *find(path))
    except BaseException:  # a proxy, as of Flask, may fail whatever it is asked; Rust panics
        return None

def described(path, found, member):
    kind = ("module" if inspect.ismodule(found) else "class" if inspect.isclass(found)
            else "callable" if callable(found) else "property" if isinstance(found, property)
            else "constant")
    plain = kind == "constant" and type(found).__module__ == "builtins"
    return {"kind": kind, "member": member, "parameters": parameters(found),
            "same": same_objects(path, found),
            "home": getattr(found, "__module__", None) or "",
            "name": getattr(found, "__qualname__", None) or getattr(found, "__name__", None) or "",
            "doc": "" if plain or not isinstance(found.__doc__, str) else brief(found.__doc__)}

told = dict((path, tell(path)) for path in SYMBOLS)
for path, found in list(told.items()):  # an alias is told of together with its twins
    if found and not found["member"] and len(found["same"]) < 12:
        for name in found["same"]:
            twin = path.rpartition(".")[0] + "." + name
            if not name.startswith("_") and twin not in told:
                told[twin] = tell(twin)
print(base64.b64encode(zlib.compress(json.dumps(told).encode())).decode())
"""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str
    """As `inspect.Parameter.kind` names it: ``KEYWORD_ONLY``, …"""
    default: str
    """Its source when it is a plain value, else empty."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A symbol as it is in one version."""

    path: str
    kind: str
    """``module``, ``class``, ``callable``, ``property`` or ``constant``."""
    member: bool
    """It belongs to a class, so its uses are found by the receivers' types."""
    parameters: tuple[Parameter, ...]
    known_signature: bool
    same: tuple[str, ...]
    """Names in the same module that are the very same object."""
    home: str
    """The module that the object says it comes from: ``builtins`` for ``numpy.int``."""
    name: str
    doc: str

    @property
    def positional(self) -> tuple[str, ...]:
        """Names of the parameters that may be given by position, without ``self``."""
        names = [p.name for p in self.parameters if p.kind.startswith("POSITIONAL")]
        return tuple(names[1:] if names[:1] == ["self"] else names)

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)


Facts = dict[str, Fact]


@with_config(ConfigDict(strict=True, extra="forbid"))
class _Answer(TypedDict):
    kind: str
    member: bool
    parameters: list[tuple[str, str, str]] | None
    same: list[str]
    home: str
    name: str
    doc: str


_ANSWERS = TypeAdapter(dict[str, _Answer | None])
MOST_TEXT = 64 << 20
"""Bytes that the answer of one run may have when it is unpacked."""


def facts_of(
    executor: Executor, environments: Iterable[Environment], symbols: Iterable[str]
) -> dict[str, Facts]:
    """Return, by version, what the symbols are there; those that are not there are missing,
    and so are versions that cannot be asked."""
    wanted = sorted(set(symbols))
    chunks = [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]
    jobs = [
        Job(_PROBE % (chunk,), environment, timeout=120.0)
        for environment in environments
        for chunk in chunks
    ]
    found: dict[str, Facts] = {}
    for job, run in executor.run(jobs):
        if run.status != "clean":
            continue
        told = found.setdefault(job.environment.version, {})
        for path, answer in _answers(run.stdout).items():
            if answer is not None:
                told[path] = _fact(path, answer)
    return found


def _answers(stdout: str) -> dict[str, _Answer | None]:
    """Return what a probe told last, checked field by field: the library that is asked shares
    its process, so the text may be anything. What is no valid answer tells of no symbol."""
    try:
        packed = base64.b64decode(stdout.strip().split("\n")[-1], validate=True)
        text = zlib.decompressobj().decompress(packed, MOST_TEXT)
        return _ANSWERS.validate_json(whole_json(text))
    except (ValueError, zlib.error):
        return {}


def _fact(path: str, answer: _Answer) -> Fact:
    told = answer["parameters"]
    return Fact(
        path,
        answer["kind"],
        answer["member"],
        tuple(Parameter(*one) for one in told or ()),
        told is not None,
        tuple(answer["same"]),
        answer["home"],
        answer["name"],
        answer["doc"],
    )
