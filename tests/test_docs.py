"""Every command in the documentation exists, with the options that it is shown with."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from recode_data.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("recode_data/**/*.md"),
    *ROOT.glob("data_cards/*.md"),
    *(ROOT / folder / "README.md" for folder in ("pipeline", "train", "benchmarks")),
]
GROUP = get_command(app)


def shown_commands() -> list[tuple[str, str]]:
    """Return page and command line of each ``recode-data …`` in a code block."""
    found = []
    for page in PAGES:
        if not page.exists():
            continue
        for block in re.findall(r"```(?:console|bash|sh)\n(.*?)```", page.read_text(), re.DOTALL):
            joined = block.replace("\\\n", " ")
            for line in joined.splitlines():
                for part in re.split(r"&&|\||;", line.removeprefix("$ ")):
                    words = part.split("#")[0].strip()
                    match = re.search(r"(?:^|/)recode-data (.+)", words)
                    if match:
                        found.append((str(page.relative_to(ROOT)), match[1]))
    return found


@pytest.mark.parametrize(("page", "line"), shown_commands(), ids=lambda value: value[:60])
def test_a_shown_command_is_one_that_the_program_takes(page: str, line: str) -> None:
    words = [word for word in shlex.split(line) if word not in ("[--json]",)]
    name = next((word for word in words if not word.startswith("-")), None)
    if name is None:
        assert words[0] in ("--help", "--version", "--install-completion", "--show-completion")
        return
    commands = GROUP.commands  # type: ignore[attr-defined]
    assert name in commands, f"{page} shows a command that is not there"
    arguments = words[words.index(name) + 1 :]
    context = commands[name].make_context(name, arguments, resilient_parsing=True)
    known = {option for parameter in commands[name].params for option in parameter.opts}
    given = {word.split("=")[0] for word in arguments if word.startswith("-")}
    assert given <= known | {"--help"}, f"{page} shows options that are not there"
    context.close()


def test_the_readme_lists_every_command() -> None:
    text = (ROOT / "README.md").read_text()
    missing = [name for name in GROUP.commands if f"`{name}" not in text]  # type: ignore[attr-defined]
    assert missing == []
