"""Every kind of right and wrong row, run for real on two versions of a library made up here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from execution import toy_environment

from recode_data.judge import scheduler, validate
from recode_data.library import Library
from recode_data.records import Entry, Environment, Verdict
from recode_data.workspace import Workspace

BOTH = """
import warnings
class Text:
    def __init__(self, value):
        self.value = value
def text(value):
    return Text(value)
class Engine:
    def connect(self):
        return Connection()
def kept(values):
    return sorted(values)
def same(values):
    return list(values)
def fresh(values):
    return sorted(values)
def quoted(value):
    return value.replace('&', '&amp;').replace('<', '&lt;')
def dashed(value):
    return value.replace(' ', '-').replace('&', '').replace('<', '')
def filled(values, value):
    return [value if part != part else part for part in values]
def potency(exponent, base):
    return base ** exponent
def space(sides):
    return sides[0] * sides[1]
def split(value):
    return value.split()
def parted(value, sep=None):
    return value.split(sep)
def checked(value, least=0, most=None, strict=None):
    if value < least or (most is not None and value > most):
        raise ValueError('out of bounds')
    return Bounded
class Bounded:
    pass
def columns(values, axis=0):
    nested = bool(values) and isinstance(values[0], list)
    if axis == 0 and nested:
        return [list(row) for row in zip(*map(sorted, zip(*values)))]
    return [sorted(row) for row in values] if nested else sorted(values)
def spread(values):
    return max(values) - min(values)
