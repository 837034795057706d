"""Usage is cut to what one use needs, and prints what the source shows or compares."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from recode_data.codemods.candidates import Usage
from recode_data.codemods.shapes.rename import recipes
from recode_data.definition_files import known
from recode_data.library import Library, know_derived, load_library
from recode_data.usage import Example, Target, harvest, snippets
from recode_data.usage.documented import (
    from_demonstration,
    from_docstrings,
    from_page,
    from_script,
    summary,
)
from recode_data.usage.example import Wanted
from recode_data.usage.imports import read_conventions
from recode_data.usage.slicing import reaches_outside
from recode_data.usage.tested import from_tests

ANY = Wanted(["in1d"])
RECIPE = recipes("numpy.in1d", "numpy.isin", {})[0]
TARGET = Target(RECIPE.hit, "in1d")


def target(path: str) -> Target:
    """Return what looks for uses of a path."""
    return Target(recipes(path, f"{path}2", {})[0].hit, path.rpartition(".")[2])


def programs(examples: list[Example]) -> list[str]:
    return [snippet.code for example in examples for snippet in snippets(example, TARGET)]


DOCSTRING = '''
def in1d(ar1, ar2):
    """
    Test whether each element is in the second array.

    Examples
    --------
    >>> unused = np.zeros(3)
    >>> test = np.array([0, 1, 2])
    >>> mask = np.in1d(test, [0, 2])
    >>> mask
    array([ True, False,  True])
    >>> test[mask]
    array([0, 2])
    """
'''

TEST = """
from numpy.lib.arraysetops import in1d
from numpy.testing import assert_array_equal
import numpy as np

class TestSets:
    def setup_method(self):
        self.a = np.array([5, 7, 1])

    def test_both(self):
        for mult in (1, 10):
            b = [2, 4] * mult
            junk = 3
            assert_array_equal(in1d(self.a, b), [False] * 3)

    def test_raises(self):
        with pytest.raises(ValueError):
            in1d(self.a, 3)
"""


def test_a_docstring_keeps_what_the_call_needs_and_what_is_shown_of_it() -> None:
    found = programs(list(from_docstrings(DOCSTRING, "numpy-1.26.4:numpy/x.py", ANY)))
    assert found == [
        textwrap.dedent(
            """\
            import numpy as np

            test = np.array([0, 1, 2])
            mask = np.in1d(test, [0, 2])
            print(mask)
            print(test[mask])
            """
        )
    ]


def test_a_test_is_flattened_and_its_assertion_printed() -> None:
    examples = list(from_tests(TEST, "numpy-1.26.4:t.py", "numpy.lib.tests.t", ANY))
    assert programs(examples) == [
        textwrap.dedent(
            """\
            import numpy as np

            a = np.array([5, 7, 1])
            b = [2, 4] * 1
            print(np.in1d(a, b))
            """
        )
    ]


def test_summary_skips_a_signature() -> None:
    assert summary("f(a, b)\n\nDo it. Then more.") == "Do it."
    assert summary("f(a,\n  b=None)\n\nDo it.") == "Do it."


def test_harvest_reads_a_sdist_in_any_number_of_processes(tmp_path: Path) -> None:
    import tarfile

    folder = tmp_path / "numpy-1.26.4" / "numpy" / "tests"
    folder.mkdir(parents=True)
    (folder / "test_sets.py").write_text(TEST)
    (folder.parent / "sets.py").write_text(DOCSTRING)
    archive = tmp_path / "numpy-1.26.4.tar.gz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(tmp_path / "numpy-1.26.4", "numpy-1.26.4")
    found = harvest(load_library("numpy"), [("1.26.4", archive)], ["in1d"])
    assert [example.title for example in found] == ["in1d", "test_both", "test_raises"]
    assert found[0].location == "numpy-1.26.4:numpy/sets.py::in1d"


SCRIPT = '''"""
=====================
Sets of some numbers
=====================

Shows which elements are in another array.
"""

import numpy as np

# %%
# Which of the elements are in the other one
a = np.array([3, 5, 7])
inside = np.in1d(a, [5, 7])
print(inside)
'''


def test_a_script_of_a_gallery_is_one_example() -> None:
    assert not list(from_script(SCRIPT, "g:a.py", Wanted(["isin"])))
    (example,) = from_script(SCRIPT, "g:a.py", Wanted(["in1d"]))
    assert example.summary == "Shows which elements are in another array."
    assert example.statements[0].prose == "Which of the elements are in the other one"
    target = Target(recipes("numpy.in1d", "numpy.isin", {})[0].hit, "in1d")
    (snippet,) = snippets(example, target)
    assert snippet.code == (
        "import numpy as np\n\na = np.array([3, 5, 7])\n"
        "inside = np.in1d(a, [5, 7])\nprint(inside)\n"
    )


def test_names_are_wanted_as_whole_words() -> None:
    assert Wanted(["in1d"]).search("np.in1d(a)")
    assert not Wanted(["in1d"]).search("np.in1d_fast(a), xin1d")


PARENT = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from recode_data.usage.harvest import end_with_parent

if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn"), end_with_parent) as pool:
        for _ in range(2):
            pool.submit(time.sleep, 600)
        while len(pool._processes) < 2:
            time.sleep(0.01)
        print(*pool._processes, flush=True)
        time.sleep(600)
"""


