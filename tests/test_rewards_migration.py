"""The migration reward keeps what it promises: bounds, ends, steps and tolerance."""

from __future__ import annotations

import ast
import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recode_data.errors import UsageError
from recode_data.rewards import migration
from recode_data.rewards.worth import worth

OLD = """import numpy as np

data = np.array([1, 2, 3])
test = [2, 3]
mask = np.in1d(data, test)
print(mask)
print(data[mask])
"""
NEW = OLD.replace("in1d", "isin")

AS_GOOD = {
    "itself": NEW,
    "reformatted": ast.unparse(ast.parse(NEW)).replace("data, test", "\n    data,\n    test,\n"),
    "other names": NEW.replace("data", "a").replace("mask", "b").replace("test", "mask"),
    "names in a circle": NEW.replace("data", "#").replace("mask", "data").replace("#", "mask"),
    "whole module": NEW.replace("import numpy as np", "import numpy").replace("np.", "numpy."),
    "imported names": NEW.replace("import numpy as np", "from numpy import array, isin as i")
    .replace("np.isin", "i")
    .replace("np.", ""),
    "independent lines swapped": NEW.replace(
        "data = np.array([1, 2, 3])\ntest = [2, 3]", "test = [2, 3]\ndata = np.array([1, 2, 3])"
    ),
    "commented": "# new\n" + NEW.replace("\n", "  # so\n"),
    "docstring and pass": '"""Isin."""\n' + NEW + "pass\n",
}


@pytest.mark.parametrize("code", AS_GOOD.values(), ids=AS_GOOD)
def test_what_does_not_matter_costs_nothing(code: str) -> None:
    assert worth(code, OLD, NEW) == 1.0


MORE = """import numpy as np

data = np.array([1, 2, 3])
mask = np.in1d(data, [2, 3], invert=True)
print("mask:", mask)
print(data[mask].sum(), 3)
"""
MORE_NEW = MORE.replace("in1d", "isin")
IMPORT = "import numpy as np\n"
BODY = MORE_NEW.replace(IMPORT, "").strip()
CALL = "np.isin(data, [2, 3], invert=True)"
RETURN = "    return np.isin(v, [2, 3], invert=True)\n"
INNER = BODY.replace("\n", "\n    ")

