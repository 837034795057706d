"""Finds calls of callables that run, with arguments made for what their parameters are called and
annotated, and what shows what came of each call.

What was found is only a proposal: programs of it are run again, each for itself.
"""

import ast
import contextlib
import enum
import importlib
import inspect
import io
import itertools
import json
import re
import signal
import warnings

TRIES = 120
"""Calls of one callable that are tried at most."""
ENOUGH = 6
"""Calls that run after which no more are tried."""
RECEIVERS = 4
LONGEST = 300
"""Characters of what a call shows."""
NAMED = [
    (r"url|uri|href|link", ["'https://example.org/a b?x=1'"]),
    (r"html|markup|template", ["'<b>one</b> & two'"]),
    (r"^(source|code|expr(ession)?|statement)$", ["'1 + 2'", "'a, b'"]),
    (r"path|file|dir(ectory)?$|folder", ["'notes.txt'"]),
    (r"encoding|charset", ["'utf-8'"]),
    (r"date|time$|^dt$|^now$", ["datetime(2024, 5, 17, 12, 30)"]),
    (r"delta|timeout|interval", ["timedelta(minutes=90)", "3"]),
    (r"colou?r", ["'red'"]),
    (r"pattern|regex", [r"'[a-c]+'"]),
    (r"func|callback|callable|^fn$|^f$|handler|factory|converter|predicate", ["str.upper", "len"]),
    (r"^(cls|type|type_|typ|klass)$|_type$|_class$", ["int", "str"]),
    (
        r"^[nkm]$|num|count|size|width|height|length|depth|level|ind(ex|ent)|limit|^max|^min|"
        r"start|stop|^end$|step|seconds|days|port|dim$|axis|nargs|radius|precision|decimals",
        ["3", "2", "1"],
    ),
    (r"^(x|y|z|a|b|lat|lon)$|distance|factor|scale|angle|ratio", ["3", "2.5", "[3, 1, 2]"]),
    (
        r"coord|points|shell|vertices",
        ["[(0, 0), (4, 0), (4, 3)]", "[[0, 0], [4, 0], [4, 3]]", "[3, 1, 2]"],
    ),
    (
        r"seq|items|iter|list|args|elements|array|^xs$|choices|options|collection|rows|lines",
        ["['b', 'a', 'c']", "[3, 1, 2]", "[('b', 2), ('a', 1)]"],
    ),
    (r"dict|mapping|data|kwargs|headers|attrs|params|fields|config|schema", ["{'b': 2, 'a': 1}"]),
    (r"bytes|buf|raw|payload", ["b'some bytes'"]),
    (r"flag|strict|^is_|^has_|^use_|^allow|force|verbose|quiet|copy$", ["True", "False"]),
    (r"key|name|id$|label|attr|tag|prefix|suffix|title|word|command", ["'name'", "'a'"]),
    (
        r"text|str(ing)?$|^s$|content|message|msg|line|doc",
        ["'Hello, see https://example.org & <b>this</b>'", "'Hello, World'", "'a b'", "'3'"],
    ),
    (r"values", ["[3, 1, 2]", "['b', 'a']"]),
]
TYPED = [
    (r"\bstr\b|Text\b|AnyStr", ["'Hello, World'", "'a'", "'3'"]),
    (r"\bint\b|Integral|SupportsInt", ["3", "2"]),
    (r"\bfloat\b|Number|Real\b", ["2.5", "0.5"]),
    (r"\bbool\b", ["True", "False"]),
    (r"\bbytes\b|Buffer", ["b'some bytes'"]),
    (r"Callable", ["str.upper", "len"]),
    (r"(?i)\b(dict|mapping|mutablemapping)\b", ["{'b': 2, 'a': 1}"]),
    (r"(?i)(list|sequence|iterable|collection|set|iterator)\b.*str", ["['b', 'a', 'c']"]),
    (r"(?i)\b(list|sequence|iterable|collection|iterator|array\w*)\b", ["[3, 1, 2]"]),
    (r"(?i)\btuple\b", ["(3, 2)", "('a', 'b')"]),
    (r"\bset\b|\bSet\b", ["{3, 1}"]),
    (r"\bPath(Like)?\b", ["Path('notes.txt')"]),
    (r"\bdatetime\b", ["datetime(2024, 5, 17, 12, 30)"]),
    (r"\bdate\b", ["date(2024, 5, 17)"]),
    (r"timedelta", ["timedelta(minutes=90)"]),
    (r"Pattern", ["re.compile('[a-c]+')"]),
    (r"\b[Tt]ype\b", ["int", "str"]),
]
ANY = [
    *("'Hello, World'", "3", "[3, 1, 2]", "{'b': 2, 'a': 1}", "2.5", "b'some bytes'"),
    *("['b', 'a', 'c']", "(3, 2)", "True", "str.upper"),
]
ANYTHING = re.compile(r"\b(Any|object|Hashable)\b|\A~?_?[A-Z]\w?\Z|\A~?_?T[A-Z_]?\w*\Z")
"""Annotations that take any value."""
USUAL = {
    "datetime": ("datetime", "datetime"),
    "date": ("datetime", "date"),
    "timedelta": ("datetime", "timedelta"),
    "Path": ("pathlib", "Path"),
    "re": ("re", ""),
}
PLAIN = (str, bytes, int, float, complex)
ADDRESS = re.compile(
    r"0x[0-9a-f]{6,}|\b[0-9a-f]{9,}\b|object at |<(function|module|class|bound method|generator)"
)