def test_the_workers_of_a_harvest_end_with_the_process_that_started_them() -> None:
    command = [sys.executable, "-c", PARENT]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(word) for word in parent.stdout.readline().split()]
    try:
        assert len(workers) == 2
        assert all(map(_alive, workers))
        parent.terminate()
        parent.wait()
        give_up = time.monotonic() + 120
        while any(map(_alive, workers)) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert not any(map(_alive, workers))
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        for worker in workers:
            if _alive(worker):
                os.kill(worker, signal.SIGKILL)


def _alive(process: int) -> bool:
    """Tell whether a process runs; one that has ended and waits to be collected does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


FITTED = """
from frames import Forest

def test_forest():
    X = [[1], [2]]
    y = [0, 1]
    T = [[3]]
    clf = Forest(jobs=2)
    clf.fit(X, y)
    pred = clf.predict(T)
    assert_array_equal(pred, [1])
"""


def test_an_estimator_is_followed_to_where_it_is_used_after_it_was_fitted() -> None:
    recipe = recipes("frames.Forest", "frames.Trees", {})[0]
    examples = from_tests(FITTED, "here", "frames.tests.test_x", Wanted(["Forest"]))
    found = [one.code for e in examples for one in snippets(e, Target(recipe.hit, "Forest"))]
    assert found == [
        "from frames import Forest\n\nX = [[1], [2]]\ny = [0, 1]\nT = [[3]]\n"
        "clf = Forest(jobs=2)\nclf.fit(X, y)\npred = clf.predict(T)\nprint(pred)\n"
    ]


def test_usage_in_another_library_is_kept_when_it_needs_nothing_more() -> None:
    source = """
import numpy as np
import os
from other import helper

def test_alone():
    assert np.in1d([1, 2], [2])[1]

def test_with_the_other():
    assert np.in1d(helper([1, 2]), [2])[1]
"""
    wanted = Wanted(["in1d"])
    foreign = list(from_tests(source, "other-1.0:other/test_x.py", "other.test_x", wanted))
    own = list(from_tests(source, "numpy-1.0:numpy/test_x.py", "numpy.test_x", wanted))
    library = load_library("numpy")
    assert len(Usage(foreign, library).bases(RECIPE)) == 1
    assert len(Usage(own, library).bases(RECIPE)) == 2


def test_an_object_that_is_only_used_by_another_path_is_written_by_the_one_that_is_told() -> None:
    source = """
from frames.tools import mark

def test_marked():
    @mark
    def f(x):
        return x
    assert f(1) == 1
"""
    told, _ = recipes("frames.mark", "frames.tag", {})
    known = replace(told, elsewhere=frozenset({"frames.tools.mark"}))
    elsewhere = list(from_tests(source, "frames-1:test_x.py", "test_x", Wanted(["mark"])))
    assert not Usage(elsewhere).bases(told)
    [base] = Usage(elsewhere).bases(known)
    assert base.snippet.code == (
        "from frames import mark\n\n@mark\ndef f(x):\n    return x\nprint(f(1))\n"
    )
    assert base.recipe.side == "both"  # nobody wrote it so
    public = source.replace("frames.tools", "frames").replace("(1)", "(2)")
    usual = list(from_tests(public, "frames-1:test_y.py", "test_y", Wanted(["mark"])))
    [base] = Usage([*elsewhere, *usual]).bases(known)
    assert "print(f(2))" in base.snippet.code
    assert base.recipe.side == "old"


def test_what_only_a_private_package_has_is_in_no_program() -> None:
    source = """
from _frames import version
from _frames.parts import Part
from frames._parts import part
import numpy as np

def test_parts():
    assert np.in1d(Part([1]), [2])[0]
    assert np.in1d(version, [2])[0]
    assert np.in1d(part, [2])[0]
"""
    found = programs(list(from_tests(source, "here", "test_x", ANY)))
    assert found == [
        "import numpy as np\nfrom frames import part\n\nprint(np.in1d(part, [2])[0])\n"
    ]


PAGE = """# Models

