"""Writes down the warnings of a program before any filter of its own can hide them.

Every warning, from Python or from C, is held against ``warnings.filters``. The first entry
of that list is a filter that matches nothing and writes down what it is asked about, and
the list keeps it first whatever the program does to it. A warning that the library itself
silences within one call of the program is not written down: nobody would see it.
"""

import _warnings
import itertools
import sys
import types
import warnings

MOST_WARNINGS = 200
MOST_TEXT = 2000
GUARDED = ("warn", "warn_explicit")


class Recorder:
    """Collects the warnings of a program with the place that led to each."""

    def __init__(self, filename):
        self.filename = filename
        self.found = []
        self.seen = set()
        self.text = self.module = ""
        recorder = self

        class Category(type):
            def __subclasscheck__(cls, category):
                recorder.note(recorder.text, category)
                return False

        never = Category("Never", (), {})
        self.entry = ("default", Part(self, "text"), never, Part(self, "module"), 0)

    def install(self):
        """Stand at the head of all filters from now on; also of the list that the interpreter
        itself asks where the module cannot be found."""
        warnings.filters = Filters(self, warnings.filters)
        _warnings.filters.insert(0, self.entry)
        warnings.__class__ = guarded(self)

    def note(self, text, category):
        """Write down one warning, unless the library keeps it to itself."""
        frame = self.user()
        if self.kept_inside(text, category, frame):
            return
        where = place(frame.f_code, frame.f_lasti, frame.f_lineno) if frame else [0]
        key = (getattr(category, "__name__", str(category)), text[:MOST_TEXT], tuple(where))
        if key not in self.seen and len(self.found) < MOST_WARNINGS:
            self.seen.add(key)
            self.found.append([key[0], key[1], where])

    def kept_inside(self, text, category, frame):
        """Return whether the filter that decides was set by the call under way."""
        if frame is None:
            return False
        for item in list(warnings.filters)[1:]:
            if matches(item, text, category, self.module):
                origin = getattr(item, "origin", None)
                return origin is not None and origin == (id(frame), frame.f_lasti)
        return False

    def user(self):
        """Return the innermost frame of the program, None where it is not on the stack."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self.filename:
            frame = frame.f_back
        return frame


class Part:
    """Takes the place of a filter's pattern: remembers what it is matched against."""

    def __init__(self, recorder, name):
        self.recorder = recorder
        self.name = name

    def match(self, text):
        setattr(self.recorder, self.name, str(text))
        return False

    def __reduce__(self):
        return str, ()


class Filter(tuple):
    """A filter that knows which call of the program set it."""


class Filters(list):
    """``warnings.filters`` with the recording entry always first."""

    def __init__(self, recorder, items=()):
        self.recorder = recorder
        list.__init__(self, items)
        self.settle()

    def settle(self):
        entry = self.recorder.entry
        if not len(self) or list.__getitem__(self, 0) is not entry:
            kept = [item for item in list.__iter__(self) if item is not entry]
            list.__setitem__(self, slice(None), [entry, *kept])

    def marked(self, item):
        """Return ``item`` with the call of the program that is under way."""
        if type(item) is not tuple or item is self.recorder.entry:
            return item
        frame = self.recorder.user()
        made = Filter(item)
        made.origin = (id(frame), frame.f_lasti) if frame is not None else None
        return made

    def insert(self, index, item):
        list.insert(self, index, self.marked(item))
        self.settle()

    def append(self, item):
        list.append(self, self.marked(item))

    def __setitem__(self, index, value):
        value = list(map(self.marked, value)) if isinstance(index, slice) else self.marked(value)
        list.__setitem__(self, index, value)
        self.settle()

    def __getitem__(self, index):
        found = list.__getitem__(self, index)
        return Filters(self.recorder, found) if isinstance(index, slice) else found


def settling(name):
    method = getattr(list, name)

    def changed(self, *arguments, **named):
        result = method(self, *arguments, **named)
        self.settle()
        return self if name.startswith("__i") else result

    return changed


for _name in (
    *("__delitem__", "__iadd__", "__imul__", "clear", "extend", "pop", "remove", "reverse"),
    "sort",
):
    setattr(Filters, _name, settling(_name))


def guarded(recorder):
    """Return the class of a ``warnings`` module whose recording cannot be assigned away."""
    original = {name: getattr(warnings, name) for name in GUARDED}

    class Module(types.ModuleType):
        def __setattr__(self, name, value):
            if name == "filters" and not isinstance(value, Filters):
                value = Filters(recorder, value)
            if name in original and value is not original[name]:
                value = recording(recorder, value)
            types.ModuleType.__setattr__(self, name, value)

        def __delattr__(self, name):
            if name in original or name == "filters":
                raise AttributeError(name)
            types.ModuleType.__delattr__(self, name)

    return Module


def recording(recorder, replacement):
    """Return a function in the place of ``warnings.warn`` that writes down and goes on."""

    def warn(*arguments, **named):
        message = arguments[0] if arguments else named.get("message")
        category = arguments[1] if len(arguments) > 1 else named.get("category")
        if isinstance(message, Warning):
            category = type(message)
        recorder.module = ""
        recorder.note(str(message), category or UserWarning)
        return replacement(*arguments, **named)

    return warn


def matches(item, text, category, module):
    """Return whether a filter is about a warning, as the interpreter decides it."""
    try:
        about, kind, where = item[1], item[2], item[3]
        return (
            fits(about, text)
            and issubclass(category, kind)
            and (where is None or not module or fits(where, module))
        )
    except Exception:
        return False


def fits(pattern, text):
    if pattern is None:
        return True
    return pattern == text if isinstance(pattern, str) else bool(pattern.match(text))


def place(code, last, line):
    """Return line, column, last line and last column of an instruction of the program, or
    the line alone where the interpreter does not know more (before Python 3.11)."""
    positions = getattr(code, "co_positions", None)
    if positions is not None and last >= 0:
        found = next(itertools.islice(positions(), last // 2, None), None)
        if found and None not in found:
            first, end, column, end_column = found
            return [first, column, end, end_column]
    return [line or 0]
