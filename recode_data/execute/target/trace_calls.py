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
MOST_NAMES = 2000


class Instrument(ast.NodeTransformer):
    """Rewrites attribute loads, calls and imports; everything else stays as it is."""

    def generic_visit(self, node):
        if isinstance(node, (ast.arg, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.keep_annotations(node)
        return super().generic_visit(node)

    def keep_annotations(self, node):
        """Visit all but annotations, which may be turned back into text."""
        kept = {name: getattr(node, name, None) for name in ("annotation", "returns")}
        for name in kept:
            if hasattr(node, name):
                setattr(node, name, None)
        super().generic_visit(node)
        for name, value in kept.items():
            if hasattr(node, name):
                setattr(node, name, value)
        return node

    def visit_Attribute(self, node):
        return self.attribute(node, [])

    def attribute(self, node, keywords):
        inner = isinstance(node.value, ast.Attribute)
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) and not private(node.attr):
            node.value = helper(NOTE, node.value, [node.value, node.attr, inner, keywords])
        return node

    def visit_Call(self, node):
        keywords = [described(k) for k in node.keywords if k.arg]
        function = node.func
        if isinstance(function, ast.Attribute):
            node.func = self.attribute(function, keywords)
        elif isinstance(function, ast.Name) and keywords:
            node.func = helper(CALL, function, [function, keywords])
        else:
            node.func = self.visit(function)
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        if isinstance(function, ast.Name) and function.id in ("getattr", "hasattr"):
            self.named_attribute(node)
        return node

    def named_attribute(self, node):
        """``getattr(a, "b")`` reaches ``a.b`` as well."""
        if len(node.args) > 1 and isinstance(text(node.args[1]), str):
            first, name = node.args[0], text(node.args[1])
            node.args[0] = helper(NOTE, first, [first, name, False, []])

    def visit_ImportFrom(self, node):
        if node.level or node.module == "__future__":
            return node
        names = [[alias.name, alias.asname or alias.name] for alias in node.names]
        return [node, self.after(node, [node.module, names])]

    def visit_Import(self, node):
        names = [[alias.name, ""] for alias in node.names]
        return [node, self.after(node, ["", names])]

    def after(self, node, arguments):
        return ast.copy_location(ast.Expr(helper(IMPORTED, node, arguments)), node)

    def visit_MatchValue(self, node):
        return node

    def visit_MatchClass(self, node):
        node.patterns = [self.visit(p) for p in node.patterns]
        node.kwd_patterns = [self.visit(p) for p in node.kwd_patterns]
        return node


def instrumented(code, filename):
    """Return the code object of ``code`` with notes at all its attributes."""
    tree = Instrument().visit(ast.parse(code, filename))
    return compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)


def private(name):
    return name.startswith("__") and not name.endswith("__")


def text(node):
    """Return the constant that ``node`` is, or None."""
    if sys.version_info < (3, 8) and isinstance(node, ast.Str):
        return node.s
    return getattr(node, "value", None) if type(node).__name__ == "Constant" else None


def described(keyword):
    """Return ``name``, or ``name='text'`` for a short constant text."""
    value = text(keyword.value)
    if isinstance(value, str) and len(value) < 40:
        return "{}={!r}".format(keyword.arg, value)
    return keyword.arg


def helper(name, place, arguments):
    """Return ``name(*arguments)`` at the place of a node."""
    call = ast.Call(ast.Name(name, ast.Load()), [literal(a) for a in arguments], [])
    for node in ast.walk(call):
        if "lineno" not in node.__dict__ and isinstance(node, ast.expr):
            ast.copy_location(node, place)
    return call


def literal(value):
    if isinstance(value, ast.AST):
        return value
    if isinstance(value, (list, tuple)):
        return ast.Tuple([literal(item) for item in value], ast.Load())
    if sys.version_info >= (3, 8):
        return ast.Constant(value, kind=None)
    return ast.NameConstant(value) if isinstance(value, bool) else ast.Str(value)


class Tracer:
    """Collects the public paths of the objects of ``packages`` that a program reaches."""

    def __init__(self, packages):
        self.packages = frozenset(packages)
        self.found = {}
        self.last = ()
        self.paths = {}
        self.imports = {}
        self.skipped = set()

    def compile(self, code, filename):
        """Return the code object of ``code``, instrumented when something is traced."""
        if not self.packages:
            return compile(code, filename, "exec", dont_inherit=True)
        try:
            ready = instrumented(code, filename)
        except (RecursionError, SyntaxError, ValueError, TypeError):
            return compile(code, filename, "exec", dont_inherit=True)
        setattr(builtins, NOTE, self.note)
        setattr(builtins, CALL, self.call)
        setattr(builtins, IMPORTED, self.imported)
        return ready

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

    def note(self, receiver, name, inner, keywords):
        """Write down ``receiver.name`` and return the receiver."""
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

    def call(self, function, keywords):
        """Write down the keywords that a plain name is called with."""
        try:
            path = self.imports.get(id(function))
            if path is None and self.ours(getattr(function, "__module__", None)):
                path = self.public(function)
            if path is not None:
                self.add(path, keywords)
        except Exception:
            return function
        return function

    def imported(self, module, names):
        """Write down what an import statement brought."""
        for name, _ in names:
            path = "{}.{}".format(module, name) if module else name
            if not self.ours(path):
                continue
            self.add(path, ())
            value = vars(sys.modules[module]).get(name) if module in sys.modules else None
            if value is not None:
                self.imports[id(value)] = path

    def names(self):
        return sorted(self.found)