You can dump one:

```py {test="skip"}
from dataclasses import dataclass

from frames import Model

@dataclass
class Size:
    x: int

m = Model(Size(3))
print(m.dump())
#> {'x': 3}
```

```py
from frames import Model

assert Model(4).dump() == 4
```
"""


def test_each_fenced_block_of_a_markdown_page_is_a_program() -> None:
    recipe = recipes("frames.Model", "frames.Base", {})[0]
    examples = list(from_page(PAGE, "x-1:docs/models.md", Wanted(["Model"])))
    assert [example.title for example in examples] == ["Models", "Models"]
    found = [s.code for e in examples for s in snippets(e, Target(recipe.hit, "Model"))]
    assert found == [
        "from dataclasses import dataclass\nfrom frames import Model\n\n"
        "@dataclass\nclass Size:\n    x: int\nm = Model(Size(3))\nprint(m.dump())\n",
        "from frames import Model\n\nprint(Model(4).dump())\n",
    ]


def test_a_name_in_an_f_string_is_written_as_it_stands_or_not_at_all() -> None:
    text = """
def in1d(a, b):
    \"\"\"
    Examples
    --------
    >>> {imported}
    >>> label = f"of {{len(str({name}.pi))}} signs"
    >>> np.in1d([1], [2]), label
    (array([False]), 'of 17 signs')
    \"\"\"
"""
    kept = programs(
        list(from_docstrings(text.format(imported="import math", name="math"), "x", ANY))
    )
    assert len(kept) == 1 and 'f"of {len(str(math.pi))} signs"' in kept[0]
    other = text.format(imported="import numpy", name="numpy")
    assert programs(list(from_docstrings(other, "x", ANY))) == []


def test_what_a_fixture_makes_of_a_parameter_is_not_the_parameter() -> None:
    test = """
import pytest
import numpy as np

@pytest.mark.parametrize("table", (1, 2){})
def test_shape(table):
    if np.in1d(table, [1]).sum() > 0:
        width = 2
    assert np.in1d(table.real, [1, 2]).all()
"""
    direct = list(from_tests(test.format(""), "x", "tests.test_x", ANY))
    assert any("parametrize" not in code and "in1d(" in code for code in programs(direct))
    indirect = list(from_tests(test.format(", indirect=True"), "x", "tests.test_x", ANY))
    assert programs(indirect) == []


INSIDE = """
from frames import Model, field

def test_size(runner):
    class Size(Model):
        x = field(int)
    assert runner.read(Size, "3").x == 3

def test_nothing_shows_it():
    class Size(Model):
        x = field(int)
"""
SHARED = """
import pytest
from frames import Runner

@pytest.fixture
def runner(request):
    yield Runner()
"""


def test_usage_inside_a_definition_is_shown_by_a_later_line() -> None:
    recipe = recipes("frames.field", "frames.column", {})[0]
    wanted = Wanted(["field"])
    examples = list(from_tests(INSIDE, "x", "tests.test_x", wanted, [SHARED]))
    found = [s for e in examples for s in snippets(e, Target(recipe.hit, "field"))]
    assert [snippet.inside for snippet in found] == [True]
    assert found[0].code == (
        "from frames import Model, Runner, field\n\nrunner = Runner()\n"
        "class Size(Model):\n    x = field(int)\nprint(runner.read(Size, '3').x)\n"
    )


def test_a_definition_is_followed_through_what_it_is_given_to() -> None:
    recipe = recipes("frames.field", "frames.column", {})[0]
    source = """
from frames import Table, field

def test_filter():
    table = Table([1, 2])
    @field
    def small(row):
        return row < 2
    table.filters["small"] = small
    kept = table.where("small")
    assert kept.rows() == [1]
