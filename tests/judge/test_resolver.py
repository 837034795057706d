"""A version outside the matrix gets the packages of its day."""

from __future__ import annotations

import pytest

from recode_data.errors import NoSuchVersion
from recode_data.judge import resolver
from recode_data.judge.resolver import CachedResolver, dated
from recode_data.library import Library, Pin
from recode_data.records import Entry, Environment
from recode_data.rewards.examiner import Examiner

LIBRARY = Library(
    name="toy",
    matrix=["1.0.5", "1.2.5"],
    pins={"1.0.5": Pin(until="2020"), "1.2.5": Pin(until="2021", requires=["x<2"])},
)


def test_a_version_borrows_the_pin_of_its_series_or_the_date_of_the_next() -> None:
    pins = dated(LIBRARY, "1.2.0", "1.1.0", "0.9", "1.0.5", "3.0").pins
    assert pins["1.2.0"] == LIBRARY.pins["1.2.5"]
    assert pins["1.1.0"] == Pin(until="2021")
    assert pins["0.9"] == Pin(until="2020")
    assert pins["1.0.5"] == LIBRARY.pins["1.0.5"]
    assert "3.0" not in pins
    assert "1.2.0" not in LIBRARY.pins


@pytest.mark.parametrize("name", ["scikit-learn", "scikit_learn", "sklearn", "Scikit Learn"])
def test_the_reward_runs_a_row_where_the_judge_ran_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pair(library: Library, *versions: str) -> tuple[Environment, ...]:
        until = library.pins[versions[0]].until
        return tuple(Environment(library.name, v, "3.12", until=until) for v in versions)

    monkeypatch.setattr(resolver, "resolve_pair", pair)
    library = Library.matching(name)
    assert library
    release = next(iter(library.pins))
    entry = Entry(name, f"=={release}", "", "", "x", "y", old_version=f"=={release}")
    judged = CachedResolver().pair(library, release, release)[1]
    assert Examiner().environment(entry) == judged


def test_a_version_that_was_never_released_is_the_nearest_of_its_series(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = ["1.0.5", "1.2.1", "1.2.5"]

    def pair(library: Library, *versions: str) -> tuple[Environment, ...]:
        for version in versions:
            if version not in released:
                raise NoSuchVersion(f"no {version}", "")
        return tuple(Environment(library.name, version, "3.12") for version in versions)

    def one(library: Library, version: str) -> Environment:
        return pair(library, version)[0]

    monkeypatch.setattr(resolver, "resolve_pair", pair)
    monkeypatch.setattr(resolver, "resolve", one)
    monkeypatch.setattr(resolver, "versions", lambda *_, **__: released)
    assert CachedResolver().of_new(LIBRARY, "", "==1.2").version == "1.2.1"
    assert CachedResolver().of_new(LIBRARY, "==1.0.5", "==1.2").version == "1.2.1"
    assert CachedResolver().of_new(LIBRARY, "", "==1.2.5").version == "1.2.5"
    with pytest.raises(NoSuchVersion):
        CachedResolver().of_new(LIBRARY, "", "==7.0")