REWRITTEN = {
    "a main function": f"{IMPORT}def main():\n    {INNER}\nmain()",
    "a main function under a guard": f"{IMPORT}def main() -> None:\n    {INNER}\n"
    "if __name__ == '__main__':\n    main()",
    "a guard alone": f"{IMPORT}if '__main__' == __name__:\n    {INNER}",
    "imports in main": f"def main():\n    import numpy as np\n    {INNER}\nmain()",
    "an f-string": MORE_NEW.replace('"mask:", mask', 'f"mask: {mask}"'),
    "a format": MORE_NEW.replace('"mask:", mask', '"mask: {}".format(mask)'),
    "percent": MORE_NEW.replace('"mask:", mask', '"mask: %s" % mask'),
    "a sum of texts": MORE_NEW.replace('"mask:", mask', '"mask: " + str(mask)'),
    "a join": MORE_NEW.replace('"mask:", mask', '" ".join(["mask:", str(mask)])'),
    "sep and end": MORE_NEW.replace('"mask:", mask', '"mask:", mask, sep=" ", end="\\n"'),
    "one print": MORE_NEW.replace(
        'mask)\nprint(data', 'mask, end="\\n")\nprint(data'
    ).replace('print("mask:", mask, end="\\n")\nprint(data[mask].sum(), 3)',
              'print(f"mask: {mask}\\n{data[mask].sum()} 3")'),
    "sys.stdout.write": "import sys\n" + MORE_NEW.replace(
        'print("mask:", mask)', 'sys.stdout.write(f"mask: {mask}\\n")'),
    "a helper": f"{IMPORT}def found(values, wanted):\n"
    "    return np.isin(values, wanted, invert=True)\n"
    + BODY.replace(CALL, "found(wanted=[2, 3], values=data)"),
    "a helper with a default": f"{IMPORT}def found(v, *, invert=True):\n"
    "    return np.isin(v, [2, 3], invert=invert)\n"
    + BODY.replace(CALL, "found(data)"),
    "a helper of any arguments": f"{IMPORT}def found(*args, **keywords):\n"
    "    return np.isin(*args, **keywords)\n"
    + BODY.replace("np.isin", "found"),
    "a helper of a rest": f"{IMPORT}def found(v, *rest, **more):\n"
    "    return np.isin(v, *rest, **more)\n"
    + BODY.replace("np.isin", "found"),
    "all names imported": "from numpy import *\n" + BODY.replace("np.", ""),
    "import_module": "import importlib\nnp = importlib.import_module('numpy')\n" + BODY,
    "a dictionary of keywords": f"{IMPORT}more = {{'invert': True}}\n"
    + BODY.replace("invert=True", "**more"),
    "a lambda": f"{IMPORT}found = lambda v: np.isin(v, [2, 3], invert=True)\n"
    + BODY.replace(CALL, "found(data)"),
    "another name": MORE_NEW.replace("mask = np", "found = np")
    .replace('"mask:", mask', '"mask:", found')
    .replace("data[mask]", "data[found]"),
    "everything inlined but what is used twice": MORE_NEW.replace(
        "data[mask].sum()", "(chosen := data[mask]).sum()"),
    "a variable for a constant": MORE_NEW.replace("data = ", "last = 3\ndata = ")
    .replace("2, 3])", "2, last])"),
    "an alias": MORE_NEW.replace("mask = np.isin", "isin = np.isin\nmask = isin"),
    "annotations": MORE_NEW.replace("mask =", "mask: np.ndarray =")
    .replace("data =", "data: object ="),
    "a bare annotation as well": MORE_NEW.replace("mask =", "mask: object\nmask ="),
    "keywords of a dictionary": MORE_NEW.replace("invert=True", "**{'invert': True}"),
    "arguments of a tuple": MORE_NEW.replace("data, [2, 3]", "*(data, [2, 3])"),
    "getattr": MORE_NEW.replace("np.isin", "getattr(np, 'isin')"),
    "letters that Python folds": MORE_NEW.replace("np.isin", "ｎｐ.ｉｓｉｎ"),
    "an unused standard import": "import os\n" + MORE_NEW,
    "one line": "; ".join(MORE_NEW.strip().replace("\n\n", "\n").split("\n")),
}  # fmt: skip


@pytest.mark.parametrize("code", REWRITTEN.values(), ids=REWRITTEN)
def test_an_equal_program_is_worth_as_much(code: str) -> None:
    assert worth(code, MORE, MORE_NEW) == 1.0
    assert worth(code.replace("isin", "in1d").replace("ｉｓｉｎ", "in1d"), MORE, MORE_NEW) == 0.0


CANNOT_RUN = {
    "an import missing": MORE_NEW.replace(IMPORT, ""),
    "an import missing, in main": f"def main():\n    {INNER}\nmain()",
    "a name that is not imported": MORE_NEW.replace("np.isin", "isin"),
    "a bare annotation": MORE_NEW.replace(f"mask = {CALL}", "mask: object"),
    "an annotation of nothing": MORE_NEW.replace("mask =", "mask: Mask ="),
    "a misspelt variable": MORE_NEW.replace("data[mask]", "data[masks]"),
    "a homoglyph in a variable": MORE_NEW.replace("data[mask]", "data[mаsk]"),
    "used before it is set": MORE_NEW.replace(f"mask = {CALL}\n", "")
    + f"mask = {CALL}",
    "too many arguments of a builtin": MORE_NEW.replace("3)\n", "len(data, data))\n"),
    "an argument given twice": f"{IMPORT}def found(v):\n{RETURN}"
    + BODY.replace(CALL, "found(data, v=data)"),
    "an unknown parameter of a helper": f"{IMPORT}def found(v):\n{RETURN}"
    + BODY.replace(CALL, "found(values=data)"),
    "a deleted name": MORE_NEW.replace("print(data", "del mask\nprint(data"),
}  # fmt: skip