"""
    examples = list(from_tests(source, "x", "tests.test_x", Wanted(["field"])))
    found = [s.code for e in examples for s in snippets(e, Target(recipe.hit, "field"))]
    assert len(found) == 1
    assert "filters['small'] = small" in found[0] or 'filters["small"] = small' in found[0]
    assert found[0].endswith("print(kept.rows())\n")


def test_a_fixture_of_another_file_that_is_given_something_is_left_out() -> None:
    recipe = recipes("frames.field", "frames.column", {})[0]
    shared = SHARED.replace("Runner()", "Runner(request)")
    examples = list(from_tests(INSIDE, "x", "tests.test_x", Wanted(["field"]), [shared]))
    assert [s for e in examples for s in snippets(e, Target(recipe.hit, "field"))] == []


def test_blocks_of_a_page_know_what_the_page_imports() -> None:
    page = (
        "# Use\n\n```python\nimport frames as fr\n```\n\n"
        "```pycon\n>>> fr.Model(3)\nModel(3)\n```\n\n```text\n>>> fr.Model(4)\n```\n\n"
        "```\n>>> fr.Model(5)\nModel(5)\n```\n"
    )
    recipe = recipes("frames.Model", "frames.Base", {})[0]
    examples = list(from_page(page, "x-1:docs/use.md", Wanted(["Model"])))
    found = [s.code for e in examples for s in snippets(e, Target(recipe.hit, "Model"))]
    assert found == [f"import frames as fr\n\nprint(fr.Model({number}))\n" for number in (3, 5)]


def test_derived_definitions_tell_how_programs_import_a_library() -> None:
    know_derived("frames", {"name": "frames", "matrix": ["1.0"], "aliases": {"fr": "frames.core"}})
    try:
        found = read_conventions()
        assert found.usual["fr"].path == "frames.core" and found.usual["frames"].path == "frames"
        assert found.aliases["frames.core"] == "fr"
    finally:
        known.forget()


def test_programs_are_read_from_what_is_installed(tmp_path: Path) -> None:
    library = Library(name="frames", matrix=["1.0"])
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "__init__.py").write_text(DOCSTRING)
    (tmp_path / "other.py").write_text(DOCSTRING)
    found = harvest(library, [("1.0", tmp_path)], ["in1d"])
    assert [example.location for example in found] == ["frames-1.0:frames/__init__.py::in1d"]


def test_blocks_without_prompts_are_read_in_docstrings_and_beside_prompts_in_pages() -> None:
    text = """Test whether there.

    For example::

        one = np.in1d([1], [1])
        assert one[0]

    .. code-block:: python

        np.in1d([2], [2])

    No code::

        in1d is a name, this is prose

    .. note::
        np.in1d([3], [3])
"""
    expected = [
        "import numpy as np\n\none = np.in1d([1], [1])\nprint(one[0])\n",
        "import numpy as np\n\nprint(np.in1d([2], [2]))\n",
    ]
    docstring = f'def in1d(a, b):\n    """{text}    """\n'
    [example] = from_docstrings(docstring, "here", ANY)
    assert (example.place, example.title, example.summary) == (
        "docstring", "in1d", "Test whether there.",
    )  # fmt: skip
    assert programs([example]) == expected
    page = f"{text}\n    >>> np.in1d([4], [4])\n    array([True])\n"
    found = list(from_page(page, "doc/sets.rst", ANY))
    assert programs(found) == ["import numpy as np\n\nprint(np.in1d([4], [4]))\n", *expected]


def test_scripts_keep_decorators_classes_and_what_runs_as_the_program() -> None:
    source = """
import numpy as np
from functools import cache

@cache
def both(value):
    return value

class Box:
    held = 1

if __name__ == "__main__":
    if_held = np.in1d(
        [Box.held, both(1)], [1]
    )
    print(if_held)
"""
    found = programs(list(from_script(source, "examples/x.py", ANY)))
    assert found == [
        "import numpy as np\nfrom functools import cache\n\n"
        "@cache\ndef both(value):\n    return value\nclass Box:\n    held = 1\n"
        "if_held = np.in1d([Box.held, both(1)], [1])\nprint(if_held)\n"
    ]


def test_what_a_with_enters_has_its_name() -> None:
    source = """
import numpy as np
from frames import Store

def test_store():
    with Store("w") as store:
        store["a"] = [1]
        assert np.in1d(store["a"], [1])[0]
"""
    assert programs(list(from_tests(source, "here", "test_x", ANY))) == [
        "import numpy as np\nfrom frames import Store\n\n"
        "store = Store('w')\nstore[\"a\"] = [1]\nprint(np.in1d(store['a'], [1])[0])\n"
    ]


RUNNERS = """
from frames import Runner, Table

def test_output():
    runner = Runner(width=3)
    result = runner.run("abc")
    assert not result.failed
    assert result.code == 0
    assert result.output == "ABC"
    assert result.lines == ["ABC"]

def test_itself():
    table = Table(width=3)
    assert table.columns == 3
    other = table.joined()
    assert other.columns == 6

def test_bound_again():
    runner = Runner(width=3)
    runner = None
    assert runner is None

def test_nothing():
    runner = Runner(width=3)
    result = runner.run("")
    assert result.output == ""

def test_changed():
    runner = Runner(width=3)
    first = runner.run("abc")
    assert first.output == "ABC"
    runner.close()
    assert first.closed == "yes"
