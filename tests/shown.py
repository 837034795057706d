"""The commands that the documentation shows: in blocks of pages, in lines, in every help."""

from __future__ import annotations

import re
from pathlib import Path

from typer.main import get_command

from recode_data.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *sorted(file for file in ROOT.glob("*.md") if file.name != "README.md"),
    *sorted(ROOT.glob("recode_data/**/*.md")),
    *(ROOT / folder / "README.md" for folder in ("pipeline", "train")),
    *sorted(ROOT.glob("train/frameworks/*.md")),
    *sorted(ROOT.glob("data_cards/*.md")),
]
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def blocks(page: Path) -> list[str]:
    """Return the lines of a page's shell blocks; a line that goes on is one."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"```(?:console|bash|sh)\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(found).replace("\\\n", " ").splitlines()
    return [bare for line in lines if (bare := re.sub(r"\s+#.*| {2,}", " ", line).strip())]


def python_blocks(page: Path) -> list[str]:
    """Return the Python that a page shows."""
    return re.findall(r"```python\n(.*?)\n```\n", page.read_text(encoding="utf-8"), re.DOTALL)


def inline(page: Path) -> list[str]:
    """Return the commands that a page names within a sentence."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [" ".join(found.split()) for found in re.findall(r"`(recode-data [^`]+)`", text)]


def examples() -> list[str]:
    """Return the examples of every command's help."""
    helps = [command.help or "" for _, command in sorted(COMMANDS.items())]
    return [found for text in helps for found in re.findall(r"Example: (.+)", text)]


def shown() -> dict[str, list[str]]:
    """Return page → its shell lines, those of the help at last."""
    pages = {str(page.relative_to(ROOT)): blocks(page) for page in PAGES}
    return {name: lines for name, lines in pages.items() if lines} | {"--help": examples()}


def of_the_program(line: str) -> list[str]:
    """Return the arguments of each ``recode-data`` in a shell line."""
    parts = (part.strip() for part in re.split(r"&&|\||;", line))
    return [found[1] for part in parts if (found := re.search(r"(?:^|/)recode-data (.+)", part))]