@pytest.mark.parametrize("code", CANNOT_RUN.values(), ids=CANNOT_RUN)
def test_what_cannot_run_is_worth_less_than_nothing(code: str) -> None:
    assert (worth(code, MORE, MORE_NEW) or 0) <= -0.5


BROKEN = {
    "a keyword given twice": MORE_NEW.replace("invert=True", "invert=True, invert=True"),
    "a return at the top": MORE_NEW + "return",
    "no end": MORE_NEW + "(",
    "nothing": "",
}


@pytest.mark.parametrize("code", BROKEN.values(), ids=BROKEN)
def test_what_does_not_compile_is_worth_least(code: str) -> None:
    assert worth(code, MORE, MORE_NEW) == -1.0


FAULTY = {
    "a homoglyph in the new name": MORE_NEW.replace("isin", "іsin"),
    "a hallucinated name": MORE_NEW.replace("isin", "isin_array"),
    "a hallucinated keyword": MORE_NEW.replace("invert", "inverted"),
    "the keyword dropped": MORE_NEW.replace(", invert=True", ""),
    "an argument too many": MORE_NEW.replace("[2, 3],", "[2, 3], [2, 3],"),
    "arguments swapped": MORE_NEW.replace("data, [2, 3]", "[2, 3], data"),
    "another number": MORE_NEW.replace("3)", "4)"),
    "another text": MORE_NEW.replace("mask:", "mask"),
    "a text less": MORE_NEW.replace('"mask:", ', ""),
    "no space": MORE_NEW.replace('"mask:", mask', 'f"mask:{mask}"'),
    "repr for str": MORE_NEW.replace('"mask:", mask', 'f"mask: {mask!r}"'),
    "prints swapped": MORE_NEW.replace('print("mask:", mask)\n', "") + 'print("mask:", mask)\n',
    "printed twice": MORE_NEW + 'print("mask:", mask)\n',
    "main never called": f"{IMPORT}def main():\n    {INNER}\n",
    "under a false condition": f"{IMPORT}if __name__ != '__main__':\n    {INNER}\n",
    "old where new fails": f"{IMPORT}try:\n    {INNER}\nexcept Exception:\n    "
    + MORE.replace(IMPORT, "").strip().replace("\n", "\n    "),
    "the old name imported": "from numpy import in1d\n" + MORE_NEW,
    "old by split getattr": MORE.replace("np.in1d", "getattr(np, 'in' + '1d')") + "np.isin",
    "old in an assertion": MORE_NEW + "assert np.in1d([1], [1])",
    "old put back": MORE.replace("data =", "np.in1d = np.isin\ndata ="),
    "harm at the end": MORE_NEW + "import shutil\nshutil.rmtree('.')",
    "changed before it is printed": MORE_NEW.replace('print("mask', 'data.sort()\nprint("mask'),
    "an item set": MORE_NEW.replace('print("mask', 'mask[0] = False\nprint("mask'),
    "a global set": MORE_NEW.replace("data =", "np.set_printoptions(precision=1)\ndata ="),
    "a result overwritten": MORE_NEW.replace('print("mask', 'data = None\nprint("mask'),
}  # fmt: skip


@pytest.mark.parametrize("code", FAULTY.values(), ids=FAULTY)
def test_a_program_with_a_fault_earns_less_than_any_equal_one(code: str) -> None:
    assert (worth(code, MORE, MORE_NEW) or 0) <= 0.75


def test_parts_of_two_calls_exchanged_are_seen() -> None:
    old = "import lib\nprint(lib.f(lib.old(1)), lib.g(lib.old(2)))"
    new = old.replace("old", "new")
    exchanged = "import lib\nprint(lib.f(lib.new(2)), lib.g(lib.new(1)))"
    assert (worth(exchanged, old, new) or 0) <= 0.75