"""


def test_an_object_is_shown_by_what_came_of_it() -> None:
    wanted = Wanted(["Runner", "Table"])
    found = {
        example.title: [
            [line for line in snippet.code.split("\n") if line.startswith("print(")]
            for leaf in ("Runner", "Table")
            for snippet in snippets(example, target(f"frames.{leaf}"))
        ]
        for example in from_tests(RUNNERS, "frames-1:test_frames.py", "test_frames", wanted)
    }
    assert found["test_output"] == [
        ["print(result.output)", "print(result.lines)"],
        ["print(runner)"],
    ]
    assert found["test_itself"] == [["print(table.columns)"]]
    assert found["test_bound_again"] == [["print(runner)"]]
    assert found["test_nothing"] == [["print(runner)"]]
    assert found["test_changed"] == [["print(first.output)"], ["print(runner)"]]


@pytest.mark.parametrize(
    ("code", "outside"),
    [
        ("f = open('a')", True),
        ("eval('1')", True),
        ("input()", True),
        ("print(__file__)", True),
        ("compile('1', 'a', 'eval')", True),
        ("import time\nprint(time.time())", True),
        ("from frames import Image\nImage.open('a.png')", True),
        ("import re\nre.compile('a').match('a')", False),
        ("from frames import Request\nrequest = Request({})\nprint(request)", False),
        ("from frames import Image\nImage.open(Image.stream())", False),
        ("from frames import open\nopen(3)", False),
        ("from frames import Cli\nCli().invoke(input='a')", False),
    ],
)
def test_only_what_reaches_files_people_or_the_clock_is_outside(code: str, outside: bool) -> None:
    assert reaches_outside(code) == outside


DEMONSTRATION = """
from .other import colour
from itertools import chain

WIDTH = 3
_PRIVATE = 4

def wide(x, width=WIDTH):
    return x * width

if __name__ == "__main__":
    from frames.tables import Table

    # Rows are repeated.
    table = Table(chain([1], [2]))
    print(wide(table, width=WIDTH), colour)
"""


def test_what_a_module_shows_where_it_is_run_is_usage_of_its_names() -> None:
    where = "frames-1:src/frames/shapes.py", "frames.shapes"
    [example] = from_demonstration(DEMONSTRATION, *where, Wanted(["wide"]))
    [snippet] = snippets(example, target("frames.shapes.wide"))
    assert snippet.code == (
        "from frames.other import colour\nfrom frames.shapes import WIDTH, wide\n"
        "from frames.tables import Table\nfrom itertools import chain\n\n"
        "table = Table(chain([1], [2]))\nprint(wide(table, width=WIDTH), colour)\n"
    )
    assert not list(from_demonstration(DEMONSTRATION, *where, Wanted(["chained"])))
    assert not list(from_demonstration("def wide(x): ...", *where, Wanted(["wide"])))


def test_programs_of_releases_near_the_change_come_first() -> None:
    library = Library(name="frames", matrix=["1.0", "2.0", "3.0"])
    test = "from frames import isin\n\ndef test_it():\n    assert isin({}) == 3\n"
    examples = [
        example
        for version in ("1.0", "2.0", "3.0")
        for example in from_tests(
            test.format(version), f"frames-{version}:t.py", "t", Wanted(["isin"])
        )
    ]
    usage = Usage(examples, library)

    def order(version: str) -> list[str]:
        bases = usage.bases(recipes("frames.in1d", "frames.isin", {})[1], version)
        return [base.snippet.location.partition(":")[0] for base in bases]

    assert order("1.0") == ["frames-1.0", "frames-2.0", "frames-3.0"]
    assert order("3.0") == ["frames-3.0", "frames-2.0", "frames-1.0"]
    assert order("2.5")[0] == "frames-3.0"


REGISTERED = """
from frames import App, Option, group
import frames

def test_registered():
    app = App()

    @app.command()
    def main(name=Option("a")):
        return name

    @app.command("other")
    def other():
        return 1

    result = app.run(["main"])
    assert result == "a"

def test_of_a_module():
    app = App()

    @frames.command()
    def main(name=Option("b")):
        return name

    assert app.run([]) is None
"""


def test_what_a_decorator_registers_is_used_with_what_it_is_registered_at() -> None:
    found = {
        example.title: [s.code for s in snippets(example, target("frames.Option"))]
        for example in from_tests(REGISTERED, "frames-1:t.py", "t", Wanted(["Option"]))
    }
    [code] = found["test_registered"]
    assert "@app.command()\ndef main(name=Option('a')):" in code.replace('"', "'")
    assert code.endswith('result = app.run(["main"])\nprint(result)\n')
    assert not found["test_of_a_module"]
