"""One reading of answers: what counts as the program, in whatever format it comes."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from recode_data.answers import block_of, blocks_of, fenced, program_of
from recode_data.prompts import answer
from recode_data.rewards import em_star, es_star, migration

RIGHT = "import lib\nprint(lib.new(1))"
WRONG = "import lib\nprint(lib.old(1))"
R, W = fenced(RIGHT), fenced(WRONG)

FOUND = {
    "the paper's format": f"<think>\nso\n</think>\n<answer>\n{R}\n</answer>",
    "no line breaks around": f"<think>so</think><answer>{R}</answer>",
    "upper case": f"<THINK>{W}</THINK><Answer>{R}</ANSWER>",
    "attributes": f'<think time="5">{W}</think><answer id="1">{R}</answer>',
    "the prompt began to think": f"old was\n{W}\n</think>\n<answer>\n{R}\n</answer>",
    "no thought": f"<answer>{R}</answer>",
    "no tags": f"Here it is:\n\n{R}\n\nIt prints 1.",
    "old code quoted while thinking": f"<think>{W}</think>{R}",
    "an unclosed fence while thinking": f"<think>```python\n{WRONG}</think><answer>{R}</answer>",
    "an open fence before the end of thought": f"```python\nx\n</think>\n<answer>\n{R}\n</answer>",
    "an answer in a thought": f"<think><answer>{W}</answer></think><answer>{R}</answer>",
    "nested thoughts": f"<think>a<think>{W}</think>{W}</think>{R}",
    "two thoughts": f"<think>{W}</think>so<think>{W}</think>{R}",
    "a thought in the answer": f"<answer><think>{W}</think>{R}</answer>",
    "a thought after the answer": f"<answer>{R}</answer><think>{W}",
    "a stray end of thought": f"<think>a</think>{W}</think>{R}",
    "an empty thought": f"<think/>{R}",
    "no end of the answer": f"<think>a</think><answer>{R}",
    "two answers": f"<answer>{W}</answer><answer>{R}</answer>",
    "blocks outside of the answer": f"{W}<answer>{R}</answer>{W}",
    "wrong first": f"{W}\nNo:\n{R}",
    "output after the program": f"{R}\nprints\n```\n1\n```",
    "a shell before it": f"```bash\npip install lib\n```\n{R}",
    "py": f"```py\n{RIGHT}\n```",
    "python3": f"```python3\n{RIGHT}\n```",
    "Python": f"```Python\n{RIGHT}\n```",
    "info string": f'``` python title="a.py"\n{RIGHT}\n```',
    "attributes of a fence": f"```{{.python .numberLines}}\n{RIGHT}\n```",
    "tildes": f"~~~\n{RIGHT}\n~~~",
    "labelled tildes": f"~~~python\n{RIGHT}\n~~~",
    "bare": f"```\n{RIGHT}\n```",
    "another label": f"```text\n{RIGHT}\n```",
    "longer fences": f"`````python\n{RIGHT}\n```````",
    "spaces after": f"```python  \n{RIGHT}\n```  ",
    "indented": "- so\n" + "\n".join("    " + line for line in R.split("\n")),
    "indented by tabs": "\n".join("\t" + line for line in R.split("\n")),
    "indented in a flush block": "```python\n  " + RIGHT.replace("\n", "\n  ") + "\n```",
    "indented less than its fence": f"  ```python\n{RIGHT}\n  ```",
    "after prose": f"Here: ```python\n{RIGHT}\n```",
    "CRLF": R.replace("\n", "\r\n"),
    "CR": R.replace("\n", "\r"),
    "no end of the block": f"```python\n{RIGHT}",
    "no end of the block in an answer": f"<answer>\n```python\n{RIGHT}\n</answer>",
    "an end of the block before its tag": f"<answer>{R}</answer>\nOr:\n{W}",
    "no fence": RIGHT,
    "no fence in an answer": f"<think>{W}</think><answer>\n{RIGHT}\n</answer>",
}  # fmt: skip


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_the_program_is_found(text: str) -> None:
    assert program_of(text) == RIGHT
    assert program_of([{"role": "assistant", "content": text}]) == RIGHT
    assert es_star([text], [RIGHT]) == em_star([text], [RIGHT]) == [2.0]
    assert migration([text], [RIGHT], [WRONG]) == [1.0]


NOT_FOUND = {
    "only while thinking": f"<think>{R}</think>",
    "only while thinking, without an end": f"<think>{R}",
    "only while the prompt's thought lasts": f"{R}</think>",
    "in upper case": f"<THINK>{R}</Think> done",
    "an inner thought ends": f"<think><think></think>{R}</think>",
    "an inner thought ends, the outer does not": f"<think><think></think>{R}",
    "two thoughts": f"<think>a</think><think>{R}</think>",
    "an answer in a thought": f"<think><answer>{R}</answer></think>",
    "an empty answer": f"{R}<answer></answer>{R}",
    "a second, empty answer": f"<answer>{R}</answer><answer></answer>",
    "a thought in an answer": f"<answer><think>{R}</think></answer>",
    "a thought with attributes": f'<think reason="a">{R}</think>',
    "prose": "I do not know.",
    "a line of code in prose": f"`{WRONG}` is what I would write.",
    "prose that parses": "it is old",
    "nothing": "",
}


@pytest.mark.parametrize("text", NOT_FOUND.values(), ids=NOT_FOUND)
def test_a_thought_is_no_answer(text: str) -> None:
    assert program_of(text) is None
    assert es_star([text], [RIGHT]) == [-2.0]
    assert migration([text], [RIGHT], [WRONG]) == [-1.0]


TAKEN_WRONG = {
    "right in the thought": f"<think>{R}</think><answer>{W}</answer>",
    "right first": f"{R}\n{W}",
    "right before the answer": f"{R}<answer>{W}</answer>",
    "right after the answer": f"<answer>{W}</answer>{R}",
    "right without a label": f"{W}\n```\n{RIGHT}\n```",
    "right under another label": f"{W}\n```json\n{RIGHT}\n```",
    "right in the first answer": f"<answer>{R}</answer><answer>{W}</answer>",
    "right in an open thought at the end": f"<answer>{W}</answer><think>{R}",
}


@pytest.mark.parametrize("text", TAKEN_WRONG.values(), ids=TAKEN_WRONG)
def test_another_block_is_no_answer(text: str) -> None:
    assert program_of(text) == WRONG


def test_messages_are_read_by_their_spoken_parts() -> None:
    parts = [
        {"type": "thinking", "thinking": W},
        {"type": "reasoning", "text": W},
        {"type": "text", "text": "```python\n"},
        {"type": "text", "text": f"{RIGHT}\n```"},
    ]
    chat = [{"role": "user", "content": W}, {"role": "assistant", "content": parts}]
    assert program_of(chat) == RIGHT
    assert program_of([{"role": "assistant", "content": None, "reasoning_content": R}]) is None
    assert program_of([]) is None


def test_tags_in_a_program_are_text() -> None:
    code = "print('</answer>')\nprint('<think>')\nprint('''\n<answer>\n</think>''')"
    assert program_of(f"<think>{W}</think>\n<answer>\n{fenced(code)}\n</answer>") == code


def test_a_fence_in_a_docstring_ends_nothing() -> None:
    code = 'def f():\n    """\n    ```\n    a\n    ```\n    """'
    assert program_of(f"```python\n{code}\n```") == code
    assert program_of(fenced("'''\n```\n'''")) == "'''\n```\n'''"


def test_the_rest_of_a_function_keeps_its_indentation() -> None:
    assert block_of("```python\n    return x\n```") == "    return x"
    assert program_of("```python\n    return x\n```") == "return x"


def test_odd_programs_are_programs_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings are errors here: a parser that warns would take these for no program."""
    for odd in ("x = 1if y else 2", "print('\\d')"):
        assert program_of(odd) == odd
    assert capsys.readouterr().err == ""


