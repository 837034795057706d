"""Of what class the results of a package's callables are, where an annotation or the
documentation names one class: ``{identity: class}`` with identities ``module:qualified.name``.
``Self`` stands for the receiver's own class; a class that is not found by its name is ``?name``;
``type:`` stands before it where the result is the class itself, or one that is derived from it.
"""

import ast
import importlib
import inspect
import os
import re

SECTION = re.compile(
    r"^[ \t]*Returns[ \t]*\n[ \t]*-{3,}[ \t]*\n((?:[ \t]*\S.*\n?|[ \t]*\n)*)", re.M
)
RESULT = re.compile(r"(?:\w+\s*:\s*)?[`~:a-z]*?([A-Za-z_][\w.]*)`*(?:\s*,?\s*or None)?\.?$")
NONE = re.compile(r"^Optional\[(.*)\]$|^(.*?)\s*\|\s*None$")
CLASS = re.compile(r"^(?:typing\.)?[Tt]ype\[(.*)\]$")
PLAIN = re.compile(r"[A-Za-z_][\w.]*$")
MOST = 200000
ARITHMETIC = (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
)
OPERATORS = (
    ["__enter__", "__getitem__", "__neg__", "__invert__"]
    + ["__%s%s__" % (side, name) for side in ("", "r") for name in ARITHMETIC]
    + ["__%s__" % name for name in ("eq", "ne", "lt", "le", "gt", "ge")]
)


def main(modules):
    answer = {}
    for name in modules:
        try:
            module = importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException:
            continue
        for attribute in sorted(dir(module)):
            try:
                described(getattr(module, attribute), "%s.%s" % (name, attribute), answer)
            except KeyboardInterrupt:
                raise
            except BaseException:  # a name that warns or fails says nothing
                continue
            if len(answer) > MOST:
                return answer
        try:
            stubbed(module, answer)
        except Exception:  # a stub in the syntax of a later Python
            continue
    return answer


def stubbed(module, answer):
    """Add what the stub beside a module says of what is not written in Python."""
    folder, file = os.path.split(getattr(module, "__file__", None) or "")
    file = os.path.join(folder, file.split(".")[0] + ".pyi")
    if not os.path.exists(file):
        return
    with open(file, encoding="utf-8") as stream:
        tree = ast.parse(stream.read())
    scope = stub_scope(tree, module)
    for name, functions in stub_functions(tree).items():
        owner = getattr(module, name.split(".")[0], None)
        home = getattr(owner, "__module__", None)
        results = {stub_result(function, scope) for function in functions}
        if isinstance(home, str) and len(results) == 1 and "" not in results:
            answer.setdefault("%s:%s" % (home, name), results.pop())


