"""What an entry says of an update, and whether an update that was seen is the one."""

from __future__ import annotations

import ast

import pytest
from made import row

from recode_data.judge.alignment import module_names
from recode_data.judge.claim import Claim, identifiers, unusual


def names(text: str) -> frozenset[str]:
    return Claim(text).code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`np.in1d` is deprecated. Use `np.isin`.", {"in1d", "isin"}),
        ("``squared`` of mean_squared_error()", {"squared", "mean_squared_error"}),
        ("pass sep=r'x' to read_csv", {"sep"}),
        ("scipy.integrate.simps is gone", {"simps"}),
        ("`@validator` is now `@field_validator`", {"validator", "field_validator"}),
        ("`Engine.execute()` was removed", {"execute"}),
        ("the alias 'M' became 'ME'", {"M", "ME"}),
        ("`from toy import old`", {"toy", "old"}),
        ("So:\n\n```python\ntoy.new(1)  # the way\n```\n\nand `toy.other` too.", {"new", "other"}),
        ("nothing is marked here", set()),
    ],
)
def test_names_that_a_text_marks_as_code(text: str, expected: set[str]) -> None:
    assert expected <= names(text)
    assert not names(text) & {"is", "was", "the", "nothing", "import", "True", "way", "and", "too"}


@pytest.mark.parametrize(
    ("word", "is_unusual"),
    [("in1d", True), ("row_stack", True), ("DataFrame", True), ("mean", False), ("Use", False)],
)
def test_word_that_cannot_be_english(word: str, is_unusual: bool) -> None:
    assert unusual(word) is is_unusual


def test_plain_word_names_an_api_only_if_it_is_no_english() -> None:
    claim = Claim("The trapz function is deprecated, use trapezoid with the same values.")
    assert claim.names("trapz") and claim.names("trapezoid")
    assert not claim.names("function") and not claim.names("values") and not claim.names("use")
    assert not claim.names("simps")


@pytest.mark.parametrize(
    ("text", "changed", "around", "about"),
    [
        ("`toy.old` is deprecated, use `toy.new`.", {"old", "new"}, set(), True),
        ("`toy.shape_of` was removed.", {"old", "new"}, set(), False),
        ("`toy.in1d` is deprecated. Use `toy.isin`.", {"NaN", "nan"}, {"print"}, False),
        ("`in1d` and `isin` have `kind`. See `toy.setops`.", {"kind"}, {"in1d"}, True),
        ("`cross` of vectors with two parts is deprecated.", {"stack"}, {"cross"}, True),
        ("read_csv changed its default.", {"header"}, {"read_csv"}, True),
        ("Values are converted now.", {"old", "new"}, {"print"}, True),  # it names nothing
        ("", {"old", "new"}, set(), True),
    ],
)
def test_text_speaks_of_the_names_at_the_changed_places(
    text: str, changed: set[str], around: set[str], about: bool
) -> None:
    assert Claim(text).about(changed, around, "") is about


def test_message_about_the_same_topic_supports_a_text_whose_names_are_elsewhere() -> None:
    claim = Claim("Creating `arrays` from ragged nested sequences is deprecated.")
    message = "Creating an ndarray from ragged nested sequences is deprecated"
    assert claim.about({"dtype"}, {"print"}, message)
    assert claim.about({"dtype"}, {"print"}, "these arrays are odd")
    assert not claim.about({"dtype"}, {"print"}, "invalid value encountered in divide")


def test_what_to_use_instead_is_not_the_subject() -> None:
    claim = Claim("`toy.measure` was removed. Use `toy.new` instead.")
    assert claim.subject == {"measure"}
    assert not claim.about({"old", "new"}, set(), "")
    assert claim.about({"measure", "new"}, set(), "")


def test_symbols_of_an_entry_decide_before_its_text() -> None:
    entry = row("toy.old(x)", "toy.new(x)", "Something else.", old_symbol="toy.old")
    assert Claim.of(entry).symbols == {"old"}
    assert Claim.of(entry).about({"old", "new"}, set(), "")
    keyword = row("toy.f(a=1)", "toy.f(b=1)", "", old_symbol="toy.f", old_keyword="a")
    assert Claim.of(keyword).symbols == {"f", "a"}


def test_proposals_are_what_the_text_names_and_the_old_code_has_not() -> None:
    claim = Claim("`toy.old` is gone: use `toy.new` or `toy.newer`.")
    assert claim.proposals({"toy", "old", "print"}) == {"new", "newer"}


def test_names_behind_the_word_instead_are_what_to_use() -> None:
    claim = Claim("`m.hann` moved: import it from `m.signal.windows`, or use `scan()`.")
    assert claim.instead >= {"signal", "windows", "scan"} and "hann" not in claim.instead
    assert Claim("`m.old` was removed.").instead == frozenset()


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("Use `x[0]`.", True),
        ("Use `a @ b` for `m.dot`.", True),
        ("Write `x = y`.", True),
        ("Use `m.new(x)`.", False),
        ("Use a / b.", False),
    ],
)
def test_text_may_show_plain_python_to_write(text: str, shows: bool) -> None:
    assert Claim(text).shows_syntax is shows


def test_imports_tell_what_a_name_stands_for() -> None:
    code = "import a.b, c.d as e\nfrom f.g import h, i as j\nfrom . import k"
    assert module_names(ast.parse(code)) == {"a": "a", "e": "c.d", "h": "f.g.h", "j": "f.g.i"}


def test_identifiers_are_attributes_keywords_imports_globals_and_short_texts() -> None:
    tree = ast.parse(f"from m.n import f\nf(x.y, key='M', z='{'long' * 20}')")
    assert identifiers([tree, None], {"x"}) == {"m", "n", "f", "y", "key", "M", "z"}


def test_a_text_of_several_sentences_speaks_of_what_each_ends() -> None:
    text = (
        "The attribute `G.node` was removed in favour of `G.nodes[n]`. Finally, `G.add_path` and"
        " `G.add_star` are functions: use `nx.add_path`."
    )
    claim = Claim(text)
    assert claim.subject == {"node", "add_path", "add_star"}
    assert claim.about({"add_path"}, (), "'Graph' object has no attribute 'add_path'")
    assert not claim.about({"edges_iter"}, (), "'Graph' object has no attribute 'edges_iter'")
