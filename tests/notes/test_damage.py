"""Damaged documents never raise, hang or take the process down."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest

from recode_data.notes.markup.reading import read_all, read_safely
from recode_data.records import ReleaseNote

FILE = Path(__file__).parents[2] / "benchmarks" / "damage.py"


@pytest.fixture(scope="module")
def damage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("damage", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(4))
def test_damaged_documents(damage: ModuleType, seed: int) -> None:
    outcomes = {damage.read(*each) for each in damage.damaged(random.Random(seed), 60)}
    assert outcomes <= {"read", "too_deep"}


def test_monsters(damage: ModuleType) -> None:
    allowed = {"read", "too_deep", "too_slow"}
    assert {damage.read(*each) for each in list(damage.monsters())[1:]} <= allowed


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_document_has_a_time(damage: ModuleType) -> None:
    note = ReleaseNote("tiny", "1.0", "sdist", "x", "rst", damage.RST * 500)
    assert read_safely(note, patience=0.05) == ([], ("too_slow",))
    items, flaw = read_safely(note)
    assert items
    assert flaw == ()


def test_workers_give_what_one_process_gives(damage: ModuleType) -> None:
    notes = [ReleaseNote("t", f"1.{i}", "sdist", "x", "rst", damage.RST) for i in range(5)]
    together = [(note.version, [i.text for i in items]) for note, items, _ in read_all(notes, 2)]
    alone = [(note.version, [i.text for i in read_safely(note)[0]]) for note in notes]
    assert together == alone