class Late(Exception):
    """A call takes too long."""


class Text:
    """The source of a value, and what it imports: ``{name: (module, attribute)}``."""

    def __init__(self, source, imports=()):
        self.source = source
        self.imports = dict(imports)
        for name, place in USUAL.items():
            if re.search(r"(?<![\w.'])%s[.(]" % name, source):
                self.imports[name] = place

    def value(self, names=()):
        scope = {name: getting(*place) for name, place in self.imports.items()}
        scope.update(names)
        return eval(self.source, scope)


def main(wanted):
    """Answer each wish: ``{path, keyword, other, kinds, setups}`` (see `found`)."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, late)
    answers = []
    for wish in wanted:
        try:
            answers.append(json.loads(json.dumps(found(wish))))
        except BaseException:
            answers.append([])
    return answers


def late(*_):
    raise Late()


def found(wish):
    """Return calls that run, each ``{receiver, before, call, shows, imports}``.

    ``path`` is the callable's; a member's receivers are made by the ``setups``, programs that
    bind one, or by its class. ``keyword`` is given by name, where there is one; ``other`` is
    the source of a value that gives something else where ``keyword`` has it.
    """
    try:
        owner, value, leaf = find(wish["path"])
    except Exception:
        return []
    answers = []
    if inspect.isclass(owner):
        for before, name, kept, scope in itertools.islice(receivers(wish, owner), RECEIVERS):
            answers += calls_of(wish, Named(name, kept, before, scope[name], leaf, scope))
            if len(answers) >= ENOUGH:
                break
        return answers[:ENOUGH]
    place = {leaf: (wish["path"].rpartition(".")[0], leaf)}
    for before in wish.get("setups", ()):
        scope = scope_of(before)
        answers += calls_of(wish, Named("", place, before, value, leaf, scope)) if scope else []
        if len(answers) >= RECEIVERS:
            break
    answers += calls_of(wish, Named("", place, "", value, leaf))
    return answers[:ENOUGH]


class Named:
    """What is called: how it is written, and what that takes."""

    def __init__(self, receiver, imports, before, value, leaf, scope=()):  # noqa: PLR0917
        self.receiver, self.imports, self.before = receiver, imports, before
        self.value, self.leaf = value, leaf
        self.scope = dict(scope)
        """What the program before the call binds."""

    @property
    def source(self):
        return "{}.{}".format(self.receiver, self.leaf) if self.receiver else self.leaf

    def get(self):
        return getattr(self.value, self.leaf) if self.receiver else self.value


def find(path):
    """Return what a path leads to, what it was found in, and its last part."""
    parts = path.split(".")
    for count in range(len(parts) - 1, 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        owner = value
        for position, part in enumerate(parts[count:], count):
            owner = value
            if position == len(parts) - 1 and inspect.isclass(owner):
                return owner, getattr(value, part, None), part
            value = getattr(value, part)
        return owner, value, parts[-1]
    raise ImportError(path)


def getting(module, attribute):
    value = importlib.import_module(module)
    return getattr(value, attribute) if attribute else value


def scope_of(code):
    """Return what a program binds; nothing where it does not run."""
    scope = {"__name__": "program"}
    with quiet():
        try:
            within(1, exec, compile(code, "setup", "exec"), scope)
        except BaseException:
            return {}
    return {
        name: value
        for name, value in scope.items()
        if name[0] != "_" and not inspect.ismodule(value) and not inspect.isroutine(value)
        and not inspect.isclass(value)
    }  # fmt: skip


def receivers(wish, owner):
    """Yield ``(program before, name, imports, names)`` with an object of the class ``owner``."""
    for code in wish.get("setups", ()):
        scope = scope_of(code)
        for name, value in scope.items():
            if isinstance(value, owner):
                yield code, name, {}, scope
                break
    kinds_below = [owner]
    for path in wish.get("kinds", ()):
        with contextlib.suppress(Exception):
            kinds_below.append(find(path)[1])
    for made in (
        one for kind in kinds_below if inspect.isclass(kind) for one in instances(kind, 2)
    ):
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", made.source.split("(")[0]).lower()
        name = name if name not in made.imports else name + "_"
        try:
            yield "{} = {}\n".format(name, made.source), name, made.imports, {name: made.value()}
        except Exception:
            continue


def calls_of(wish, named):
    """Return the calls of one callable or attribute that run and show something."""
    try:
        target = named.get()
    except Exception:
        return []
    keyword, answers, seen, shapes = wish.get("keyword", ""), [], set(), set()
    if not callable(target) or (named.receiver and not is_method(named)):
        return [] if keyword else [one for one in [shown(named, named.source, target)] if one]
    if inspect.isclass(target) and issubclass(target, (BaseException, enum.Enum)):
        return []
    like = ast.literal_eval(wish.get("like") or "None")
    tried = argument_lists(target, keyword, named.scope, like=like)
    for arguments in itertools.islice(tried, TRIES):
        source = "{}({})".format(named.source, ", ".join(text for text, _ in arguments))
        if shape(source) in shapes:
            continue
        made = dict(named.imports)
        for _, value in arguments:
            made.update(value.imports)
        one = called(wish, named, source, made)
        plain = [text for text, _ in arguments if not text.startswith(keyword + "=")]
        if one and keyword and idle(named, source, plain, made):
            continue
        if one and one["printed"] not in seen:
            seen.add(one["printed"])
            shapes.add(shape(source))
            answers.append(one)
            if len(answers) >= ENOUGH:
                break
    return answers


def shape(source):
    """Return a call without what its texts and numbers are: two that differ in nothing else show
    the same."""
    return re.sub(r"\b\d+(\.\d+)?\b", "0", re.sub(r"'[^']*'", "''", source))


def idle(named, source, plain, imports):
    """Tell whether a call gives the same without the keyword."""
    scope = {**named.scope, **{name: getting(*place) for name, place in imports.items()}}
    with quiet():
        try:
            given = within(1, eval, source, scope)
            bare = within(1, eval, "{}({})".format(named.source, ", ".join(plain)), scope)
            return look(given) == look(bare)
        except BaseException:
            return False


def is_method(named):
    member = inspect.getattr_static(type(named.value), named.leaf, None)
    return not isinstance(member, property) and callable(named.get())


def called(wish, named, source, imports):
    """Run one call; return it with what shows what came of it, if anything does."""
    scope = {**named.scope, **{name: getting(*place) for name, place in imports.items()}}
    before = state(named.value) if named.receiver else {}
    written = io.StringIO()
    with quiet(written):
        try:
            result = within(1, eval, source, scope)
        except BaseException:
            return None
    other = wish.get("other")
    if other and not differs(result, source, other, scope):
        return None
    if result is None:
        text = written.getvalue()
        if text.strip() and not ADDRESS.search(text) and len(text) <= LONGEST:
            return answer(named, source, [""], imports, text)
        if not named.receiver:
            return None
        after = state(named.value)
        changed = [name for name in after if after[name] != before.get(name)]
        shows = ["{}.{}".format(named.receiver, name) for name in changed][:2]
        return answer(named, source, shows, imports, str(changed), True) if shows else None
    return shown(named, source, result, imports, wish.get("keyword", ""))


def differs(result, source, other, scope):
    """Tell whether a call gives something else with another value for a parameter."""
    with quiet():
        try:
            changed = within(
                1,
                eval,
                "{}{}{})".format(source[:-1], "" if source.endswith("()") else ", ", other),
                scope,
            )
            return look(result) != look(changed)
        except Exception:
            return False


def look(value):
    if type(value).__repr__ is object.__repr__:
        return state(value)
    if hasattr(value, "__next__"):
        return [look(one) for one in itertools.islice(value, 30)]
    return repr(value)


def state(value):
    """Return what the plain public attributes of an object are."""
    told = {}
    for name in sorted(set(getattr(value, "__dict__", ())) | set(slots_of(type(value)))):
        if name[0] != "_":
            with contextlib.suppress(Exception):
                attribute = getattr(value, name)
                if telling(attribute):
                    told[name] = repr(attribute)
    return told


def slots_of(kind):
    names = []
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
        names += [n for n, v in vars(base).items() if isinstance(v, property)]
    return names


def shown(named, source, result, imports=None, keyword=""):
    """Return a call or attribute with the expressions that show what it gives."""
    imports = named.imports if imports is None else imports
    if telling(result) and not shows_its_class(result):
        return answer(named, source, ["{}"], imports, repr(result))
    if hasattr(result, "__next__"):
        with quiet():
            try:
                items = within(1, list, itertools.islice(result, 30))
            except BaseException:
                return None
        return answer(named, source, ["list({})"], imports, repr(items)) if telling(items) else None
    told = state(result)
    names = [name for name in told if telling(getattr(result, name), True)]
    names = [n for n in names if n == keyword] + [n for n in names if n != keyword]
    if names:
        shows = ["{}." + name for name in names[:2]]
        return answer(named, source, shows, imports, str([told[n] for n in names[:2]]))
    return answer(named, source, ["{}"], imports, repr(result)) if telling(result) else None


def shows_its_class(value):
    """Tell whether an object is shown by the name of its class, which may have another name."""
    plain = isinstance(value, (*PLAIN, list, tuple, set, frozenset, dict))
    return not plain and any(kind.__name__ in str(value) for kind in type(value).__mro__[:-1])


def answer(named, source, shows, imports, printed, statement=False):  # noqa: PLR0917
    return {
        "before": named.before, "receiver": named.receiver, "call": source, "shows": shows,
        "statement": statement, "printed": printed[:LONGEST],
        "imports": {name: list(place) for name, place in imports.items()},
    }  # fmt: skip


def telling(value, strict=False):
    """Tell whether printing a value shows what it is, and that it is something."""
    if isinstance(value, bool):
        return value or not strict
    if isinstance(value, (str, bytes)) and len(value) > LONGEST:
        return False
    if isinstance(value, PLAIN):
        return bool(value) and len(repr(value)) <= LONGEST and not ADDRESS.search(repr(value))
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        if not value or len(value) > 30 or (isinstance(value, (set, frozenset)) and len(value) > 1):
            return False
        text = repr(value)
        return len(text) <= LONGEST and not ADDRESS.search(text)
    if value is None or inspect.ismodule(value) or inspect.isroutine(value):
        return False
    if inspect.isclass(value) or type(value).__repr__ is object.__repr__:
        return False
    try:
        text = str(value)
    except Exception:
        return False
    return 2 < len(text) <= LONGEST and not ADDRESS.search(text)


def argument_lists(target, keyword="", scope=(), depth=2, like=None):
    """Yield lists of ``(source of an argument, Text)`` for what a callable must be given, the
    likeliest first, and for ``keyword``. Where it need not be given anything, it is first given
    something for a first parameter whose default is nothing."""
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        return
    if keyword and not any(parameter.name == keyword for parameter in parameters):
        return  # it is one of any that the callable hands on
    wanted = []
    for parameter in parameters:
        named = parameter.name == keyword
        if named or is_needed(parameter):
            by_name = parameter.kind == parameter.KEYWORD_ONLY or (
                keyword and (named or (wanted and wanted[-1][0]))
            )
            pool = values(parameter, target, depth, named, scope, like)
            wanted.append((parameter.name + "=" if by_name else "", pool))
    first = parameters[0] if parameters and not wanted else None
    if first is not None and is_open(first):
        for text in values(first, target, depth - 1, False, scope):
            yield [(text.source, text)]
    choices = itertools.product(*[range(len(pool)) for _, pool in wanted])
    for choice in sorted(itertools.islice(choices, 5000), key=lambda one: (sum(one), one)):
        picked = [(prefix, pool[at]) for (prefix, pool), at in zip(wanted, choice)]
        yield [(prefix + text.source, text) for prefix, text in picked]


def is_needed(parameter):
    variadic = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    return parameter.default is parameter.empty and not variadic


def is_open(parameter):
    """Tell whether a parameter may be given by position, and stands for nothing where it is not."""
    if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
        return False
    default = parameter.default
    nothing = default is None or (isinstance(default, (str, bytes, tuple)) and not default)
    return parameter.kind == parameter.VAR_POSITIONAL or nothing


def values(parameter, target, depth, optional=False, scope=(), like=None):  # noqa: PLR0917
    """Return values to try for a parameter: what ``scope`` binds to its name or holds of its
    class, and as its default, annotation and name say. One that is ``optional`` gets others of its
    default's type; ``like`` is the default that it had in another version."""
    found, anything = [Text(parameter.name)] if parameter.name in scope else [], True
    if optional:
        default = parameter.default if parameter.default is not None else like
        if isinstance(default, (int, float, enum.Enum)):
            return near(default)
        if isinstance(default, str):
            return [*by_name(parameter.name, ["'name'"]), Text("'name'")]
    annotation = parameter.annotation
    if annotation is not parameter.empty:
        text = (
            annotation
            if isinstance(annotation, str)
            else (annotation.__name__ if inspect.isclass(annotation) else str(annotation))
        )
        text = text.replace("typing.", "")
        found += literals(text)
        for kind in classes_in(annotation, text, target):
            found += [Text(name) for name in scope if isinstance(scope[name], kind)]
        for pattern, sources in TYPED:
            if re.search(pattern, text):
                found += by_name(parameter.name, sources) + [Text(one) for one in sources]
        for kind in classes_in(annotation, text, target):
            found += instances(kind, depth - 1) if depth > 0 else []
        anything = not found and bool(ANYTHING.search(text))
    if not found or anything:
        found += by_name(parameter.name)
    if anything:
        found += [Text(one) for one in ANY]
    unique = {}
    for one in found:
        unique.setdefault(one.source, one)
    return list(unique.values())[:10]