def test_a_random_draw_is_not_another_one() -> None:
    old = "import lib\nr = lib.old(0)\na = r.draw()\nb = r.draw()\nprint(a - b)"
    new = old.replace("old", "new")
    assert worth(new.replace("a - b", "b - a"), old, new) != 1.0
    inlined = new.replace("a = r.draw()\nb = r.draw()\n", "").replace(
        "a - b", "r.draw() - r.draw()"
    )
    assert worth(inlined, old, new) == 1.0
    assert worth(new.replace("b = r.draw()", "b = a"), old, new) != 1.0


def test_with_a_signature_position_and_keyword_are_the_same() -> None:
    old = "import lib\nprint(lib.old(1, axis=2))"
    new = old.replace("old", "new")
    told = {"lib.new": "(values, axis=0, *, keep=False)"}
    assert worth(new.replace("axis=2", "2"), old, new, told) == 1.0
    assert worth(new.replace("1, axis=2", "axis=2, values=1"), old, new, told) == 1.0
    assert worth(old, old, new, told) == 0.0
    for wrong in ("1, 2, True", "1, axe=2", "axis=2", "1, values=1", "1, 2, axis=2"):
        assert (worth(new.replace("1, axis=2", wrong), old, new, told) or 0) <= -0.5, wrong
    fence = f"```python\n{new.replace('axis=2', '2')}\n```"
    row = ['{"lib.new": "(values, axis=0)"}', "no JSON", None]
    assert migration([fence] * 3, [new] * 3, [old] * 3, row) == [1.0, 0.6, 0.6]


def test_without_a_signature_a_keyword_by_position_may_be_right() -> None:
    old = "import lib\nprint(lib.old(1, axis=2))"
    new = old.replace("old", "new")
    assert worth(new.replace("axis=2", "2"), old, new) == 0.6
    assert (worth(new.replace("1, axis=2", "2, 1"), old, new) or 0) < 0.5
    assert (worth(new.replace("axis=2", "ax=2"), old, new) or 0) < 0.5
    keyword_only = "import lib\nprint(lib.f(1, 2))", "import lib\nprint(lib.f(1, axis=2))"
    assert (
        worth(
            keyword_only[0].replace("print(lib.f(1, 2))", "x = lib.f(1, 2)\nprint(x)"),
            *keyword_only,
        )
        == 0.0
    )


def test_a_call_made_twice_may_be_as_good_as_its_result_kept() -> None:
    inlined = MORE_NEW.replace("mask = np.isin(data, [2, 3], invert=True)\n", "")
    inlined = inlined.replace("mask)", CALL + ")").replace("[mask]", f"[{CALL}]")
    assert worth(inlined, MORE, MORE_NEW) == 0.6
    assert worth(inlined.replace("isin", "in1d"), MORE, MORE_NEW) != 0.6


def test_a_loop_that_runs_once_is_its_body() -> None:
    for head in ("for turn in range(1):", "for turn in [7]:", "for values in (data,):"):
        looped = MORE_NEW.replace("mask = ", f"{head}\n    mask = ")
        assert worth(looped, MORE, MORE_NEW) == 1.0
        assert worth(looped.replace("isin", "in1d"), MORE, MORE_NEW) == 0.0
    twice = MORE_NEW.replace("print(data", "for turn in range(2):\n    print(data")
    assert (worth(twice, MORE, MORE_NEW) or 0) <= 0.75


def test_warnings_of_its_own_do_a_right_program_no_harm() -> None:
    quiet = (
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
    )
    assert worth(quiet + "    warnings.warn('mine')\n" + MORE_NEW, MORE, MORE_NEW) == 0.75
    assert worth(quiet + "    warnings.warn('mine')\n" + MORE, MORE, MORE_NEW) == 0.0
    inner = BODY.replace("\n", "\n    ")
    assert (worth(f"{IMPORT}{quiet}    {inner}".replace("isin", "in1d"), MORE, MORE_NEW) or 0) < 0.1


