"""Turns the final values of a program into JSON that a judge can compare.

Every value becomes a dict with a ``"type"``. What is large is cut: to its first items,
or for arrays to evenly spaced elements, with a hash of the whole. Numbers keep their
exact value; what JSON cannot hold is a text (``"nan"``, ``"inf"``, ``"-inf"``).
"""

import hashlib
import json
import re
import types

import adapting

MOST_ITEMS = 1000
MOST_TEXT = 20000
MOST_NODES = 50000
MOST_DEPTH = 8
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")
HIDDEN = (
    types.ModuleType,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
)


ITERATORS = (types.GeneratorType, map, filter, zip, enumerate, reversed)


class Budget(Exception):
    """The values of one program are more than a report may hold."""


class Encoder:
    """Encodes values within a budget of nodes; shared and circular ones end in a mark."""

    def __init__(self):
        self.nodes = MOST_NODES
        self.open = set()
        self.adapters = adapting.asked()

    def value(self, value, depth=0):
        """Return ``value`` as a dict with a ``"type"``."""
        self.nodes -= 1
        if self.nodes < 0:
            raise Budget
        if depth > MOST_DEPTH or id(value) in self.open:
            return {"type": "cut", "class": class_name(value)}
        simple = plain(value)
        if simple is not None:
            return simple
        self.open.add(id(value))
        try:
            return self.compound(value, depth)
        except (Budget, RecursionError, MemoryError):
            raise
        except Exception as error:
            return {
                "type": "unencodable",
                "class": class_name(value),
                "exception": type(error).__name__,
            }
        finally:
            self.open.discard(id(value))

    def compound(self, value, depth):
        def inner(item):
            return self.value(item, depth + 1)

        kind = type(value)
        if isinstance(value, HIDDEN):
            return {"type": "definition", "class": class_name(value), "name": name_of(value)}
        found = adapting.encoded(self.adapters, value, inner)
        if found is not None:
            return found
        if isinstance(value, (set, frozenset)):
            items = [inner(item) for item in some(value)]
            items.sort(key=canonical)
            return whole({"type": "set", "items": items}, value, set, frozenset)
        if isinstance(value, (list, tuple)):
            base = "list" if isinstance(value, list) else "tuple"
            return whole(
                {"type": base, "items": [inner(i) for i in some(value)]}, value, list, tuple
            )
        if isinstance(value, dict):
            pairs = [[inner(k), inner(dict.__getitem__(value, k))] for k in some(value)]
            pairs.sort(key=lambda pair: canonical(pair[0]))
            return whole({"type": "dict", "items": pairs}, value, dict)
        if kind in ITERATORS:  # the program is over: nobody else will ask for its items
            items = [inner(item) for item in some(value)]
            return {"type": "iterator", "class": class_name(value), "items": items}
        return self.other(value, kind, inner)

    def other(self, value, kind, inner):
        """Encode by repr without addresses; by attributes where the repr says nothing."""
        if kind.__repr__ is object.__repr__:
            attributes = getattr(value, "__dict__", None) or {}
            public = {k: inner(v) for k, v in attributes.items() if not k.startswith("_")}
            return {"type": "object", "class": class_name(value), "attributes": public}
        return {"type": "object", "class": class_name(value), "repr": cut(without_addresses(value))}


def plain(value):
    """Encode None, truth, numbers, text and bytes; None for everything else."""
    kind = type(value)
    if value is None:
        return {"type": "none"}
    if kind is bool:
        return {"type": "bool", "value": value}
    if kind is int:
        return integer(value)
    if kind is float:
        return {"type": "float", "value": number(value)}
    if kind is complex:
        return {"type": "complex", "value": [number(value.real), number(value.imag)]}
    if kind is str:
        return cut_text("str", value, value.encode("utf-8", "surrogatepass"))
    if kind in (bytes, bytearray):
        return cut_text(kind.__name__, bytes(value[:MOST_TEXT]).hex(), bytes(value))
    return None


def integer(value):
    if value.bit_length() <= 2000:
        return {"type": "int", "value": value}
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return {"type": "int", "bits": value.bit_length(), "hash": digest(data)}


def number(value):
    """Return a float as JSON can hold it, exactly."""
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return value


def cut_text(kind, text, data):
    if len(text) <= MOST_TEXT:
        return {"type": kind, "value": text}
    return {"type": kind, "value": text[:MOST_TEXT], "length": len(data), "hash": digest(data)}


def cut(text):
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def some(items):
    """Return at most `MOST_ITEMS` of the items."""
    found = []
    for item in items:
        found.append(item)
        if len(found) >= MOST_ITEMS:
            break
    return found


def whole(made, value, *plain_kinds):
    """Add the class of a subclass, and the length where items were cut."""
    if type(value) not in plain_kinds:
        made["class"] = class_name(value)
    if len(value) > MOST_ITEMS:
        made["length"] = len(value)
    return made


def canonical(encoded):
    return json.dumps(encoded, sort_keys=True)


def class_name(value):
    kind = type(value)
    return "{}.{}".format(kind.__module__, kind.__qualname__)


def name_of(value):
    return str(getattr(value, "__qualname__", getattr(value, "__name__", "")))


def without_addresses(value):
    return ADDRESS.sub("0x", repr(value))


def is_definition(value):
    """True for modules, classes, functions, and what libraries make look like functions."""
    if isinstance(value, HIDDEN):
        return True
    try:
        return callable(value) and isinstance(getattr(value, "__name__", None), str)
    except Exception:
        return False


def program_values(names):
    """Encode the public names of a program that are neither modules nor definitions."""
    encoder = Encoder()
    found = {}
    for name, value in names.items():
        if name.startswith("_") or is_definition(value):
            continue
        try:
            found[name] = encoder.value(value)
        except (Budget, RecursionError, MemoryError):
            found[name] = {"type": "cut", "class": class_name(value)}
        if len(found) >= MOST_ITEMS:
            break
    return found