def literals(annotation):
    """Return the values that an annotation lists: ``Literal['fast', 'slow']``."""
    listed = re.search(r"\bLiteral\[([^\[\]]*)\]", annotation)
    try:
        return [Text(repr(one)) for one in ast.literal_eval("(%s,)" % listed.group(1))]
    except (AttributeError, SyntaxError, ValueError):  # none is listed, or members of a class are
        return []


def by_name(name, only=()):
    found = []
    for pattern, sources in NAMED:
        if re.search(pattern, name.lower()):
            found += [Text(one) for one in sources]
    if only:
        kinds = {type(Text(one).value()) for one in only}
        found = [one for one in found if type(one.value()) in kinds]
    return found


def near(default):
    """Return values that may do something else than a default."""
    if isinstance(default, bool):
        return [Text(repr(not default))]
    if isinstance(default, enum.Enum):
        kind = type(default)
        return [member(one) for one in kind if one is not default][:2]
    if isinstance(default, int):
        return [Text(repr(default + 1)), Text(repr(default + 2))]
    if isinstance(default, float):
        return [Text(repr(default * 2 or 0.5))]
    return []


def member(one):
    kind = type(one)
    return Text("{}.{}".format(kind.__name__, one.name), {kind.__name__: place_of(kind)})


def place_of(kind):
    """Return the module and name by which programs import a class: the shortest public one."""
    parts = kind.__module__.split(".")
    for count in range(1, len(parts) + 1):
        module = ".".join(parts[:count])
        if any(part[0] == "_" for part in parts[:count]):
            break
        try:
            if getattr(importlib.import_module(module), kind.__name__, None) is kind:
                return module, kind.__name__
        except Exception:
            break
    return kind.__module__, kind.__qualname__


