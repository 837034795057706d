"""Every command in the documentation exists, with the options that it is shown with.

`test_commands.py` runs those that stand in blocks and in the help."""

from __future__ import annotations

import re
import shlex

import pytest
from shown import COMMANDS, PAGES, ROOT, inline, of_the_program, shown

LINES = [
    *((page, part) for page, lines in shown().items() for line in lines
      for part in of_the_program(line)),
    *((str(page.relative_to(ROOT)), part) for page in PAGES for line in inline(page)
      for part in of_the_program(line)),
]  # fmt: skip


@pytest.mark.parametrize(("page", "line"), LINES, ids=lambda value: value[:60])
def test_a_shown_command_is_one_that_the_program_takes(page: str, line: str) -> None:
    words = [word for word in shlex.split(line) if word not in ("[--json]", "…")]
    name = next((word for word in words if not word.startswith("-")), None)
    if name is None:
        known = ("--help", "--version", "--debug", "--install-completion", "--show-completion")
        assert words == [] or words[0] in known
        return
    assert name in COMMANDS, f"{page} shows a command that is not there"
    arguments = words[words.index(name) + 1 :]
    context = COMMANDS[name].make_context(name, arguments, resilient_parsing=True)
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    given = {word.split("=")[0] for word in arguments if word.startswith("-")}
    off = {option for p in COMMANDS[name].params for option in p.secondary_opts}
    assert given <= known | off | {"--help"}, f"{page} shows options that are not there"
    context.close()


def test_the_readme_lists_every_command() -> None:
    text = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"`{name}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: object) -> None:
    from pathlib import Path

    assert isinstance(page, Path)
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [link for link in targets if link and "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []
    if page.is_relative_to(ROOT / "recode_data"):  # a room's page names its modules
        named = re.findall(r"`([\w./]+\.py)`", text)
        inside = {module.name for module in page.parent.rglob("*.py")}
        places = (page.parent, ROOT, ROOT / "recode_data")
        there = {name for name in named if any((place / name).exists() for place in places)}
        assert set(named) - there - inside == set()


def test_the_readme_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text()
    pages = [
        "CONTRIBUTING.md", "recode_data/README.md", "recode_data/execute/README.md",
        "pipeline/README.md", "train/README.md", "data_cards/numpy.md", "notebooks",
        "data_cards/second.md", "data_cards/recode-train-audit.md",
    ]  # fmt: skip
    assert [page for page in pages if f"]({page})" not in text] == []
