"""What passes a check, and what only pretends to."""

from __future__ import annotations

import pytest

from recode_data.evaluate.harness import Check, Outcome, job_of, outcome_of, split_tests
from recode_data.evaluate.pytest_program import pytest_test
from recode_data.execute import Executor
from recode_data.records import Environment

pytestmark = pytest.mark.index

PLAIN = Environment("numpy", "1.26.4", "3.11", ("pytest==8.2.2",))
TESTS = split_tests(
    """
def test_small():
    assert double(2) == 4


def test_large():
    import numpy as np

    np.testing.assert_array_equal(double(np.array([1, 50])), [2, 100])
"""
)
RIGHT = "def double(x):\n    return x + x"
WRONG = "def double(x):\n    return x"


@pytest.fixture(scope="module")
def executor() -> Executor:
    with Executor(jobs=2) as made:
        yield made


def outcome(executor: Executor, completion: str, **parts: object) -> Outcome:
    check = Check(completion, parts.pop("tests", TESTS), PLAIN, **parts)  # type: ignore[arg-type]
    job, word = job_of(check)
    return outcome_of(executor.run_one(job), word)


def test_a_right_answer_passes(executor: Executor) -> None:
    found = outcome(executor, RIGHT)
    assert (found.status, found.tests, found.failures) == ("passed", 2, 0)


def test_a_wrong_answer_fails_with_the_reason(executor: Executor) -> None:
    found = outcome(executor, WRONG)
    assert (found.status, found.tests, found.failures) == ("failed", 2, 2)
    assert found.reason.startswith("test_small: AssertionError")


NO_EQUAL = "import numpy\nnumpy.testing.assert_array_equal = lambda *a: None\n"
VERDICT = """raise __main__.Verdict('["x", 2, "", [], 0]')"""
FRAMES = """import sys
frame = sys._getframe()
while frame:
    for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
        if getattr(value, '__name__', '') == 'double':
            double = value
    frame = frame.f_back
"""
PARENT = """import os
text = ''
for pid in (os.getppid(), 1):
    for name in ('environ', 'cmdline', 'mem'):
        text += open(f'/proc/{pid}/{name}').read()
exec(text)
"""
CHEATS = {
    "leaves with 0": "import os\nos._exit(0)",
    "leaves politely with 0": "import sys\nsys.exit(0)",
    "leaves inside the function": "import os\ndef double(x):\n    os._exit(0)",
    "raises SystemExit inside": "def double(x):\n    raise SystemExit(0)",
    "leaves once it is over": f"import atexit, os\natexit.register(os._exit, 0)\n{WRONG}",
    "patches the exception of assert": f"import builtins\nbuiltins.AssertionError = int\n{WRONG}",
    "patches NumPy's comparison": f"{NO_EQUAL}def double(x):\n    return 4",
    "patches it when called": "def double(x):\n    "
    + NO_EQUAL.replace("\n", "\n    ")
    + "return 4",
    "patches a builtin": f"import builtins\nbuiltins.callable = lambda x: True\n{RIGHT}",
    "writes the tests itself": f"def test_small(): pass\ndef test_large(): pass\n{WRONG}",
    "prints a pass": f"print('passed', '2 passed', 'OK')\n{WRONG}",
    "prints a pass and leaves": "import os\nprint('2 passed', flush=True)\nos._exit(0)",
    "raises a verdict": f"import __main__\n{VERDICT}",
    "raises a verdict when called": f"import __main__\ndef double(x):\n    {VERDICT}",
    "looks for a solution in the frames": FRAMES,
    "reads the parent": PARENT,
    "is no Python": "def double(x:",
    "is nothing": "",
    "ends itself by signal": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "traces what comes after": f"import sys\nsys.setprofile(lambda *a: None)\n{WRONG}",
    "leaves in a thread": "import os, threading\nthreading.Timer(0, os._exit, [0]).start()\n"
    + WRONG,
}