def test_an_effect_on_a_part_is_an_effect_on_the_whole() -> None:
    for part in ("x.meta['a'] = 1", "x.meta.append(1)", "x[0].append(1)", "x[0]['a'] = 1"):
        old = f"import lib\nx = lib.old()\n{part}\nprint(x)"
        new = old.replace("old", "new")
        late = f"import lib\nx = lib.new()\nprint(x)\n{part}"
        assert worth(new.replace("x", "y"), old, new) == 1.0
        assert (worth(late, old, new) or 0) <= 0.75


def test_annotations_that_are_read_are_no_comments() -> None:
    method = "    @lib.check\n    def f(self, y: int):\n        return y"
    old = f"import lib\n@lib.old\nclass A(lib.Base):\n    x: int\n{method}"
    new = old.replace("old", "new")
    assert worth(new.replace("y", "z"), old, new) == 1.0
    for right, wrong in (("x: int", "x: str"), ("x: int", "x: A"), ("y: int", "y: str")):
        assert (worth(new.replace(right, wrong), old, new) or 0) <= 0.75


def test_methods_of_a_plain_class_are_followed() -> None:
    inner = BODY.replace("\n", "\n        ")
    alone = f"{IMPORT}class Program:\n    def main(self):\n        {inner}\nProgram().main()"
    kept = (
        f"{IMPORT}class Program:\n    def __init__(self, wanted):\n        self.wanted = wanted\n"
        "    def found(self, values):\n"
        "        return np.isin(values, self.wanted, invert=True)\n"
        "program = Program(wanted=[2, 3])\n" + BODY.replace(CALL, "program.found(data)")
    )
    for code in (alone, kept):
        assert worth(code, MORE, MORE_NEW) == 1.0
        assert worth(code.replace("isin", "in1d"), MORE, MORE_NEW) == 0.0
        assert (worth(code.replace("2, 3]", "2, 4]"), MORE, MORE_NEW) or 0) < 0.5
    assert (worth(alone.replace("\nProgram().main()", ""), MORE, MORE_NEW) or 0) < 0.5
    assert (worth(kept.replace("self.wanted = wanted", "pass"), MORE, MORE_NEW) or 0) < 0.8
    assert (worth(kept.replace("Program(wanted=[2, 3])", "Program()"), MORE, MORE_NEW) or 0) < 0.8
    assert (worth(alone.replace("Program()", "Program(1)"), MORE, MORE_NEW) or 0) < 0.8


def test_a_silent_program_is_known_by_what_its_variables_hold() -> None:
    old = "import lib\nx = lib.old(1)\ny = x + 1"
    new = old.replace("old", "new")
    assert worth(new.replace("y", "z"), old, new) == 1.0
    assert worth(new.replace("\ny = x + 1", ""), old, new) != 1.0
    assert (
        worth("import lib\ndef main():\n    x = lib.new(1)\n    y = x + 1\nmain()", old, new) != 1.0
    )


def test_a_target_that_does_nothing_says_nothing() -> None:
    assert worth("import lib", "import lib", "import lib\n# now without") is None
    assert worth("x = 1", "import lib\nlib.f()", "import lib") is None


def test_functions_that_cannot_be_followed_are_compared_as_they_are() -> None:
    body = "    if x:\n        return lib.old(x)\n    return f(x - 1)\n"
    old = f"import lib\ndef f(x):\n{body}print(f(2))"
    new = old.replace("old", "new")
    assert worth(new.replace("f(", "g(").replace("x", "y"), old, new) == 1.0
    assert worth(new.replace("x - 1", "x - 2"), old, new) != 1.0
    decorated = "import lib\n@lib.old\ndef f(x):\n    return x * 2"
    after = decorated.replace("old", "new")
    assert worth(after.replace("x", "y"), decorated, after) == 1.0
    assert worth(after.replace("2", "3"), decorated, after) != 1.0
    assert worth(after.replace("lib.new", "sum"), decorated, after) != 1.0


