"""Which objects of a library a program really reaches, and where, seen while it runs.

The program runs under a transformation of its syntax tree: ``a.b`` becomes
``note(a, "b").b``. `note` writes down who ``a`` is and hands it back, so the attribute is
still loaded by the program's own frame: lines, warnings' stack levels and errors stay
what they were. A name that is looked up by ``getattr`` or in text that is executed counts
as one that stands in the program; a name that is assigned to an object of the library is
written with an ``=`` at its end.
"""

import ast
import builtins
import functools
import sys
import types

import scratch

NOTE = "__recode_note__"
CALL = "__recode_call__"
IMPORTED = "__recode_imported__"
HELPERS = NOTE, CALL, IMPORTED
MOST_NAMES = 2000
MOST_USES = 4000
DEPTH = 12000
"""Recursion limit for trees that are deeper than the usual one; 8 MiB of stack hold it."""
MATCH_VALUE = getattr(ast, "MatchValue", None)


class Instrument:
    """Rewrites attribute loads, calls and imports of a tree, in one pass and in place.

    ``table`` gets what each note is about; the program carries only its number. ``where``
    is the place that text has in the program that executes it.
    """

    def __init__(self, table, where=None):
        self.table = table
        self.where = where

    def rewrite(self, tree):
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            kind = type(node)
            if kind is ast.Call:
                self.call(node)
            elif kind is ast.Attribute:
                if not node.__dict__.get("noted"):
                    self.attribute(node, ())
            elif kind is MATCH_VALUE:
                continue
            for name in node._fields:
                if name in ("annotation", "returns", "cls"):  # may be turned back into text
                    continue
                value = getattr(node, name, None)
                if isinstance(value, list):
                    if value and isinstance(value[0], ast.stmt):
                        value[:] = self.statements(value)
                    waiting.extend(item for item in value if isinstance(item, ast.AST))
                elif isinstance(value, ast.AST):
                    waiting.append(value)
        return tree

    def add(self, node, *about):
        """Return the number of a new row of the table: where it is, and what it is about."""
        self.table.append((self.where or (node.lineno, node.col_offset), *about))
        return len(self.table) - 1

    def attribute(self, node, keywords):
        """``a.b`` becomes ``note(a, number).b``."""
        node.noted = True
        if private(node.attr):
            return
        inner = isinstance(node.value, ast.Attribute)
        sign = "" if isinstance(node.ctx, ast.Load) else "="
        number = self.add(node, node.attr, sign, inner, keywords)
        node.value = helper(NOTE, node.value, node.value, number)

    def call(self, node):
        keywords = tuple(described(k) for k in node.keywords if k.arg)
        function = node.func
        if isinstance(function, ast.Attribute):
            self.attribute(function, keywords)
        elif isinstance(function, ast.Name) and function.id not in HELPERS:
            node.func = helper(CALL, function, function, self.add(node, keywords))

    def statements(self, body):
        """Put a note after each import."""
        changed = []
        for statement in body:
            changed.append(statement)
            if isinstance(statement, ast.ImportFrom):
                if statement.level or statement.module == "__future__":
                    continue
                module = statement.module
            elif isinstance(statement, ast.Import):
                module = ""
            else:
                continue
            number = self.add(statement, module, [alias.name for alias in statement.names])
            call = helper(IMPORTED, statement, None, number)
            changed.append(ast.Expr(call, **place(statement)))
        return changed


def parsed(code, filename, mode, folder):
    """Return the tree of ``code``; ``folder``: what is /tmp to it, None for /tmp itself."""
    tree = ast.parse(code, filename, mode)
    return scratch.moved(tree, folder) if folder and "/tmp" in code else tree


def private(name):
    return name.startswith("__") and not name.endswith("__")


def text(node):
    """Return the constant that ``node`` is, or None."""
    if sys.version_info < (3, 8):
        return node.s if isinstance(node, ast.Str) else None
    return node.value if isinstance(node, ast.Constant) else None


def described(keyword):
    """Return ``name``, or ``name='text'`` for a short constant text."""
    value = text(keyword.value)
    if isinstance(value, str) and len(value) < 40:
        return "{}={!r}".format(keyword.arg, value)
    return keyword.arg


