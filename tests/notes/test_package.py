"""What a package's own docstrings and warnings say, and of which of its names."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from recode_data.api.history import History
from recode_data.api.introspection import TARGET
from recode_data.api.snapshot import Snapshot
from recode_data.library import Library
from recode_data.notes.sources.package import changes_from_package, readable

LIBRARY = Library(name="warner")
PACKAGE = {
    "__init__.py": r'''
import warnings

from warner import places


def __getattr__(name):
    if name == "Moved":
        warnings.warn("The import 'warner.Moved' is deprecated and will be removed in 3.0. Use"
                      " 'from warner.places import Moved' instead.", DeprecationWarning)
        return places.Moved
    if name == "Noisy":
        warnings.warn("invalid escape sequence \\s", DeprecationWarning)
        return 1
    raise AttributeError(name)


def __dir__():
    return ["Moved", "Noisy", "keyword", "worded", "quoted", "template", "piece", "named_piece",
            "whole", "Older", "itself", "places", "versioned", "by_role", "to_module",
            "some_use", "some_way", "drop", "long_since", "Made", "Built", "held", "marked",
            "prose", "shouted", "not_about_itself", "escape", "borrowed", "Static", "parameter",
            "Given", "Strict", "without_loop", "by_default", "entries", "Sized",
            "googled", "fielded", "together"]


from helpers import escape


class Made:
    def __new__(cls):
        warnings.warn("Made is deprecated, use `warner.places.Moved` instead.")


class Built:
    def __init__(self):
        warnings.warn("`Built` will be removed. Use `warner.places.thing` instead.")


class Strict:
    def __init__(self, deprecated=False, prompt=False):
        if deprecated and prompt:
            raise ValueError("`deprecated` options cannot use `prompt`.")


def without_loop():
    """Do it.

    .. deprecated:: 2.0
       It is deprecated to call `without_loop` when nothing runs.
    """


def by_default():
    """Do it.

    .. deprecated:: 2.0
       The default behavior of running it here is deprecated; use `whole`.
    """


def entries(a, wide=0, tall=None, depth=None, *args, height=1, size=None, style=None, **rest):
    """Do it.

    .. versionchanged:: 1.1
       It is done at once.

    Parameters
    ----------
    a : int
        What to do.
    wide, tall : bool, default False
        How large.

        .. deprecated:: 1.4
           Use ``size="wide"`` instead.
    depth : int
        How deep.

        .. deprecated:: 1.5
           `depth` was renamed to `height`.
    height : int
        How high.

        .. versionchanged:: 1.6
           Negative heights are allowed.
    *args
        .. deprecated:: 1.7
    style : {"old", "new"}
        .. deprecated:: 1.7.1
           The style "old" was deprecated, use ``style="new"``.
    size : str
        .. deprecated:: 1.8
           The default will change to "wide".

    Returns
    -------
    found : int
        .. deprecated:: 1.9
           It will be a float.
    """


class Sized:
    """One with a size.

    Attributes
    ----------
    area : int
        .. deprecated:: 2.0
           Use `surface`.
    unknown : int
        .. deprecated:: 2.0
    """

    area = surface = 1


def googled(first, second=1):
    """Do it.

    Args:
        first (int): What to do.
        second (int, optional): How often.

            .. deprecated:: 2.1
               It has no effect.

    Returns:
        int: how often it was done.
    """


def fielded(a, old=None, new=None):
    """Do it.

    :param a: what
    :param int old: how

        .. deprecated:: 1.2
           Use ``new``.
    :param new: how, now
    """


def together(x, alpha=1, beta=2, gamma=3):
    """Do it.

    Other Parameters
    ----------------
    alpha, beta : {"a", "b"}, optional
        .. deprecated:: 2.0
            `alpha` and `beta` are replaced by `gamma`.
    """


class Static:
    def run(self):
        warnings.warn("`Static.run` will be removed. Use `warner.places.thing` instead.")


class Given:
    def __init__(self, style=None, look=None):
        warnings.warn("The `style` argument is deprecated, use `look` instead.")


def announced(message):
    def decorate(function):
        def wrapper(*args):
            warnings.warn(message, DeprecationWarning)
            return function(*args)
        wrapper.__doc__ = function.__doc__
        return wrapper
    return decorate


@announced("This function is deprecated. Use `whole` instead.")
def held(a):
    pass


def marked():
    pass


marked.__deprecated__ = "Use `whole` instead."


def prose():
    """Do it.

    Deprecated: use :func:`whole` instead.
    """


def shouted():
    """DEPRECATED. Please use ``whole``."""


def not_about_itself():
    """Tell what is deprecated.

    The deprecated names are listed; use :func:`whole` for others.
    """


def borrowed(text):
    warnings.warn("'warner.borrowed' is deprecated. Import 'helpers.quote' instead.")


def parameter(old=1, whole=2):
    """Do it.

    Deprecated parameter ``old``: use ``whole``.
    """


def keyword(a, default_types=None, type_checker=None):
    warnings.warn("The default_types argument is deprecated. Use the type_checker argument"
                  " instead.", DeprecationWarning)


def worded(image, command=None):
    warnings.warn("The command parameter is deprecated and will be removed. Use a subclass.",
                  DeprecationWarning)


def quoted(cert=None, verify=True):
    warnings.warn("`cert=...` is deprecated. Use `verify=<ssl_context>` instead.",
                  DeprecationWarning)


def template(name):
    warnings.warn("The command {name!r} is deprecated and is going.".format(name=name))


def piece(what):
    warnings.warn(f"{what} is deprecated and will be removed in {what}", DeprecationWarning)


def named_piece(what):
    warnings.warn(f"named_piece() is deprecated since {what}", DeprecationWarning)


def whole(old=1):
    warnings.warn("whole() is deprecated, its argument old too. Use by_role instead.")


def long_since(what):
    """Do it.

    .. deprecated:: 1.0
       Use :func:`whole` instead.
    """
    warnings.warn(f"{what} deprecated - use {what}", DeprecationWarning)


def drop(what):
    warnings.warn("dropping things using `drop` will be deprecated; use by_role.")


def some_use(text):
    warnings.warn("Passing bytes is deprecated and will not be supported in 3.0.")


def some_way(text):
    warnings.warn("Passing bytes to some_way is deprecated. Call by_role(text).some_way() instead.")


def itself():
    """Do it.

    .. deprecated:: 2.0
       Use :func:`itself` instead.
    """


def versioned():
    """Do it.

    .. deprecated:: v2.1.0
       Use `whole` instead.
    """


def by_role():
    """Do it.

    .. deprecated:: 2.1
       Use :func:`~warner.places.thing` instead.
    """


def to_module():
    """Do it.

    .. deprecated:: 2.1
       Moved to :mod:`warner.places`.
    """
''',
    "places.py": "class Moved: pass\ndef thing(): pass\ndef to_module(): pass\n",
}
Row = tuple[str, str, str, str, str, str]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """Return version, keyword, new symbol, new keyword and text of each change, by its symbol."""
    folder = tmp_path_factory.mktemp("packages")
    (folder / "warner").mkdir()
    for name, text in PACKAGE.items():
        (folder / "warner" / name).write_text(text)
    (folder / "helpers.py").write_text("def escape(): pass\ndef quote(): pass\n")
    asked = subprocess.run(
        [sys.executable, str(TARGET / "introspect.py"), "warner"],
        env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, check=True,
    )  # fmt: skip
    history = History([Snapshot("2.2", json.loads(asked.stdout))])
    changes = changes_from_package(LIBRARY, history)
    assert [c.version for c in changes if c.old_symbol == "warner.long_since"] == ["1.0", "2.2"]
    several = [
        change
        for change in changes
        if change.old_symbol.endswith(("entries", "googled", "fielded", "together"))
    ]
    entries = {
        f"{c.old_symbol} {c.old_keyword}": (
            c.version, c.old_keyword, c.new_symbol, c.new_keyword, c.text, c.kind
        )
        for c in several
    }  # fmt: skip
    return entries | {
        c.old_symbol: (c.version, c.old_keyword, c.new_symbol, c.new_keyword, c.text, c.kind)
        for c in changes
    }


def test_a_warning_about_a_parameter_is_one_of_the_parameter(found: dict[str, Row]) -> None:
    assert found["warner.keyword"][1:4] == ("default_types", "warner.keyword", "type_checker")
    assert found["warner.worded"][1] == "command"
    assert found["warner.quoted"][1:4] == ("cert", "warner.quoted", "verify")
    assert found["warner.whole"][1:3] == ("", "warner.by_role"), "it ends as a whole"


def test_the_end_of_one_use_is_not_the_end_of_the_function(found: dict[str, Row]) -> None:
    assert found["warner.some_use"][5] == "behaviour"
    assert found["warner.whole"][5] == "deprecated"


def test_a_use_that_ends_is_none_of_the_function_whatever_is_said_to_call(
    found: dict[str, Row],
) -> None:
    assert (found["warner.some_way"][2], found["warner.some_way"][5]) == ("", "behaviour")


def test_a_template_or_a_piece_of_one_says_nothing_of_where_it_stands(
    found: dict[str, Row],
) -> None:
    assert "warner.template" not in found
    assert "warner.piece" not in found
    assert found["warner.named_piece"][0] == "2.2"


def test_a_piece_of_a_warning_warns_of_what_the_documentation_says(found: dict[str, Row]) -> None:
    version, _, new, _, text, _ = found["warner.long_since"]
    assert (version, new) == ("2.2", "warner.whole"), "from when it warns on"
    assert text == "`warner.long_since`: Use `whole` instead."


def test_an_import_in_quotes_is_the_replacement(found: dict[str, Row]) -> None:
    assert found["warner.Moved"][2] == "warner.places.Moved"
    assert "`from warner.places import Moved`" in found["warner.Moved"][4]


def test_what_the_interpreter_complains_of_is_no_change(found: dict[str, Row]) -> None:
    assert "warner.Noisy" not in found


def test_a_text_that_names_its_own_place_as_the_new_one_is_of_another(
    found: dict[str, Row],
) -> None:
    assert "warner.itself" not in found
    assert found["warner.drop"][2] == "warner.by_role", "it names another one too"


def test_directives_give_the_version_and_roles_the_replacement(found: dict[str, Row]) -> None:
    assert found["warner.versioned"][:3] == ("2.1.0", "", "warner.whole")
    assert found["warner.by_role"][2] == "warner.places.thing"
    assert found["warner.to_module"][2] == "warner.places.to_module"


def test_roles_and_quotes_are_read_as_code() -> None:
    assert readable("Use :py:meth:`x.y` or 'a.b()', not 'word'.") == (
        "Use `x.y` or `a.b()`, not 'word'."
    )


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("Made", "warner.places.Moved"),
        ("Built", "warner.places.thing"),
        ("Static.run", "warner.places.thing"),
        ("held", "warner.whole"),
        ("marked", "warner.whole"),
        ("prose", "warner.whole"),
        ("shouted", "warner.whole"),
        ("borrowed", "helpers.quote"),
    ],
)
def test_a_replacement_is_read_wherever_the_package_tells_it(
    found: dict[str, Row], name: str, new: str
) -> None:
    assert found[f"warner.{name}"][2] == new
    assert found[f"warner.{name}"][5] == "deprecated"


def test_a_text_about_something_else_ends_nothing(found: dict[str, Row]) -> None:
    assert "warner.not_about_itself" not in found
    assert "warner.Static" not in found
    assert found["warner.Given"][1:4] == ("style", "warner.Given", "look")
    assert found["warner.parameter"][1] == "old"
    assert "warner.Strict" not in found
    assert found["warner.without_loop"][5] == "behaviour"
    assert found["warner.by_default"][5] == "behaviour"


def test_a_directive_in_the_entry_of_a_parameter_is_about_it(found: dict[str, Row]) -> None:
    own = "warner.entries "
    about = {name.removeprefix(own): row for name, row in found.items() if name.startswith(own)}
    del about[""], about["style"]
    assert set(about) == {"wide", "tall", "depth"}
    assert all(row[0] != "1.7" for row in found.values()), "a rest is no parameter"
    assert {(row[0], row[2], row[3]) for row in map(about.get, ("wide", "tall")) if row} == {
        ("1.4", "warner.entries", "size")
    }
    assert about["wide"][4] == (
        '`warner.entries`: The parameter `wide` is deprecated. Use ``size="wide"`` instead.'
    )
    assert about["depth"][:4] == ("1.5", "depth", "warner.entries", "height")
    assert about["depth"][4] == "`warner.entries`: The parameter `depth` was renamed to `height`."
    assert found["warner.googled second"][:2] == ("2.1", "second")
    assert {row[5] for row in about.values()} == {"deprecated"}


def test_what_becomes_of_a_parameter_otherwise_is_no_end(found: dict[str, Row]) -> None:
    assert found["warner.entries "][5] == "behaviour"
    told = '`warner.entries`: The style "old" was deprecated, use ``style="new"``.'
    assert found["warner.entries style"][4] == told, "it does not end, one of its values does"
    assert "warner.entries height" not in found
    assert "warner.entries size" not in found
    assert "warner.entries found" not in found


def test_a_directive_in_the_entry_of_an_attribute_is_about_that(found: dict[str, Row]) -> None:
    assert found["warner.Sized.area"][:4] == ("2.0", "", "warner.Sized.surface", "")
    assert "warner.Sized" not in found
    assert "warner.Sized.unknown" not in found


def test_a_field_is_an_entry_and_what_several_share_is_of_each(found: dict[str, Row]) -> None:
    assert found["warner.fielded old"][:4] == ("1.2", "old", "warner.fielded", "new")
    assert "warner.fielded new" not in found
    for name in ("alpha", "beta"):
        row = found[f"warner.together {name}"]
        assert row[1:4] == (name, "warner.together", "gamma")
        assert row[4].endswith(": The parameters `alpha` and `beta` are replaced by `gamma`.")
