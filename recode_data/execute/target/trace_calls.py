"""Which objects of a library a program really reaches, seen while it runs.

The program runs under a transformation of its syntax tree: ``a.b`` becomes
``note(a, "b").b``. `note` writes down who ``a`` is and hands it back, so the attribute is
still loaded by the program's own frame: lines, warnings' stack levels and errors stay
what they were.
"""

import ast
import builtins
import sys
import types

NOTE = "__recode_note__"
CALL = "__recode_call__"
IMPORTED = "__recode_imported__"
HELPERS = NOTE, CALL, IMPORTED
MOST_NAMES = 2000
DEPTH = 12000
"""Recursion limit for trees that are deeper than the usual one; 8 MiB of stack hold it."""
MATCH_VALUE = getattr(ast, "MatchValue", None)


class Instrument:
    """Rewrites attribute loads, calls and imports of a tree, in one pass and in place.

    ``table`` gets what each note is about; the program carries only its number.
    """

    def __init__(self, table):
        self.table = table

    def rewrite(self, tree):
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            kind = type(node)
            if kind is ast.Call:
                self.call(node)
            elif kind is ast.Attribute:
                if isinstance(node.ctx, ast.Load) and not node.__dict__.get("noted"):
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

    def attribute(self, node, keywords):
        """``a.b`` becomes ``note(a, number).b``."""
        node.noted = True
        if not private(node.attr):
            inner = isinstance(node.value, ast.Attribute)
            self.table.append((node.attr, inner, keywords))
            node.value = helper(NOTE, node.value, node.value, len(self.table) - 1)

    def call(self, node):
        keywords = tuple(described(k) for k in node.keywords if k.arg)
        function = node.func
        if isinstance(function, ast.Attribute):
            self.attribute(function, keywords)
        elif isinstance(function, ast.Name):
            if function.id in ("getattr", "hasattr") and len(node.args) > 1:
                self.named_attribute(node)
            if keywords:
                self.table.append(keywords)
                node.func = helper(CALL, function, function, len(self.table) - 1)

    def named_attribute(self, node):
        """``getattr(a, "b")`` reaches ``a.b`` as well."""
        first, name = node.args[0], text(node.args[1])
        if isinstance(name, str):
            self.table.append((name, False, ()))
            node.args[0] = helper(NOTE, first, first, len(self.table) - 1)

    def statements(self, body):
        """Put a note after each import."""
        changed = []
        for statement in body:
            changed.append(statement)
            if isinstance(statement, ast.ImportFrom):
                if statement.level or statement.module == "__future__":
                    continue
                self.table.append((statement.module, [alias.name for alias in statement.names]))
            elif isinstance(statement, ast.Import):
                self.table.append(("", [alias.name for alias in statement.names]))
            else:
                continue
            call = helper(IMPORTED, statement, None, len(self.table) - 1)
            changed.append(ast.Expr(call, **place(statement)))
        return changed


def instrumented(code, filename, table):
    """Return the code object of ``code`` with notes at all its attributes."""
    tree = Instrument(table).rewrite(ast.parse(code, filename))
    return compile(tree, filename, "exec", dont_inherit=True)


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

    def __init__(self, packages):
        self.packages = frozenset(packages)
        self.found = {}
        self.last = ()
        self.paths = {}
        self.imports = {}
        self.table = []
        self.skipped = set()

    def compile(self, code, filename):
        """Return the code object of ``code``, instrumented when something is traced."""
        if not self.packages:
            for name in HELPERS:
                vars(builtins).pop(name, None)
            return compile(code, filename, "exec", dont_inherit=True)
        try:
            ready = instrumented(code, filename, self.table)
        except (RecursionError, SyntaxError, ValueError, TypeError):
            plain = compile(code, filename, "exec", dont_inherit=True)
            ready = self.deep(code, filename)
            if ready is None:
                return plain
        for name, helps in zip(HELPERS, (self.note, self.call, self.imported)):
            setattr(builtins, name, helps)
        return ready

    def deep(self, code, filename):
        """Instrument code that is deeper than the usual limit; None where that fails too.

        A compiler goes deeper into a text than into a tree of the same depth, so such a
        program can run, and its calls are wanted all the same.
        """
        usual = sys.getrecursionlimit()
        del self.table[:]
        sys.setrecursionlimit(DEPTH)
        try:
            return instrumented(code, filename, self.table)
        except (RecursionError, SyntaxError, ValueError, TypeError, MemoryError):
            return None
        finally:
            sys.setrecursionlimit(usual)

    def ours(self, module):
        return isinstance(module, str) and module.partition(".")[0] in self.packages

    def add(self, path, keywords):
        if len(self.found) < MOST_NAMES:
            self.found[path] = None
            for keyword in keywords:
                name, equals, value = keyword.partition("=")
                self.found["{}({}=)".format(path, name)] = None
                if equals:
                    self.found["{}({}={})".format(path, name, value)] = None

    def note(self, receiver, number):
        """Write down ``receiver.name`` and return the receiver."""
        name, inner, keywords = self.table[number]
        kind = type(receiver)
        before, self.last = self.last, ()
        if kind in self.skipped and not before:
            return receiver
        try:
            paths = self.of_receiver(receiver, kind, name)
            if inner:
                paths += ["{}.{}".format(path, name) for path in before]
            for path in paths:
                self.add(path, keywords)
            self.last = tuple(paths[:4])
        except Exception:
            self.skipped.add(kind)
        return receiver

    def of_receiver(self, receiver, kind, name):
        if issubclass(kind, types.ModuleType):
            module = receiver.__name__
            return ["{}.{}".format(module, name)] if self.ours(module) else []
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
        """Write down the keywords that a plain name is called with."""
        keywords = self.table[number]
        try:
            path = self.imports.get(id(function))
            if path is None and self.ours(getattr(function, "__module__", None)):
                path = self.public(function)
            if path is not None:
                self.add(path, keywords)
        except Exception:
            return function
        return function

    def imported(self, number):
        """Write down what an import statement brought."""
        module, names = self.table[number]
        for name in names:
            path = "{}.{}".format(module, name) if module else name
            if not self.ours(path):
                continue
            self.add(path, ())
            value = vars(sys.modules[module]).get(name) if module in sys.modules else None
            if value is not None:
                self.imports[id(value)] = path

    def names(self):
        return sorted(self.found)
