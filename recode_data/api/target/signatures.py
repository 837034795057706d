"""Parameters and signs of deprecation of one object."""

import dis
import inspect
import re

SOON = re.compile(r"\.\. deprecated::|\bdeprecated\b|will be removed", re.I)
OBSOLETE = re.compile(
    r"\W*(?:this \w+ (?:is|was|has been) |it is |now )?(?:deprecated|obsolete)\b(?!::)", re.I
)
"""How a paragraph of documentation begins that is about an end, without a directive."""
CALL = re.compile(r"^\s*(?:[\w.]+\s*=\s*)?[\w.]*\(")
ENTRY = re.compile(
    r"^(\s*)(?!(?:args|arguments|attributes|examples?|notes?|raises|returns|yields|warnings?):)"
    r"\*{0,2}`{0,2}([a-z_]\w*(?:\s*,\s*\*{0,2}\w+)*)`{0,2}(?: *\([^()]*\))?\s*(?::(?!:)|$)",
    re.I,
)
"""A parameter's or an attribute's entry: ``x, y : int``, ``x (int):`` or ``*args``, and no
section's name."""
FIELD = re.compile(
    r"^(\s*):(?:param|parameter|arg|argument|key|keyword)\s(?:[^:]*\s)?\*{0,2}(\w+)\s*:"
)
"""A parameter's field, ``:param int x:``."""
MAKERS = ("__new__", "__init__")
MOST_DOC = 60000
MOST_SAYINGS = 40
"""The documentation of ``pandas.read_csv`` has 22 directives, and its code warns beside them."""
DIRECTIVE = re.compile(r"^([ \t]*)\.\. (deprecated|versionchanged|versionremoved):: *(.*)$", re.M)


KINDS = {
    "POSITIONAL_ONLY": "/",
    "POSITIONAL_OR_KEYWORD": "p",
    "VAR_POSITIONAL": "*",
    "KEYWORD_ONLY": "k",
    "VAR_KEYWORD": "**",
}
PLAIN = (bool, int, float, str, type(None), tuple)
"""Types of defaults whose source can be written into a program."""
LONGEST_DEFAULT = 200
LONGEST_TYPE = 160
LONGEST_SUMMARY = 400
TYPE = re.compile(r"^[ \t]*(\w+)[ \t]*:(?!:)[ \t]*(\S.*)$", re.M)


def describe(value):
    """Return what a callable says of itself: ``doc`` (is it deprecated?), ``says``, ``summary``,
    and, where its parameters are known, ``params``, ``var`` and ``read`` (from what)."""
    documentation = doc_of(value)
    described = {"doc": deprecated(value), "says": says(value), "summary": summary(documentation)}
    rows, read = parameters_of(value, documentation)
    if rows is not None:
        marked = deprecated_parameters(documentation)
        types = documented_types(documentation)
        described["params"] = [
            [name, kind, default, bool(going or name in marked), types.get(name, "")]
            for name, kind, default, going in rows
        ]
        described["var"] = read == "both" or any(kind == "**" for _, kind, _, _ in rows)
        described["read"] = read
    return described


def parameters_of(value, documentation):
    """Return ``[name, kind, default, deprecated]`` of each parameter, and where they were read:
    ``signature``, ``doc`` (of C functions), or ``both`` where the signature takes anything.
    ``default`` is None where there is none, and empty where its source is not plain."""
    rows = from_signature(value)
    if rows and all(kind in ("*", "**") for _, kind, _, _ in rows):
        documented = from_doc(documentation)
        return (documented + rows, "both") if documented else (rows, "signature")
    if rows is not None:
        return rows, "signature"
    return from_doc(documentation), "doc"


def summary(documentation):
    """Return the first paragraph that is no signature and no directive, on one line."""
    for paragraph in map(str.strip, re.split(r"\n\s*\n", documentation[:4000])):
        if paragraph and not re.match(r"\.\.|[\w.]+\(.*\)", paragraph, re.S):
            return " ".join(paragraph.split())[:LONGEST_SUMMARY]
    return ""