def place(node):
    names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    return {name: getattr(node, name) for name in names if hasattr(node, name)}


def helper(name, node, argument, number):
    """Return ``name(argument, number)`` at the place of ``node``."""
    where = place(node)
    arguments = [] if argument is None else [argument]
    if sys.version_info < (3, 8):
        arguments.append(ast.Num(number, **where))
    else:
        arguments.append(ast.Constant(number, None, **where))
    return ast.Call(ast.Name(name, ast.Load(), **where), arguments, [], **where)


class Tracer:
    """Collects the public paths of the objects of ``packages`` that a program reaches."""

    def __init__(self, packages, folder=None):
        self.packages = frozenset(packages)
        self.within = tuple(name + "." for name in packages if "." in name)  # of a namespace
        self.folder = folder
        self.found = {}
        self.uses = {}
        self.last = ()
        self.paths = {}
        self.imports = {}
        self.table = []
        self.skipped = set()
        self.modules = {}
        self.watched = {}

    def compile(self, code, filename):
        """Return the code object of ``code``, instrumented when something is traced."""
        if not self.packages:
            for name in HELPERS:
                vars(builtins).pop(name, None)
            return self.plain(code, filename)
        try:
            ready = self.instrumented(code, filename)
        except (RecursionError, SyntaxError, ValueError, TypeError):
            plain = self.plain(code, filename)
            ready = self.deep(code, filename)
            if ready is None:
                return plain
        self.watched = {
            id(getattr): self.by_name(getattr, ""),
            id(hasattr): self.by_name(hasattr, ""),
            id(setattr): self.by_name(setattr, "="),
            id(exec): self.of_text(exec, "exec"),
            id(eval): self.of_text(eval, "eval"),
            id(vars): self.namespace,
        }
        for name, helps in zip(HELPERS, (self.note, self.call, self.imported)):
            setattr(builtins, name, helps)
        return ready

    def plain(self, code, filename):
        if self.folder and "/tmp" in code:
            code = parsed(code, filename, "exec", self.folder)
        return compile(code, filename, "exec", dont_inherit=True)

    def instrumented(self, code, filename, mode="exec", where=None):
        """Return the code object of ``code`` with notes at all its attributes and calls."""
        tree = parsed(code, filename, mode, self.folder)
        Instrument(self.table, where).rewrite(tree)
        return compile(tree, filename, mode, dont_inherit=True)

    def deep(self, code, filename):
        """Instrument code that is deeper than the usual limit; None where that fails too.

        A compiler goes deeper into a text than into a tree of the same depth, so such a
        program can run, and its calls are wanted all the same.
        """
        usual = sys.getrecursionlimit()
        del self.table[:]
        sys.setrecursionlimit(DEPTH)
        try:
            return self.instrumented(code, filename)
        except (RecursionError, SyntaxError, ValueError, TypeError, MemoryError):
            return None
        finally:
            sys.setrecursionlimit(usual)

    def ours(self, module):
        if not isinstance(module, str):
            return False
        return module.partition(".")[0] in self.packages or (module + ".").startswith(self.within)

    def add(self, path, keywords, number):
        if len(self.found) < MOST_NAMES:
            self.found[path] = None
            for keyword in keywords:
                name, equals, value = keyword.partition("=")
                self.found["{}({}=)".format(path, name)] = None
                if equals:
                    self.found["{}({}={})".format(path, name, value)] = None
        if len(self.uses) < MOST_USES:
            self.uses[number, path] = None

    def note(self, receiver, number):
        """Write down ``receiver.name`` and return the receiver."""
        _, name, sign, inner, keywords = self.table[number]
        kind = type(receiver)
        before, self.last = self.last, ()
        if kind in self.skipped and not before:
            return receiver
        try:
            paths = self.of_receiver(receiver, kind, name)
            if inner:
                paths += ["{}.{}".format(path, name) for path in before]
            if sign and not issubclass(kind, (types.ModuleType, type)):
                sign = ""  # an attribute of an object is the program's to set
            for path in paths:
                self.add(path + sign, keywords, number)
            self.last = tuple(paths[:4])
        except Exception:
            self.skipped.add(kind)
        return receiver

    def of_receiver(self, receiver, kind, name):
        if issubclass(kind, types.ModuleType):
            module = receiver.__name__
            if not self.ours(module):
                return []
            if module not in self.modules:
                self.modules[module] = frozenset(vars(receiver))
            return ["{}.{}".format(module, name)]
        if issubclass(kind, type):
            return self.of_class(receiver, name)
        key = (kind, name)
        if key not in self.paths:
            self.paths[key] = self.of_class(kind, name)
            if not any(self.ours(base.__module__) for base in kind.__mro__):
                self.skipped.add(kind)
        return list(self.paths[key])

    def of_class(self, kind, name):
        """Name the class itself and every base of the library that defines ``name``."""
        bases = [b for b in kind.__mro__ if self.ours(b.__module__)]
        named = [b for b in bases if b is kind or name in vars(b)]
        return ["{}.{}".format(self.public(base), name) for base in named]

    def public(self, thing):
        """Return the shortest module path under which ``thing`` can be reached."""
        parts = thing.__module__.split(".")
        name = thing.__qualname__
        for count in range(1, len(parts)):
            module = ".".join(parts[:count])
            if vars(sys.modules.get(module, sys)).get(name) is thing:
                return "{}.{}".format(module, name)
        return "{}.{}".format(thing.__module__, name)

    def call(self, function, number):
        """Write down what a plain name that is called stands for, and return it."""
        keywords = self.table[number][1]
        try:
            if id(function) in self.watched:
                return functools.partial(self.watched[id(function)], number)
            path = self.imports.get(id(function))
            if path is None and self.ours(getattr(function, "__module__", None)):
                path = self.public(function)
            if path is not None:
                self.add(path, keywords, number)
        except Exception:
            return function
        return function

    def by_name(self, function, sign):
        """Return ``getattr`` or the like, which writes down the name that it is asked for."""

        def reach(number, *arguments, **none):
            if len(arguments) > 1 and isinstance(arguments[1], str):
                receiver, name = arguments[:2]
                try:
                    for path in self.of_receiver(receiver, type(receiver), name):
                        self.add(path + sign, (), number)
                except Exception:
                    self.skipped.add(type(receiver))
            return function(*arguments, **none)

        return reach

    def namespace(self, number, *arguments):
        """Take the place of ``vars``, which gives a module's names to whoever asks."""
        if not arguments:
            return sys._getframe(1).f_locals
        if isinstance(arguments[0], types.ModuleType) and self.ours(arguments[0].__name__):
            self.add(arguments[0].__name__ + ".__dict__", (), number)
        return vars(*arguments)

    def of_text(self, function, mode):
        """Return ``exec`` or ``eval``, which traces the text that it is given."""

        def run(number, source, *spaces, **named):
            if isinstance(source, str):
                text, where = source.lstrip(" \t"), self.table[number][0]
                try:
                    source = self.instrumented(text, "<string>", mode, where)
                except (RecursionError, SyntaxError, ValueError, TypeError):
                    return function(source, *spaces, **named)
            if not spaces and not named:
                frame = sys._getframe(1)
                spaces = frame.f_globals, frame.f_locals
            return function(source, *spaces, **named)

        return run

    def imported(self, number):
        """Write down what an import statement brought."""
        _, module, names = self.table[number]
        for name in names:
            path = "{}.{}".format(module, name) if module else name
            if not self.ours(path):
                continue
            self.add(path, (), number)
            value = vars(sys.modules[module]).get(name) if module in sys.modules else None
            if value is not None:
                self.imports[id(value)] = path

    def names(self):
        """Return every path that was reached, and those that were put into a module."""
        for name, before in self.modules.items():
            module = sys.modules.get(name)
            for new in set(vars(module) if module else ()) - before:
                if not isinstance(vars(module)[new], types.ModuleType):
                    self.found["{}.{}=".format(name, new)] = None
        return sorted(self.found)

    def places(self):
        """Return line, column and path of every use, in the order of the program."""
        found = {(*self.table[number][0], path) for number, path in self.uses}
        return [list(use) for use in sorted(found)]
