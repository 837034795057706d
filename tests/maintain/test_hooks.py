"""The action and the pre-commit hooks call commands that are there, with options that they take."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from recode_data.cli import app

ROOT = Path(__file__).parent.parent.parent
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


def taken(line: str) -> None:
    program, name, *words = shlex.split(line)
    assert program == "recode-data"
    known = {o for p in COMMANDS[name].params for o in (*p.opts, *p.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: str(hook["id"]))
def test_a_hook_runs_a_command_that_is_there(hook: dict[str, Any]) -> None:
    taken(hook["entry"] + " --library numpy")
    assert hook["require_serial"]


def test_the_action_runs_commands_that_are_there() -> None:
    steps = "\n".join(step.get("run", "") for step in ACTION["runs"]["steps"])
    assert all(step.get("uses") or step["shell"] == "bash" for step in ACTION["runs"]["steps"])
    given = re.findall(r"set -- (\w+ .*?) ;;", steps)
    assert [line.split()[0] for line in given] == ["check", "migrate"]
    for line in given:
        taken(f"recode-data {line} --library x --workspace y")
    taken("recode-data build x --workspace y --quiet")


def test_no_input_of_the_action_is_put_into_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