FORGE = """
import json
def forge(frame):
    while frame is not None and frame.f_code.co_name != 'check':
        frame = frame.f_back
    word, kind = frame.f_locals['word'], frame.f_globals['Verdict']
    def trace(frame, event, argument):
        raise kind(json.dumps([word, 2, '', [], 0]))
    while frame is not None:
        frame.f_trace = trace
        frame = frame.f_back
    import sys
    sys.settrace(trace)
"""
WAYS = {
    "frames": "import sys\nforge(sys._getframe())",
    "inspect": "import inspect\nforge(inspect.currentframe())",
    "logging": "import logging\nforge(logging.currentframe())",
    "a traceback": "try:\n    1 / 0\nexcept Exception as e:\n    forge(e.__traceback__.tb_frame)",
    "a generator": "def g():\n    yield forge(me.gi_frame)\nme = g()\nnext(me)",
    "all threads": "import sys\nforge(list(sys._current_frames().values())[0])",
    "the collector": "import gc, types\nfor o in gc.get_objects():\n"
    "    if isinstance(o, types.FrameType): forge(o)",
    "a getattr": "import sys\nforge(getattr(sys, '_get' + 'frame')())",
    "when called": "def double(x):\n    import sys\n    forge(sys._getframe())\n    return x",
    "its source": "import linecache, re\n"
    "assert re.search('word', ''.join(linecache.getlines('/tmp/main.py')))",
    "its memory": "open('/proc/self/mem', 'rb')",
    "code of another name": "exec(compile('import sys; forge(sys._getframe())', 'x', 'exec'))",
    "code with a library's name": "import os\n"
    "exec(compile('import sys; forge(sys._getframe())', os.__file__, 'exec'))",
    "code that is renamed": "import os\ndef f():\n    import sys\n    forge(sys._getframe())\n"
    "f.__code__ = f.__code__.replace(co_filename=os.__file__)\nf()",
}
CHEATS |= {f"forges a verdict through {way}": FORGE + code for way, code in WAYS.items()}


@pytest.mark.parametrize("completion", CHEATS.values(), ids=CHEATS)
def test_a_cheat_does_not_pass(executor: Executor, completion: str) -> None:
    found = outcome(executor, completion)
    assert found.status == "failed", found
    assert found.reason


def test_a_check_without_tests_does_not_pass(executor: Executor) -> None:
    assert not outcome(executor, RIGHT, tests=()).passed


def test_an_endless_answer_times_out(executor: Executor) -> None:
    found = outcome(executor, "while True: pass", timeout=1.0)
    assert found.status == "timeout"


def test_wanting_more_memory_than_there_is_is_no_wrong_answer_and_no_pass(
    executor: Executor,
) -> None:
    greedy = "def double(x):\n    return x + x if isinstance(x, int) else bytearray(1 << 40)"
    assert outcome(executor, greedy).status == "memory"
    both = "def double(x):\n    return bytearray(1 << 40) if isinstance(x, int) else x"
    assert outcome(executor, both).status == "failed"


def test_libraries_may_look_at_frames(executor: Executor) -> None:
    code = (
        "import collections, enum, logging, typing, warnings\nimport numpy as np\n"
        "Pair = collections.namedtuple('Pair', 'a b')\nKind = enum.Enum('Kind', 'A B')\n"
        "T = typing.TypeVar('T')\nlogging.warning('so')\nwarnings.warn('so')\n"
        "np.array([1.0]) / 0\nexec('y = 1', {})\n"
    )
    assert outcome(executor, code + RIGHT).passed


def test_the_set_up_comes_first_and_is_no_tampering(executor: Executor) -> None:
    setup = "import math\nmath.twice = lambda x: x * 2"
    assert outcome(executor, "import math\ndouble = math.twice", setup=setup).passed
    assert not outcome(executor, "import math\ndouble = math.twice").passed


PYTEST_FILE = """
import unittest
import pytest
from sample_1 import double


@pytest.fixture
def given():
    return 3


def test_fixture(given):
    assert double(given) == 6


class TestIt(unittest.TestCase):
    def test_it(self):
        self.assertEqual(double(0), 0)
"""


def test_a_file_of_pytest_is_one_test(executor: Executor) -> None:
    tests = (("hidden", pytest_test(PYTEST_FILE, "sample_1", "test_sample_1.py")),)
    assert outcome(executor, RIGHT, tests=tests).passed
    wrong = outcome(executor, WRONG, tests=tests)
    assert wrong.reason == "hidden: AssertionError: test_fixture"
    for cheat in (
        "import pytest\npytest.main = lambda *a, **k: 0\n" + WRONG,
        "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n" + WRONG,
        "import _pytest.runner\n_pytest.runner.call_and_report = lambda *a, **k: None\n" + WRONG,
        "import os\ndef double(x):\n    os._exit(0)",
        "import pytest\ndef double(x):\n    pytest.skip('no')",
        "import pytest\ndef double(x):\n    pytest.exit('no', 0)",
    ):
        assert not outcome(executor, cheat, tests=tests).passed, cheat


def test_a_file_of_bare_assertions_goes_on_where_the_answer_ends(executor: Executor) -> None:
    text = "import os\nimport sample_1\nhere = os.path.dirname(__file__)\nassert double(2) == 4"
    tests = (("visible", pytest_test(text, "sample_1", "test_sample_1.py")),)
    assert outcome(executor, RIGHT, tests=tests).passed
    assert outcome(executor, WRONG, tests=tests).status == "failed"
    assert not outcome(executor, WRONG + "\nraise SystemExit(0)", tests=tests).passed