LINES = st.lists(
    st.sampled_from(
        ["x = 1", "    y = '<think>'", "z = '</answer>'", '"""', "  ```", "````", "~~~", "",
         "# ```python", "</think>", "<answer>", "```python"]
    ),
    min_size=1,
    max_size=12,
).filter(lambda lines: bool(lines[0].strip()) and lines[0][0] != ' ')  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(LINES, st.sampled_from(["", "so", W, "```python\nx = 2", "<think>", "<think>{}</think>"]))
def test_whatever_a_program_holds_it_comes_back(lines: list[str], thought: str) -> None:
    code = "\n".join(lines)
    thought = "a" if thought == "<think>" else thought.format("a")
    assert program_of(f"<think>{thought}</think><answer>\n{fenced(code)}\n</answer>") == code
    assert block_of(answer(code)) == code.strip()


PIECES = st.sampled_from(
    ["<think>", "</think>", "<answer>", "</answer>", "<THINK>", "</Think>", "```python\n", "```\n",
     "\n```\n", "~~~\n", "\n~~~", "x = 1\n", "so ", "\n", "    ", "\r\n", "````", "<think/>", "<"]
)  # fmt: skip
SECRET = "secret = 'of a thought'"


@settings(max_examples=1000, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
@example("<answer>```python\n<think>")
def test_no_thought_ever_counts(around: str) -> None:
    """A thought that follows any text, and is not closed in it, or ends all that came."""
    for text in (f"<think>{fenced(SECRET)}{around}".replace("</", "<"), f"{SECRET}</think>"):
        assert program_of(text) is None or SECRET not in (program_of(text) or "")
    found = program_of(f"{around}{fenced(SECRET)}\n</think></think>{'</think>' * 30}\n{R}")
    assert found == RIGHT or "</think>" in (found or "</think>")


@settings(max_examples=1000, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_is_read(text: str) -> None:
    found = block_of(text)
    assert found is None or isinstance(found, str)
    assert "\r" not in (found or "")


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["```", "```python", "````", "~~~", "~~~ py", "x", "", "``", "   ```", "~~~~  "]
        ),
        max_size=14,
    )
)
def test_blocks_are_those_of_commonmark(lines: list[str]) -> None:
    text = "\n".join(lines)
    tokens = MarkdownIt("zero").enable("fence").parse(text)
    wanted = [(t.info.strip(), t.content.rstrip()) for t in tokens if t.type == "fence"]
    assert [(block.info, block.code.rstrip()) for block in blocks_of(text)] == wanted


HOSTILE = ["<answer>\n```x\n", "<think>", "```\n", "<answer>", "<", "~~~a", "<answer>```x",
           "</think>", "<answer>```x\n```\n</answer>", "```python\nx = 1\n```\n<answer>",
           ]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_hostile_text_is_read_fast(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    started = time.perf_counter()
    block_of(text)
    assert time.perf_counter() - started < 5


def test_the_answer_that_is_taught_is_the_answer_that_is_read() -> None:
    for code in (RIGHT, "s = '''\n```\n'''", "x = '</answer>'"):
        assert program_of(answer(code)) == code
        assert ast.parse(program_of(answer(code, "answer")) or "(")