def stub_scope(tree, module):
    """Return what the names of a stub stand for."""
    scope = dict(vars(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            try:
                found = importlib.import_module(node.module)
            except Exception:
                continue
            for alias in node.names:
                scope.setdefault(alias.asname or alias.name, getattr(found, alias.name, None))
    return scope


def stub_functions(tree):
    """Return the functions and methods of a stub by name, each with its overloads."""
    told = {}
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            told.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.ClassDef):
            bases = [classes.get(getattr(base, "id", None)) for base in node.bases]
            for part in [node] + [base for base in bases if base is not None]:
                own = {}
                for member in part.body:
                    if isinstance(member, ast.FunctionDef):
                        own.setdefault("%s.%s" % (node.name, member.name), []).append(member)
                for name, functions in own.items():
                    told.setdefault(name, functions)
    return told


def stub_result(function, scope):
    result = function.returns
    while isinstance(result, ast.Subscript):
        result = result.value
    if not isinstance(result, ast.Name):
        return ""
    first = function.args.args[0].annotation if function.args.args else None
    if result.id == "Self" or (isinstance(first, ast.Name) and first.id == result.id):
        return "Self"
    found = scope.get(result.id)
    found = getattr(found, "__origin__", None) or found
    return identity(found) if inspect.isclass(found) else ""


def described(value, path, answer):
    if not inspect.isclass(value):
        if callable(value):
            keep(value, None, answer)
        if callable(value) and not identity(value):
            result = annotated(type(value).__call__)
            if result:
                answer["=" + path] = result
        return
    mark = identity(value)
    if mark in answer:
        return
    answer[mark] = mark
    for name in OPERATORS:
        result = annotated(getattr(value, name, None))
        if result:
            answer["%s.%s" % (mark, name)] = result
    for base in value.__mro__:
        for name, member in list(vars(base).items()):
            if name.startswith("_"):
                continue
            try:
                inner = member.fget if isinstance(member, property) else member
                inner = getattr(inner, "__func__", inner)
                keep(inner, base, answer)
            except Exception:
                continue


def identity(value):
    home = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    return "%s:%s" % (home, name) if isinstance(home, str) and isinstance(name, str) else ""


def keep(function, owner, answer):
    mark = identity(function)
    if not mark and owner is not None and isinstance(getattr(function, "__qualname__", None), str):
        mark = "%s:%s" % (owner.__module__, function.__qualname__)
    if mark and mark not in answer:
        found = annotated(function)
        if found is None:
            found = documented(function)
        if found:
            answer[mark] = found


def annotated(function):
    """Return the class that an annotation names; None without one, empty for any other."""
    annotations = getattr(function, "__annotations__", None)
    if not isinstance(annotations, dict) or "return" not in annotations:
        return None
    result = annotations["return"]
    if inspect.isclass(result):
        return identity(result)
    if getattr(result, "__origin__", None) is type and len(result.__args__) == 1:
        found = bounded(result.__args__[0], function)
        return "type:" + identity(found) if inspect.isclass(found) else ""
    if not isinstance(result, str):
        name = getattr(result, "__name__", "")
        return "Self" if name and result == annotations.get("self") else ""
    result = result.strip("'\" ")
    optional = NONE.match(result)
    if optional:
        result = (optional.group(1) or optional.group(2)).strip("'\" ")
    if result == "Self" or result == str(annotations.get("self", "")).strip("'\" "):
        return "Self"
    of_class = CLASS.match(result)
    if of_class:
        inner = named(of_class.group(1).strip("'\" "), function)
        return "type:" + inner if inner and not inner.startswith("?") else ""
    return named(result, function) if PLAIN.match(result) else ""


def bounded(found, function):
    """Return the class that a type variable, or a name in an annotation, stands for."""
    for _ in range(3):
        found = getattr(found, "__bound__", None) or getattr(found, "__forward_arg__", found)
        if isinstance(found, str):
            found = (getattr(function, "__globals__", None) or {}).get(found)
    return found


def named(name, function):
    scope = getattr(function, "__globals__", None) or {}
    first, _, rest = name.partition(".")
    found = scope.get(first)
    for part in rest.split(".") if rest else []:
        found = getattr(found, part, None)
    found = bounded(found, function)
    if inspect.isclass(found):
        return identity(found)
    return "" if found is not None else "?" + name.rsplit(".", 1)[-1]


def documented(function):
    text = getattr(function, "__doc__", None)
    match = SECTION.search(inspect.cleandoc(text) + "\n") if isinstance(text, str) else None
    if match is None:
        return ""
    lines = []
    for line in match.group(1).split("\n"):
        if re.match(r"-{3,}", line):
            lines = lines[:-1]  # the heading of the next section
            break
        if line.strip() and not line[0].isspace():
            lines.append(line)
    results = [line for line in lines if not line.startswith("..")]
    if len(results) == 1 and re.match(r"self\s*:|self$", results[0]):
        return "Self"
    if len(results) != 1:
        return ""
    package = str(getattr(function, "__module__", "")).split(".")[0]
    said = re.sub(r"(?i)(?<=:)\s*%s\s+(?=\S+$)" % re.escape(package), " ", results[0])
    found = RESULT.match(said)
    return named(found.group(1), function) if found else ""
