"""Parameters and signs of deprecation of one object."""

import dis
import inspect
import re

SOON = re.compile(r"\.\. deprecated::|\bdeprecated\b|will be removed", re.I)
CALL = re.compile(r"^\s*(?:[\w.]+\s*=\s*)?[\w.]*\(")
ENTRY = re.compile(r"^(\s*)\*{0,2}`{0,2}([A-Za-z_]\w*(?:\s*,\s*\w+)*)`{0,2}\s*:(?!:)")
MOST_DOC = 60000
DIRECTIVE = re.compile(r"^([ \t]*)\.\. (deprecated|versionchanged|versionremoved):: *(.*)$", re.M)


def describe(value):
    """Return ``doc`` (deprecated?), ``params`` and ``var`` of a callable."""
    documentation = doc_of(value)
    found = from_signature(value) or from_doc(documentation)
    described = {"doc": deprecated(value), "says": says(value)}
    if found is not None:
        params, var = found
        marked = deprecated_parameters(documentation)
        described["params"] = [[n, k, d, bool(m or n in marked)] for n, k, d, m in params]
        described["var"] = var
    return described


def doc_of(value):
    documentation = getattr(value, "__doc__", None)
    documentation = documentation if isinstance(documentation, str) else ""
    if inspect.isclass(value):
        more = getattr(getattr(value, "__init__", None), "__doc__", None)
        if isinstance(more, str) and not more.startswith("Initialize self"):
            documentation += "\n\n" + more
    return documentation[:MOST_DOC]


def deprecated(value):
    """Does the object say of itself that it is going?"""
    if getattr(value, "__deprecated__", None):
        return True
    documentation = getattr(value, "__doc__", None)
    if isinstance(documentation, str):
        head = documentation[:600]
        if ".. deprecated::" in head or re.search(
            r"(?i)\bdeprecated?\b.{0,80}", head.split("\n\n")[0]
        ):
            return True
    code = getattr(value, "__code__", None)
    if code is None:
        return False
    names = code.co_names + tuple(getattr(code, "co_freevars", ()))
    warned = any(
        n.endswith(("DeprecationWarning", "FutureWarning")) or "deprecat" in n for n in names
    )
    return warned and bool(re.match(r".*(depr|wrapper|new_func|inner)", code.co_name))


def says(value):
    """Return the directives about versions in the documentation: ``[[name, text]]``."""
    found = []
    documentation = doc_of(value)
    for match in DIRECTIVE.finditer(documentation):
        indent = len(match.group(1).expandtabs())
        lines = [match.group(3)]
        for line in documentation[match.end() :].split("\n")[1:12]:
            if line.strip() and len(line.expandtabs()) - len(line.expandtabs().lstrip()) <= indent:
                break
            lines.append(line.strip())
        found.append([match.group(2), "\n".join(lines).strip()[:800]])
    code = getattr(value, "__code__", None)
    for constant in getattr(code, "co_consts", ()):
        if not isinstance(constant, str) or not 15 < len(constant) < 600:
            continue
        if SOON.search(constant) and constant != documentation and " " in constant:
            found.append(["warning", constant])
    return found[:6]


def from_signature(value):
    try:
        signature = inspect.signature(value)
    except (ValueError, TypeError, AttributeError):
        return None
    except Exception:
        return None
    params = []
    var = False
    for parameter in signature.parameters.values():
        if parameter.kind == parameter.VAR_KEYWORD:
            var = True
        elif parameter.kind != parameter.VAR_POSITIONAL:
            has_default = parameter.default is not parameter.empty
            try:
                text = repr(parameter.default) if has_default else ""
            except Exception:
                text = ""
            kind = "k" if parameter.kind == parameter.KEYWORD_ONLY else "p"
            params.append([parameter.name, kind, has_default, "deprecat" in text.lower()[:60]])
    if not params and len(signature.parameters) >= 1:
        documented = from_doc(doc_of(value))
        if documented:
            return documented[0], True
    return params, var


def from_doc(documentation):
    """Read the call that C functions show in the first line of their documentation."""
    text = documentation.lstrip()[:3000]
    if not CALL.match(text):
        return None
    depth = 0
    start = text.index("(")
    for end in range(start, len(text)):
        depth += {"(": 1, "[": 0, ")": -1}.get(text[end], 0)
        if depth == 0:
            return parameters_in(text[start + 1 : end])
    return None


def parameters_in(text):
    text = re.sub(r"[\[\]]", "", text)
    params = []
    var = False
    kind = "p"
    for part in split_commas(text):
        name = part.split("=")[0].split(":")[0].strip()
        if name == "*":
            kind = "k"
        elif name.startswith("**"):
            var = True
        elif name in ("/", "...") or name.startswith("*"):
            continue
        elif name.isidentifier():
            params.append([name, kind, "=" in part, "deprecat" in part.lower()])
        else:
            return None
    return params, var


def split_commas(text):
    parts = [""]
    depth = 0
    for char in text:
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part for part in parts if part.strip()]


def deprecated_parameters(documentation):
    """Names of parameters whose entry in the documentation says that they are going."""
    found = set()
    current = []
    indent = 0
    for line in documentation.split("\n"):
        entry = ENTRY.match(line)
        if entry and (not current or len(entry.group(1)) <= indent):
            current = [name.strip() for name in entry.group(2).split(",")]
            indent = len(entry.group(1))
        elif line.strip() and len(line) - len(line.lstrip()) <= indent:
            current = []
        elif ".. deprecated" in line or re.search(r"(?i)\bdeprecated (since|in)\b", line):
            found.update(current)
    return found


def attributes_set(function):
    """Names that a method sets on an object: attributes that the class does not show."""
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None or "self" not in code.co_varnames[:1]:
        return []
    names = {
        instruction.argval
        for instruction in dis.get_instructions(code)
        if instruction.opname == "STORE_ATTR"
    }
    return sorted(name for name in names if not name.startswith("_"))