def documented_types(documentation):
    """Return what stands after ``name :`` in the documentation, by name; a set of choices
    whole, though it goes over several lines."""
    found = {}
    for match in TYPE.finditer(documentation):
        text = match.group(2)
        if text.startswith("{") and "}" not in text:
            text = documentation[match.start(2) : match.start(2) + LONGEST_TYPE].split("}")[0] + "}"
        found.setdefault(match.group(1), " ".join(text.split())[:LONGEST_TYPE])
    return found


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
    """Return the directives about versions in the documentation: ``[name, text, entry]``, where
    ``entry`` has the names of the parameters or attributes in whose entry the directive stands."""
    found = []
    documentation = doc_of(value)
    entries = list(entry_of_lines(documentation))
    for match in DIRECTIVE.finditer(documentation):
        indent = len(match.group(1).expandtabs())
        lines = [match.group(3)]
        names = entries[documentation.count("\n", 0, match.start(1))]
        for line in documentation[match.end() :].split("\n")[1:12]:
            if line.strip() and len(line.expandtabs()) - len(line.expandtabs().lstrip()) <= indent:
                break
            lines.append(line.strip())
        found.append([match.group(2), "\n".join(lines).strip()[:800], names])
    paragraphs = re.split(r"\n[ \t]*\n", documentation[:3000])[:4]
    ending = [" ".join(text.split()) for text in paragraphs if OBSOLETE.match(text)]
    found.extend(["deprecated", text[:800], []] for text in ending)
    marked = getattr(value, "__deprecated__", None)
    if isinstance(marked, str) and marked:
        found.append(["deprecated", marked[:800], []])
    for constant in texts_in_code(value):
        if not 15 < len(constant) < 600 or " " not in constant or constant == documentation:
            continue
        if SOON.search(constant) and ["warning", constant, []] not in found:
            found.append(["warning", constant, []])
    return found[:MOST_SAYINGS]


def texts_in_code(value):
    """Return the texts in the code that runs where an object is used: of a function, of the
    function that a decorator put in its place and what that holds, of the constructor that a
    class has itself, and of what reads a property."""
    if inspect.isclass(value):
        own = vars(value)
        functions = [getattr(own.get(name), "__func__", own.get(name)) for name in MAKERS]
    elif isinstance(value, property):
        functions = [value.fget]
    else:
        functions = [value]
    texts = []
    for function in functions:
        code = getattr(function, "__code__", None)
        texts += [text for text in getattr(code, "co_consts", ()) if isinstance(text, str)]
        for cell in getattr(function, "__closure__", None) or ():
            try:
                held = cell.cell_contents
            except ValueError:  # it is not filled yet
                continue
            texts += [held] if type(held) is str else []
    return texts


def from_signature(value):
    try:
        signature = inspect.signature(value)
    except Exception:
        return None
    return [
        [parameter.name, KINDS[parameter.kind.name], *default_of(parameter)]
        for parameter in signature.parameters.values()
    ]


def default_of(parameter):
    """Return the source of a default, and whether it says that its parameter is going."""
    if parameter.default is parameter.empty:
        return [None, False]
    try:
        text = repr(parameter.default)
        plain = isinstance(parameter.default, PLAIN) and len(text) <= LONGEST_DEFAULT
        return [str(text) if plain else "", "deprecat" in text.lower()[:60]]
    except Exception:  # a default of another package's making
        return ["", False]


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
    kind = "p"
    for part in split_commas(text):
        name = part.split("=")[0].split(":")[0].strip()
        if name == "*":
            kind = "k"
        elif name.startswith("**"):
            params.append([name[2:], "**", None, False])
        elif name in ("/", "...") or name.startswith("*"):
            continue
        elif name.isidentifier():
            params.append([name, kind, "" if "=" in part else None, "deprecat" in part.lower()])
        else:
            return None
    return params


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
    for line, names in zip(documentation.split("\n"), entry_of_lines(documentation)):
        if ".. deprecated" in line or re.search(r"(?i)\bdeprecated (since|in)\b", line):
            found.update(names)
    return found


def entry_of_lines(documentation):
    """Yield, for each line, the names of the entry that it stands under: ``x, y : int``."""
    current = []
    indent = 0
    for line in documentation.split("\n"):
        entry = FIELD.match(line) or ENTRY.match(line)
        if entry and (not current or len(entry.group(1)) <= indent):
            current = [name.strip("* \t") for name in entry.group(2).split(",")]
            indent = len(entry.group(1))
            yield []
            continue
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            current = []
        yield current


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
