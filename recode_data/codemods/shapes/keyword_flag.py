"""A flag is a value of another keyword now: ``read(f, blanks=True)`` → ``read(f, sep=" ")``."""

from __future__ import annotations

import ast
import re
import warnings

import libcst as cst

from recode_data.codemods.calls import put_keyword, rewritten_calls
from recode_data.codemods.program import Use
from recode_data.codemods.recipes import Pair, Plan, Recipe, Shape, Subject, complete, plain_path

FLAGS = ("True", "False")
_LITERAL = r"""(?P<value>'[^'\n]*'|"[^"\n]*"|-?\d+(?:\.\d+)?|None|True|False)(?![\w.'"])"""


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a flag of a callable whose text gives one value of another keyword."""
    change, path = subject.change, subject.old.path
    if not (subject.about_keyword and subject.is_called and change.new_keyword):
        return None
    if (plain_path(change.new_symbol) or path) != path or change.old_value not in ("", *FLAGS):
        return None
    value = value_told(change.text, change.new_keyword)
    flag = change.old_value or _flag(subject)
    if not value or not flag:
        return None
    found = recipes(
        path, (change.old_keyword, flag), (change.new_keyword, value), subject.old.member
    )
    return subject.plan(found, path, new_keyword=change.new_keyword)


def value_told(text: str, keyword: str) -> str:
    """Return the source of the one value that a text gives for a keyword, else nothing.

    >>> value_told(r"Use ``sep='\\s+'`` instead.", "sep")
    "'\\\\s+'"
    """
    found = set()
    for match in re.finditer(rf"(?<![\w.]){re.escape(keyword)}\s*=\s*{_LITERAL}", text):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a note writes `\s` as it is meant
            found.add(repr(ast.literal_eval(match["value"])))
    return found.pop() if len(found) == 1 else ""


def _flag(subject: Subject) -> str:
    """Return the truth that is given for the old keyword where it is not the default; nothing
    where no version says that it is a flag."""
    for told in subject.newest_first:
        parameter = subject.old.path in told and told[subject.old.path].parameter(
            subject.change.old_keyword
        )
        if not parameter:
            continue
        default = next(
            (one for one in FLAGS if one in (parameter.default, _documented(parameter.documented))),
            "",
        )
        if default:
            return "False" if default == "True" else "True"
    return ""


def _documented(text: str) -> str:
    """Return the default that the documentation of a flag has."""
    found = re.match(r"bool(?:ean)?\b.*\bdefault[\s:=(]*`*(True|False)", text)
    return found[1] if found else ""


def recipes(path: str, old: tuple[str, str], new: tuple[str, str], member: bool) -> list[Recipe]:
    """Return the recipes for a keyword and its value, ``old``, that is ``new`` now: where one is
    given, and where it is put in."""

    def forward(code: str, use: Use) -> list[Pair]:
        return complete((code, exchanged(code, use, old, new)))

    def backward(code: str, use: Use) -> list[Pair]:
        return complete((exchanged(code, use, new, old), code))

    def put_in(code: str, use: Use) -> list[Pair]:
        return complete((put_keyword(code, use, *old), put_keyword(code, use, *new)))

    return [
        Recipe("keyword_flag", path, "old", forward, member, old[0]),
        Recipe("keyword_flag", path, "new", backward, member, new[0]),
        Recipe("keyword_put_in", path, "both", put_in, member),
    ]


def exchanged(code: str, use: Use, old: tuple[str, str], new: tuple[str, str]) -> str | None:
    """Write the keyword and value ``old`` as ``new`` in the calls that have it; None when no
    call has it, or one has the other keyword as well."""
    found = 0

    def change(call: cst.Call) -> cst.Call | None:
        nonlocal found
        named = [arg.keyword.value if arg.keyword else "" for arg in call.args]
        args = []
        for arg, name in zip(call.args, named, strict=True):
            fits = name == old[0] and _is(arg.value, old[1])
            if fits and new[0] in named:
                return None
            found += fits
            value = {"keyword": cst.Name(new[0]), "value": cst.parse_expression(new[1])}
            args.append(arg.with_changes(**value) if fits else arg)
        return call.with_changes(args=args)

    result = rewritten_calls(code, use, change)
    return result if found else None


def _is(value: cst.BaseExpression, source: str) -> bool:
    if isinstance(value, cst.SimpleString):
        return repr(value.evaluated_value) == source
    return cst.Module([]).code_for_node(value) == source


SHAPES = (Shape(45, plan),)