def test_many_calls_of_the_programs_own_functions_end() -> None:
    lines = ["import lib", "def f0(x):\n    return lib.new(x)"]
    lines += [f"def f{n}(x):\n    return f{n - 1}(f{n - 1}(x))" for n in range(1, 30)]
    code = "\n".join([*lines, "print(f29(1))"])
    started = time.perf_counter()
    assert worth(code, code.replace("new", "old"), code) == 1.0
    assert time.perf_counter() - started < 5


DAMAGE = {
    "wrong replacement": NEW.replace("isin", "intersect1d"),
    "hallucinated name": NEW.replace("isin", "is_in"),
    "changed constant": NEW.replace("[2, 3]", "[2, 4]"),
    "call deleted": NEW.replace("mask = np.isin(data, test)\n", ""),
    "print lost": NEW.replace("print(mask)\n", ""),
    "import lost": NEW.replace("import numpy as np\n", ""),
    "other array": NEW.replace("print(data[mask])", "print(test[mask])").replace("[2, 3]", "[9]"),
    "nothing": "",
    "broken": NEW + ")",
    "old and broken constant": OLD.replace("[2, 3]", "[2, 4]"),
}


@pytest.mark.parametrize("code", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_worth_less_than_doing_nothing(code: str) -> None:
    assert -1 <= (worth(code, OLD, NEW) or 0) < 0


PARTIAL = {
    "arguments swapped": NEW.replace("data, test", "test, data"),
    "old call kept beside": NEW.replace("mask = np", "np.in1d(data, test)\nmask = np"),
    "prints swapped": NEW.replace("print(mask)\n", "") + "print(mask)\n",
}  # fmt: skip


@pytest.mark.parametrize("code", PARTIAL.values(), ids=PARTIAL)
def test_a_migration_with_a_fault_is_worth_less(code: str) -> None:
    assert (worth(code, OLD, NEW) or 0) < 0.8


def test_an_order_that_matters_is_seen() -> None:
    old = "import lib\nx = lib.old(1)\nx = x + 1\ny = x * 2\nprint(y)"
    new = old.replace("old", "new")
    swapped = "import lib\nx = lib.new(1)\ny = x * 2\nx = x + 1\nprint(y)"
    assert (worth(swapped, old, new) or 0) < 0.5


def test_a_dropped_keyword_is_the_whole_change() -> None:
    old = "import pandas as pd\nprint(pd.Series([1]).sum(level=0))"
    new = "import pandas as pd\nprint(pd.Series([1]).sum())"
    assert worth(old, old, new) == 0.0
    assert worth(new, old, new) == 1.0
    assert (worth(new.replace("sum()", "sum(axis=0)"), old, new) or 0) < 0.5


def test_renamed_functions_and_arguments_are_the_same() -> None:
    old = "import lib\ndef f(a, b=1):\n    return lib.old(a) + b\nprint(f(2))"
    new = old.replace("old", "new")
    renamed = "import lib\ndef g(x, y=1):\n    return lib.new(x) + y\nprint(g(2))"
    assert worth(renamed, old, new) == 1.0
    assert (worth(renamed.replace("+ y", "+ x"), old, new) or 0) < 0.5


def test_a_statement_moved_into_a_branch_is_seen() -> None:
    old = "import lib\nx = lib.old(1)\nif x:\n    print(1)\nprint(2)"
    new = old.replace("old", "new")
    assert (worth(new.replace("\nprint(2)", "\n    print(2)"), old, new) or 0) < 0.8


def test_as_a_reward_function() -> None:
    fence = "```python\n{}\n```"
    completions = [fence.format(NEW), [{"role": "assistant", "content": fence.format(OLD)}], "no"]
    assert migration(completions, [NEW] * 3, [OLD] * 3, step=1) == [1.0, 0.0, -1.0]
    assert migration([fence.format(NEW)] * 3, [None, NEW, "x = ("], [OLD, None, OLD]) == [None] * 3
    assert migration([fence.format(NEW)], [NEW], [NEW + "# c"]) == [None]
    with pytest.raises(UsageError, match="old_code"):
        migration([fence.format(NEW)], [NEW])


SITES = [
    ("v{n} = lib.in1d(v0, {n})", "v{n} = lib.isin(v0, {n})"),
    ("print(lib.sort(v0, kind='old'))", "print(lib.sort(v0, method='new'))"),
    ("v{n} = lib.trapz(lib.cumprod(v0))", "v{n} = lib.trapezoid(lib.cumulative_prod(v0))"),
    ("v0.tostring({n})", "v0.tobytes({n})"),
    ("v{n} = v0.append({n})", "v{n} = lib.concat([v0, {n}])"),
    ("for v{n} in lib.rows(v0):\n    print(v{n})", "for v{n} in lib.lines(v0):\n    print(v{n})"),
    ("v{n} = lib.mean(v0, None, axis={n})", "v{n} = lib.mean(v0)"),
    ("def v{n}(x):\n    return lib.float_(x)", "def v{n}(x):\n    return lib.float64(x)"),
]  # fmt: skip
SAME = ["print(v0)", "v{n} = lib.zeros({n})", "assert v0 is not None", "v{n} = [v0 for _ in v0]"]

Program = list[tuple[str, str]]


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Pairs of an old and a new statement, some of them equal, at least two different."""
    sites = draw(st.lists(st.sampled_from(SITES), min_size=2, max_size=6))
    same = draw(st.lists(st.sampled_from([(line, line) for line in SAME]), max_size=5))
    body = draw(st.permutations(sites + same))
    numbered = [(old.format(n=n), new.format(n=n)) for n, (old, new) in enumerate(body, 1)]
    return [("import lib", "import lib"), ("v0 = lib.load('a')",) * 2, *numbered]


def written(program: Program, repaired: set[int]) -> str:
    return "\n".join(pair[index in repaired] for index, pair in enumerate(program))


@settings(max_examples=150, deadline=None)
@given(programs(), st.randoms(use_true_random=False))
def test_each_planted_repair_pays(program: Program, dice: random.Random) -> None:
    sites = [index for index, (old, new) in enumerate(program) if old != new]
    dice.shuffle(sites)
    old, new = written(program, set()), written(program, set(sites))
    values = [
        worth(written(program, set(sites[:done])), old, new) for done in range(len(sites) + 1)
    ]
    assert values[0] == 0.0
    assert values[-1] == 1.0
    assert all(left < right for left, right in pairwise(values)), values


@settings(max_examples=150, deadline=None)
@given(programs(), st.randoms(use_true_random=False))
def test_new_names_cost_nothing(program: Program, dice: random.Random) -> None:
    old, new = written(program, set()), written(program, set(range(len(program))))
    names = [f"v{n}" for n in range(len(program))]
    others = dice.sample(names, len(names)) if dice.random() < 0.5 else [f"w{n}" for n in names]
    renamed = new
    for number, name in enumerate(names):
        renamed = renamed.replace(name + " ", f"@{number} ").replace(name + ")", f"@{number})")
        for end in ("(", ".", ",", ":", "]"):
            renamed = renamed.replace(name + end, f"@{number}{end}")
        renamed = renamed.replace(name + "\n", f"@{number}\n")
    for number in reversed(range(len(names))):
        renamed = renamed.replace(f"@{number}", others[number])
    assert worth(renamed, old, new) == 1.0


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([OLD, NEW]),
    st.lists(st.tuples(st.integers(0, 150), st.sampled_from(["x", "(", ")", "\n", "1", "np", ""]))),
)
def test_any_code_is_worth_between_minus_one_and_one(
    code: str, edits: list[tuple[int, str]]
) -> None:
    for place, text in edits:
        code = code[:place] + text + code[place + 1 :]
    value = worth(code, OLD, NEW)
    assert value is not None
    assert -1 <= value <= 1
