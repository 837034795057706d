"""The migration reward keeps what it promises: bounds, ends, steps and tolerance."""

from __future__ import annotations

import ast
import random
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
