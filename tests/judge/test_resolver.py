"""A version outside the matrix gets the packages of its day."""

from __future__ import annotations

from recode_data.judge.resolver import dated
from recode_data.library import Library, Pin

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
