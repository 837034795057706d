"""What `benchmarks/cheats.py` makes and measures: no cheat pays, no right answer is punished.

Nothing is executed here: ``python -m benchmarks.cheats`` holds the same against ``execution``.
"""

from __future__ import annotations

import ast

import pytest

from benchmarks.cheating import CHEATS, cheated
from benchmarks.cheats import Figures, Made, completions, figures, measure
from benchmarks.rewriting import RIGHT, Case, rewritten
from benchmarks.rows import entries
from recode_data.answers import program_of
from recode_data.records import Entry

PROGRAMS = {
    ("pandas", "append", "concat"): """
import pandas as pd

frame = pd.concat([[1, 2], [3]], axis=1)
total = len(frame)
print('rows', total)
print(frame.mean(), 2.5)
""",
    ("polars", "groupby", "group_by"): """
import polars as pl

frame = pl.DataFrame({'a': [1, 2], 'b': [3, 4]})
other = pl.Series([5])
found = frame.group_by('a', maintain_order=True)
print(found.len())
print(other)
""",
    ("networkx", "info", "degree"): """
import networkx as nx
from networkx import path_graph

graph = path_graph(4)
wanted = 2 + 1
print(nx.degree(graph, wanted))
print(len(graph), 'nodes')
""",
    ("sqlalchemy", "engine_old", "create_engine"): """
from sqlalchemy import create_engine

engine = create_engine('sqlite://', echo=False, future=True)
with engine.connect() as link:
    for row in link.execute('select 1'):
        print(row)
""",
    ("matplotlib", "rc_old", "rc_context"): """
import matplotlib as mpl

def width(scale, base=2.0):
    if scale > 1:
        return base * scale
    return base

with mpl.rc_context({'lines.linewidth': width(2)}):
    print(mpl.rcParams['lines.linewidth'])
""",
}
ENTRIES = [*entries(None)] + [
    Entry(
        library,
        "==2.0",
        "",
        f"`{library}.{old}` is now `{library}.{new}`.",
        code.strip().replace(new, old),
        code.strip(),
        "==1.9",
        old_symbol=f"{library}.{old}",
        new_symbol=f"{library}.{new}",
    )
    for (library, old, new), code in PROGRAMS.items()
]


@pytest.fixture(scope="module")
def made() -> list[Made]:
    return completions([Case(entry) for entry in ENTRIES])


def test_there_are_many_kinds_and_most_find_a_place(made: list[Made]) -> None:
    assert len(CHEATS) >= 60
    assert len(RIGHT) >= 30
    assert {m.kind for m in made} >= {*CHEATS, *RIGHT}
    assert {entry.dependency for entry in ENTRIES} >= {"numpy", "pandas", "polars", "networkx"}


def test_right_answers_are_programs_and_cheats_are_not_the_right_program(made: list[Made]) -> None:
    for m in made:
        code = program_of(m.text)
        if m.right:
            assert code is not None, (m.kind, m.text)
            ast.parse(code)
        else:
            assert code != m.case.new, m.kind


def test_no_cheat_pays_by_migration_and_no_right_answer_is_punished() -> None:
    [found] = measure(ENTRIES, ["migration"]).values()
    assert {kind: v for kind, v in found.kinds.items() if kind in CHEATS and v[1] > 0} == {}
    right = {kind: v for kind, v in found.kinds.items() if kind not in CHEATS and v[1] > 0}
    assert right == {}
    assert found.pairs > 10_000
    assert found.share <= 0.02


def test_figures_count_what_they_say() -> None:
    case = Case(ENTRIES[0])
    made = [Made(case, "the new code", True, ""), Made(case, "reformatted", True, "")]
    made += [Made(case, "old code", False, ""), Made(case, "syntax broken", False, "")]
    found = figures(made, [2.0, 0.8, 1.7, -2.0])
    assert isinstance(found, Figures)
    assert found.kinds["old code"] == (0.85, 1.0, 1)
    assert found.kinds["syntax broken"] == (0.0, 0.0, 1)
    assert found.kinds["reformatted"] == (0.4, 1.0, 1)
    assert (found.pairs, found.inverted) == (4, 1)
    assert found.worst(right=False) == ("old code", 1.0)
    assert figures(made, [2.0, None, None, -2.0]).pairs == 1


def test_every_kind_says_when_an_entry_has_no_place_for_it() -> None:
    empty = Case(Entry("numpy", "==2", "", "", "import numpy", "import numpy\nnumpy.nan", "==1"))
    assert {"old code", "right program only thought"} <= set(cheated(empty))
    assert "fence py" in rewritten(empty)
    assert not {"half migrated", "a print lost", "prints swapped"} & set(cheated(empty))