def middle(values):
    return sorted(values)[len(values) // 2]
def average(values):
    return sum(values) / len(values)
def told(options):
    return sorted(str(value) for value in options.values())
class Form:
    def __init__(self, absent=None, shown=None):
        self.absent = absent
    def load(self, data):
        known = {} if self.absent is None else {'n': self.absent}
        return dict(known, **data)
def tags(text):
    return [part.split('<')[0] for part in text.split('<b>')[1:]]
def tag(text):
    return text.split('<b>')[1].split('<')[0]
def boxed(left, right):
    return (left, right)
def joined(boxes):
    return sum(right - left for left, right in boxes)
def hull(boxes):
    return max(b[1] for b in boxes) - min(b[0] for b in boxes)
def within(path, roots=None, safe=False):
    return roots is None or path[:1] == '/' or path in roots
def noted(kind):
    return lambda function: function
def shelf(values, last=False):
    return sorted(values)[-1:] + sorted(values)[:-1] if last else sorted(values)
def parts(values):
    return [values[0], values[0]]
def weighed(values):
    return [str(values['weight']), values['unit']]
def shown(edges, loops=None):
    return [a + b for a, b in edges if a != b or loops]
class Step:
    def __init__(self, name):
        if VERSION == 2 and name == 'M':
            warnings.warn("'M' will go, please use 'ME'", FutureWarning, 2)
        self.name = name
    def __repr__(self):
        return 'Step(12, {!r})'.format(self.name)
class Check:
    def __init__(self, check=None, condition=None):
        if check is not None:
            self.warn()
        self.shown = 'check' if condition is None else 'condition'
        self.limit = int((condition or check).split('>')[1])
    def __repr__(self):
        return 'Check({}=> {})'.format(self.shown, self.limit)
    def holds(self, value):
        return value > self.limit
"""
OLD = (
    BOTH
    + """
VERSION = 1
Check.warn = lambda self: None
def at_least(value, low=0):
    return checked(value, low)
def bounded(low=None, most=None):
    return lambda value: checked(value, low or 0, most)
def msort(values):
    return columns(values, 0)
def mad(values):
    mean = average(values)
    return average([abs(value - mean) for value in values])
class Form1(Form):
    def __init__(self, missing=None):
        Form.__init__(self, missing)
def all_tags(text):
    return tags(text)
def merged(boxes):
    return float(joined(boxes))
def safe(path, roots=None):
    return within(path, roots)
def passing(kind):
    return noted(kind)
def titled(font=None, titlefont=None, **other):
    return told(dict(other, size=(titlefont or font or 0)))
class Connection:
    def execute(self, query):
        return [len(getattr(query, 'value', query))]
Engine.execute = lambda self, query: [len(getattr(query, 'value', query))]
Engine.aged = lambda self, values: sorted(values)
def gone(values):
    return sorted(values)
def aged(values):
    return sorted(values)
def late(values):
    warnings.warn('late is deprecated', DeprecationWarning, 2)
    return sorted(values)
def escape(value):
    return quoted(value)
def put(values, value):
    values.append(value)
    return values
def grid(step):
    return {'M': [1, 2], 'ME': [1, 2], 'D': [5, 6]}[step]
def order(values, ascending=True, reverse=False):
    return sorted(values, reverse=reverse or not ascending)
def join(values):
    return ''.join(values)
def load(lines, convert=None):
    return [dict(convert.items())[line] for line in lines]
def mean(values, low=True):
    return sum(values) // len(values) if low else sum(values) / len(values)
def fill(values, method):
    last, found = None, []
    for part in values:
        last = last if part != part else part
        found.append(last)
    return found
def power(base, exponent):
    return base ** exponent
def area(sides):
    return float(sides[0] * sides[1])
NAN = float('nan')
def board(values, last=False):
    return shelf(values, last)
def ends(values):
    return [values[0], values[-1]]
def weigh(values):
    return [int(values['weight']), values['unit']]
def pairs(edges):
    return [a + b for a, b in edges]
def digits(text):
    return int(text.split()[0])
"""
)
NEW = (
    BOTH
    + """
VERSION = 2
def bounded(least=None, most=None):
    return lambda value: checked(value, least or 0, most)
def titled(font=None, **other):
    if 'titlefont' in other:
        raise TypeError('bad property titlefont')
    return told(dict(other, size=(font or 0)))
Check.warn = lambda self: warnings.warn('use condition', DeprecationWarning, 3)
class Connection:
    def execute(self, query):
        if isinstance(query, str):
            raise TypeError('not executable: {!r}'.format(query))
        return [len(query.value)]
def aged(values):
    warnings.warn('this function is deprecated', DeprecationWarning, 2)
    return sorted(values)
def escape(value):
    warnings.warn('this function is deprecated', DeprecationWarning, 2)
    return quoted(value)
def insert(values, value):
    values.append(value)
    return values
class Median:
    def __init__(self, values):
        self.middle = values[0]
def board(values, last=False):
    warnings.warn('this function is deprecated', DeprecationWarning, 2)
    return shelf(values, last)
def ends(values):
    warnings.warn('this function is deprecated', DeprecationWarning, 2)
    return [values[0], values[-1]]
def weigh(values):
    warnings.warn('this function is deprecated', DeprecationWarning, 2)
    return [int(values['weight']), values['unit']]
def pairs(edges):
    warnings.warn('this function is deprecated', DeprecationWarning, 2)
    return [a + b for a, b in edges]
def digits(text):
    warnings.warn('this function is deprecated', DeprecationWarning, 2)
    return int(text.split()[0])
def old_sort(self, values):
    warnings.warn('aged is deprecated', DeprecationWarning, 2)
    return sorted(values)
Engine.aged = old_sort
def grid(step):
    if step == 'M':
        warnings.warn("'M' will go, please use 'ME'", FutureWarning, 2)
    return {'M': [1, 2], 'ME': [1, 2], 'D': [5, 6]}[step]
def order(values, reverse=False):
    return sorted(values, reverse=reverse)
def join(values, sep=''):
    return sep.join(values)
def load(lines, convert=None):
    return [convert(line) for line in lines]
def mean(values, low=False):
    return sum(values) // len(values) if low else sum(values) / len(values)
def fill(values, method):
    warnings.warn('method is deprecated', FutureWarning, 2)
    last, found = None, []
    for part in values:
        last = last if part != part else part
        found.append(last)
    return found
def power(base, exponent):
    warnings.warn('deprecated', DeprecationWarning, 2)
    return base ** exponent
def area(sides):
    warnings.warn('deprecated', DeprecationWarning, 2)
    return float(sides[0] * sides[1])
"""
)
PARTS = "def split(value):\n    return value.split()\n"
PRIVATE = "def gone(values):\n    return sorted(values)\n"

GONE = "`toy.gone` was removed. Use `toy.kept`."
AGED = "`toy.aged` is deprecated since 2.0. Use `toy.fresh`."
SORT, AGE = "print(toy.gone([3, 1, 2]))", "print(toy.aged([3, 1, 2]))"
SILENT = "import warnings\n{}\n" + AGE

Row = tuple[str, str, str, str]
RIGHT: dict[str, Row] = {
    "a keyword whose text and number may be stricter": (
        "print(toy.bounded(low=1)(3) is toy.Bounded)",
        "print(toy.bounded(least=1)(3) is toy.Bounded)",
        "`low` of `toy.bounded` is called `least`.", "breaking",
    ),
    "a truth that its branches tell": (
        "print(toy.gone([2, 1])[0] == 1)",
        "if toy.kept([2, 1])[0] == 1:\n    print(True)\nelse:\n    print(False)",
        GONE, "breaking",
    ),
    "a text that is checked": (
        "print(str(toy.gone(['b', 'a'])))",
        "found = str(toy.kept(['b', 'a']))\nassert found == \"['a', 'b']\"\nprint(found)",
        GONE, "breaking",
    ),
    "names within a dict of arguments": (
        "o = dict(titlefont=3, a=1)\nprint(toy.titled(**dict(titlefont=3, a=1)))",
        "o = dict(font=3, a=1)\nprint(toy.titled(**dict(font=3, a=1)))",
        "`titlefont` of `toy.titled` was removed. Use `font`.", "breaking",
    ),
    "a name of another module of that name": (
        "import toy.clock as clock\nprint(clock.utc)",
        "import toy.time as clock\nprint(clock.utc)",
        "`toy.clock.utc` was removed. Use `toy.time.utc`.", "breaking",
    ),
    "a rank that is told with its axis": (
        "print(toy.msort([3, 1, 2]))", "print(toy.columns([3, 1, 2], axis=0))",
        "`toy.msort` was removed. Use `toy.columns(axis=0)`.", "breaking",
    ),
    "a removed function": (SORT, "print(toy.kept([3, 1, 2]))", GONE, "breaking"),
    "another import": (SORT, "from toy import kept\nprint(kept([3, 1, 2]))", GONE, "breaking"),
    "another alias": (
        SORT, "from toy import kept as gone\nprint(gone([3, 1, 2]))", GONE, "breaking",
    ),
    "other names": (
        "values = [3, 1, 2]\nfound = toy.gone(values)\nprint(found)",
        "rows = [3, 1, 2]\nresult: list = toy.kept(rows)\nprint(result)", GONE, "breaking",
    ),
    "a helper": (
        SORT, "def ordered(values):\n    return toy.kept(values)\nprint(ordered([3, 1, 2]))",
        GONE, "breaking",
    ),
    "a text put together otherwise": (
        "print('found', toy.gone([3, 1, 2]))", "print(f'found {toy.kept([3, 1, 2])}')",
        GONE, "breaking",
    ),
    "a warning that names nothing": (AGE, "print(toy.fresh([3, 1, 2]))", AGED, "deprecated"),
    "a value that has another name": (
        "print(toy.grid('M'))", "print(toy.grid('ME'))",
        "The step 'M' of `toy.grid` is deprecated. Use 'ME'.", "deprecated",
    ),
    "a value that is shown under its new name": (
        "print(toy.Step('M'))", "print(toy.Step('ME'))",
        "The step 'M' is deprecated. Use 'ME'.", "deprecated",
    ),
    "a removed keyword": (
        "print(toy.order([3, 1, 2], ascending=False))", "print(toy.order([3, 1, 2], reverse=True))",
        "The keyword `ascending` of `toy.order` was removed. Use `reverse`.", "breaking",
    ),
    "a new keyword of an old function": (
        "print('-'.join(['a', 'b']))", "print(toy.join(['a', 'b'], sep='-'))",
        "`toy.join` has a new keyword `sep`.", "additive",
    ),
    "a new kind of argument": (
        "print([len(line) for line in ['a', 'bc']])", "print(toy.load(['a', 'bc'], convert=len))",
        "`convert` of `toy.load` may be a function.", "additive",
    ),
    "a changed default": (
        "print(toy.mean([1, 2, 4]))", "print(toy.mean([1, 2, 4], low=True))",
        "The default of `low` in `toy.mean` changed from True to False.", "behavioural",
    ),
    "a method of another object": (
        "e = toy.Engine()\nprint(e.execute(toy.text('a b')))",
        "e = toy.Engine()\nprint(e.connect().execute(toy.text('a b')))",
        "`Engine.execute` was removed. Open a connection.", "breaking",
    ),
    "a text that has to be wrapped": (
        "c = toy.Engine().connect()\nprint(c.execute('a b'))",
        "c = toy.Engine().connect()\nprint(c.execute(toy.text('a b')))",
        "`Connection.execute` takes no plain strings. Wrap them in `text()`.", "breaking",
    ),
    "a removed module": (
        "from toy.parts import split\nprint(split('a b'))",
        "from toy import split\nprint(split('a b'))",
        "The module `toy.parts` was removed. Import `split` from `toy`.", "breaking",
    ),
    "a removal after its announcement": (
        "print(toy.late([3, 1, 2]))", "print(toy.kept([3, 1, 2]))",
        "`toy.late` was deprecated and is removed. Use `toy.kept`.", "breaking",
    ),
    "an object that shows the keyword it was built with": (
        "c = toy.Check(check='a > 1')\nprint(c.holds(3), c.holds(1))",
        "c = toy.Check(condition='a > 1')\nprint(c.holds(3), c.holds(1))",
        "The argument `check` of `Check` is deprecated. Use `condition`.", "deprecated",
    ),
    "a whole number in the place of a float that prints alike": (
        "a = toy.area([2, 3])\nprint(f'{a:.1f}')", "a = toy.space([2, 3])\nprint(f'{a:.1f}')",
        "`toy.area` is deprecated. Use `toy.space`.", "deprecated",
    ),
    "an alias of the module that has another name": (
        "print(toy.gone([3, 1, 2]))", "import toy as library\nprint(library.kept([3, 1, 2]))",
        GONE, "breaking",
    ),
    "a function for what it does, in a helper": (
        "a = [1]\ntoy.put(a, 2)\nprint(a)",
        "a = [1]\ndef more(values):\n    return toy.insert(values, 2)\nmore(a)\nprint(a)",
        "`toy.put` was removed. Use `toy.insert`.", "breaking",
    ),
    "a replacement for texts": (
        "print(toy.escape('a b'))", "print(toy.quoted('a b'))",
        "`toy.escape` is deprecated. Use `toy.quoted`.", "deprecated",
    ),
    "arguments in another order": (
        "print(toy.power(2, 5))", "print(toy.potency(5, 2))",
        "`toy.power` is deprecated. Use `toy.potency`, exponent first.", "deprecated",
    ),
}  # fmt: skip
WRONG: dict[str, Row] = {
    "the result is printed": (SORT, "print([1, 2, 3])", GONE, "not_exercised"),
    "the result is computed by hand": (
        SORT, "a = [3, 1, 2]\na = [min(a), 2, max(a)]\nprint(a)", GONE, "not_exercised",
    ),
    "the old name is put back": (
        SORT, f"toy.gone = toy.kept\n{SORT}", GONE, "keeps_old",
    ),
    "the old name is put back by setattr": (
        SORT, f"setattr(toy, 'gone', toy.kept)\n{SORT}", GONE, "keeps_old",
    ),
    "the old name is put back through the namespace": (
        SORT, f"vars(toy)['gone'] = toy.kept\n{SORT}", GONE, "keeps_old",
    ),
    "the old name is tried first": (
        SORT,
        "try:\n    f = toy.gone\nexcept AttributeError:\n    f = toy.kept\nprint(f([3, 1, 2]))",
        GONE, "keeps_old",
    ),
    "the old name is asked for": (
        SORT, "print(getattr(toy, 'gone', toy.kept)([3, 1, 2]))", GONE, "keeps_old",
    ),
    "the old name stands behind a check of the version": (
        SORT, "f = toy.gone if toy.VERSION < 2 else toy.kept\nprint(f([3, 1, 2]))", GONE,
        "keeps_old",
    ),
    "the old name in a class of its own": (
        SORT, "class shim:\n    gone = staticmethod(toy.kept)\nprint(shim.gone([3, 1, 2]))", GONE,
        "keeps_old",
    ),
    "the old name in a class that has it from the library": (
        "e = toy.Engine()\nprint(e.aged([3, 1, 2]))",
        "class Own(toy.Engine):\n    def aged(self, values):\n        return toy.fresh(values)\n"
        "e = Own()\nprint(e.aged([3, 1, 2]))",
        "`Engine.aged` is deprecated. Use `toy.fresh`.", "keeps_old",
    ),
    "the old function from a private module": (
        SORT, "from toy._old import gone\nprint(gone([3, 1, 2]))", GONE, "keeps_old",
    ),
    "the old name stands behind a check of a version that is computed": (
        AGE,
        "import sys\nold = tuple(sys.version_info) < (3,)\n"
        "f = toy.aged if old else toy.fresh\nprint(f([3, 1, 2]))",
        AGED, "keeps_old",
    ),
    "the old name is patched in": (
        AGE,
        "from unittest import mock\nwith mock.patch.object(toy, 'aged', toy.fresh):\n    " + AGE,
        AGED, "keeps_old",
    ),
    "the result is added to nothing": (
        SORT, "print(toy.kept([3, 1, 2])[:0] + [1, 2, 3])", GONE, "differs",
    ),
    "the result is printed if there is one": (
        "print(toy.aged([True])[0])",
        "found = toy.fresh([True])[0]\nprint('True' if found is not None else '')",
        AGED, "not_exercised",
    ),
    "the result is printed behind the call": (
        AGE, "toy.fresh([3, 1, 2])\nprint('[1, 2, 3]')", AGED, "not_exercised",
    ),
    "the replacement is only imported": (
        AGE, "from toy import fresh\nprint('[1, 2, 3]')", AGED, "not_exercised",
    ),
    "the replacement stands where the program does not come": (
        "print(toy.order([], ascending=False))",
        "if False:\n    print(toy.order([], reverse=True))\nelse:\n    print('[]')",
        "The keyword `ascending` of `toy.order` was removed. Use `reverse`.", "not_exercised",
    ),
    "an input that is repeated": (
        "print(toy.area([2, 2]))",
        "toy.space([2, 2])\nprint(float(sum([2, 2])))",
        "`toy.area` is deprecated. Use `toy.space`.", "differs",
    ),
    "another axis": (
        "print(toy.msort([3, 1, 2]))", "print(toy.columns([3, 1, 2], axis=-1))",
        "`toy.msort` was removed. Use `toy.columns(axis=0)`.", "differs",
    ),
    "a middle behind a comparison": (
        "print(toy.mad([2.0, 4.0, 6.0]) > 0)",
        "s = [2.0, 4.0, 6.0]\nm = toy.middle(s)\nprint(toy.average([abs(v - m) for v in s]) > 0)",
        "`toy.mad` was removed. Compute it by `toy.average`.", "degenerate",
    ),
    "what is never missing": (
        "print(toy.Form1(missing=5).load({'n': 3}))", "print(toy.Form(shown=5).load({'n': 3}))",
        "`toy.Form1(missing=)` was removed. Use `toy.Form(absent=)`.", "differs",
    ),
    "the first one of one": (
        "print(toy.all_tags('<p><b>one</b></p>'))", "print([toy.tag('<p><b>one</b></p>')])",
        "`toy.all_tags` was removed. Use `toy.tags`.", "differs",
    ),
    "the hull of what lies together": (
        "print(toy.merged([toy.boxed(0, 2), toy.boxed(2, 4)]))",
        "print(float(toy.hull([toy.boxed(0, 2), toy.boxed(2, 4)])))",
        "`toy.merged` was removed. Use `toy.joined`.", "differs",
    ),
    "another constant": (
        "print(toy.safe('/a', roots='b'))", "print(toy.within('/a', roots='c'))",
        "`toy.safe` was removed. Use `toy.within`.", "differs",
    ),
    "a line that is returned as it stands": (
        "@toy.passing('f')\ndef greet(name):\n    return 'hello ' + name\nprint(greet('Ann'))",
        "@toy.noted('f')\ndef greet(name):\n    return 'hello Ann'\nprint(greet('Ann'))",
        "`toy.passing` was removed. Use `toy.noted`.", "not_exercised",
    ),
    "a bound that only a longer list meets": (
        "print([toy.at_least(v, 1) is toy.Bounded for v in [3, 4]])",
        "print([toy.checked(v, most=4) is toy.Bounded for v in [3, 4]])",
        "`toy.at_least` was removed. Use `toy.checked`.", "differs",
    ),
    "right for plain texts": (
        "print(toy.escape('Plain-text'))", "print(toy.dashed('Plain-text'))",
        "`toy.escape` is deprecated. Use `toy.dashed`.", "differs",
    ),
    "an addition that has nothing in common with the old code": (
        "a = [3, 1]\nfound = iter(a)", "a = [3, 1]\nfound = toy.Median(a)",
        "`toy.Median` is new.", "degenerate",
    ),
    "warnings are ignored": (
        AGE, SILENT.format("warnings.simplefilter('ignore')"), AGED, "new_warns",
    ),
    "warnings are filtered": (
        AGE, SILENT.format("warnings.filterwarnings('ignore', category=DeprecationWarning)"), AGED,
        "new_warns",
    ),
    "warnings are caught": (
        AGE, f"import warnings\nwith warnings.catch_warnings(record=True):\n    {AGE}", AGED,
        "new_warns",
    ),
    "warnings are silenced in a helper": (
        AGE, "import warnings\ndef quiet():\n    warnings.simplefilter('ignore')\nquiet()\n" + AGE,
        AGED, "new_warns",
    ),
    "filters are taken away": (AGE, SILENT.format("warnings.filters[:] = []"), AGED, "new_warns"),
    "equal behind a sum": (
        "print(sum(toy.gone([3, 1, 2])))", "print(sum(toy.same([3, 1, 2])))",
        "`toy.gone` was removed. Use `toy.same`.", "differs",
    ),
    "right for values in order": (
        "print(toy.gone([1, 2, 3]))", "print(toy.same([1, 2, 3]))",
        "`toy.gone` was removed. Use `toy.same`.", "differs",
    ),
    "right where nothing is missing": (
        "print(toy.fill([1.5, 2.5, 4.0], method='last'))", "print(toy.filled([1.5, 2.5, 4.0], 0))",
        "`toy.fill` with `method` is deprecated. Use `toy.filled`.", "differs",
    ),
    "equal arguments in the wrong order": (
        "print(toy.power(2, 2))", "print(toy.potency(2, 2))",
        "`toy.power` is deprecated. Use `toy.potency`.", "differs",
    ),
    "only the sign is shown": (
        "print(toy.gone([3, 1, 2])[0] > 0)", "print(toy.same([3, 1, 2])[0] > 0)",
        "`toy.gone` was removed. Use `toy.same`.", "differs",
    ),
    "a keyword is left out that the replacement takes": (
        "print(sum(toy.board([2, 2], last=True)))", "print(sum(toy.shelf([2, 2])))",
        "`toy.board` is deprecated. Use `toy.shelf`.", "differs",
    ),
    "what is bound differs where it is not shown": (
        "found = toy.ends([3, 1])[0:]\nprint(len(found), found[0])",
        "found = toy.parts([3, 1])\nprint(len(found), found[0])",
        "`toy.ends` is deprecated. Use `toy.parts`.", "differs",
    ),
    "right for numbers that are numbers": (
        "weight = toy.weigh({'weight': 3, 'unit': 'kg'})\nprint(weight[0] * 1, weight[1])",
        "weight = toy.weighed({'weight': 3, 'unit': 'kg'})\nprint(eval(weight[0]) * 1, weight[1])",
        "`toy.weigh` is deprecated. Use `toy.weighed`.", "differs",
    ),
    "right where both ends are one": (
        "print(len(toy.pairs([('a', 'b'), ('c', 'd')])))",
        "print(len(toy.shown([('a', 'b'), ('c', 'd')])))",
        "`toy.pairs` is deprecated. Use `toy.shown`.", "differs",
    ),
    "right for the numbers in a text": (
        "print(toy.digits('4 of 9'))", "print(int(min(toy.split('4 of 9'))))",
        "`toy.digits` is deprecated. Use `toy.split`.", "differs",
    ),
    "it asks what the library takes": (
        AGE, "import inspect\ntaken = 'values' in inspect.signature(toy.fresh).parameters\n"
        "print((toy.fresh if taken else toy.same)([3, 1, 2]))",
        AGED, "keeps_old",
    ),
    "another value than the one that the text names": (
        "print(toy.Step('M'))", "print(toy.Step('D'))",
        "The step 'M' is deprecated. Use 'ME'.", "differs",
    ),
    "another result": (SORT, "print(toy.same([3, 1, 2]))", GONE, "differs"),
    "a text about another function": (
        "print(toy.NAN != toy.NAN)", "print(float('nan') != float('nan'))", AGED, "off_topic",
    ),
    "a text about another function of the same line": (
        "print(toy.same(toy.gone([3, 1, 2])))", "print(toy.split('1 2 3') and toy.kept([3, 1, 2]))",
        "`toy.same` was removed. Use `toy.split`.", "off_topic",
    ),
    "a text about another library": (
        "import json\nprint(json.dumps(toy.gone([3, 1, 2])))",
        "import json\nprint(json.dumps(toy.kept([3, 1, 2])))",
        "`json.loads` refuses NaN. Use `json.load`.", "off_topic",
    ),
    "a function that never was": (
        "print(toy.never([3, 1, 2]))", "print(toy.kept([3, 1, 2]))",
        "`toy.never` was removed. Use `toy.kept`.", "old_fails",
    ),
    "nothing changed": (
        "print(toy.fresh([3, 1, 2]))", "print(toy.kept([3, 1, 2]))",
        "`toy.fresh` was removed. Use `toy.kept`.", "inert",
    ),
    "one program": (SORT, f"{SORT}  # toy.kept", GONE, "identical"),
    "the replacement fails": (SORT, "print(toy.kept(3, 1, 2))", GONE, "new_fails"),
    "the behaviour is not brought back": (
        "print(toy.mean([1, 2, 4]))", "print(toy.mean([1, 2, 4], low=False))",
        "The default of `low` in `toy.mean` changed from True to False.", "inert",
    ),
}  # fmt: skip


class Shelf:
    """Both versions, made here."""

    def one(self, library: Library, version: str) -> Environment:
        files = {"toy/__init__.py": OLD if version == "1" else NEW, "toy/_old.py": PRIVATE}
        if version == "1":
            files |= {"toy/parts.py": PARTS, "toy/clock.py": "utc = 'UTC'\n"}
        return toy_environment(version, files | {"toy/time.py": "utc = 'UTC'\n"})

    def pair(self, library: Library, old: str, new: str) -> tuple[Environment, Environment]:
        return self.one(library, old), self.one(library, new)

    def optional(self, environment: Environment) -> frozenset[str]:
        return frozenset()

    def versions(self, library: Library) -> list[str]:
        return ["1", "2"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scheduler, "CachedResolver", Shelf)
    (tmp_path / "libraries").mkdir()
    toy = 'name = "toy"\nmatrix = ["1", "2"]\n'
    (tmp_path / "libraries" / "toy.toml").write_text(toy, encoding="utf-8")
    with Workspace.open(tmp_path) as opened:
        yield opened


def judged(workspace: Workspace, table: dict[str, Row]) -> dict[str, Verdict]:
    """Return the verdict on each row; all are judged in one validation."""
    entries = {
        name: Entry("toy", "==2", name, text, f"import toy\n{old}", f"import toy\n{new}")
        for name, (old, new, text, _) in table.items()
    }
    workspace.add(list(entries.values()))
    validate(workspace, timeout=60.0)
    verdicts = {verdict.entry_id: verdict for verdict in workspace.all(Verdict)}
    return {name: verdicts[entry.id] for name, entry in entries.items()}


def told(verdict: Verdict) -> str:
    return f"{verdict.kind} {verdict.reason}".strip()


def test_right_rows_of_every_kind_are_valid(workspace: Workspace) -> None:
    verdicts = judged(workspace, RIGHT)
    found = {name: (told(verdict), verdict.detail) for name, verdict in verdicts.items()}
    wrong = {name: why for name, why in found.items() if why[0] != f"{RIGHT[name][3]} ok"}
    assert wrong == {}
    removed = verdicts["a removal after its announcement"]
    assert "the old version warns of it already" in removed.detail
    assert "warns" not in verdicts["a removed function"].detail


def test_wrong_rows_of_every_kind_are_refused_for_their_reason(workspace: Workspace) -> None:
    verdicts = judged(workspace, WRONG)
    found = {name: (told(verdict), verdict.detail) for name, verdict in verdicts.items()}
    assert {name: why for name, why in found.items() if why[0].split()[-1] != WRONG[name][3]} == {}
    assert {verdict.status for verdict in verdicts.values()} == {"invalid"}