def classes_in(annotation, text, target):
    """Return the library's own classes that an annotation names."""
    function = target.__init__ if inspect.isclass(target) else target
    function = inspect.unwrap(getattr(function, "__func__", function))
    names = getattr(function, "__globals__", {})
    top = getattr(function, "__module__", "") or ""
    found = [annotation] if inspect.isclass(annotation) else []
    found += [names.get(word) for word in re.findall(r"[A-Za-z_]\w*", text)]
    return [
        kind
        for kind in found
        if inspect.isclass(kind) and kind.__module__.split(".")[0] == top.split(".")[0]
    ]


def instances(kind, depth):
    """Return sources of at most two instances of a class."""
    if issubclass(kind, enum.Enum):
        return [member(one) for one in kind][:2]
    if issubclass(kind, BaseException) or inspect.isabstract(kind) or depth < 0:
        return []
    found, place = [], place_of(kind)
    if place[1] != kind.__name__ or any(part[0] == "_" for part in place[0].split(".")):
        return []
    for arguments in itertools.islice(argument_lists(kind, depth=depth - 1), 40):
        imports = {kind.__name__: place}
        for _, text in arguments:
            imports.update(text.imports)
        source = ", ".join(text for text, _ in arguments)
        made = Text("{}({})".format(kind.__name__, source), imports)
        with quiet():
            try:
                within(1, made.value)
            except BaseException:
                continue
        found.append(made)
        if len(found) == 2:
            break
    return found


def within(seconds, function, *arguments):
    """Call a function, and raise `Late` where it takes longer."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def quiet(written=None):
    with contextlib.redirect_stdout(written or io.StringIO()):
        with contextlib.redirect_stderr(io.StringIO()):
            yield
