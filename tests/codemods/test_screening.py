"""Programs that are not worth the judge's time, or that tell something else tomorrow."""

from __future__ import annotations

import pytest

from recode_data.codemods.screening import reads_clock


@pytest.mark.parametrize(
    "code",
    [
        "print(np.datetime64('now', 's'))",
        "print(pd.Timestamp('today').year)",
        "print(datetime.now())",
        "print(date.today())",
        "print(int(time.time()))",
        "print(arrow.utcnow())",
        "print(time.ctime())",
    ],
)
def test_a_program_that_asks_the_time_is_none_to_learn_from(code: str) -> None:
    assert reads_clock(code)


@pytest.mark.parametrize(
    "code",
    [
        "print(np.datetime64('2010-03'))",
        "print(datetime(2020, 1, 2).time)",
        "print(time.ctime(0), time.localtime(0))",
        "print(datetime.time(3), 'now')",
        "now = 3\nprint(now)",
    ],
)
def test_a_program_with_a_time_of_its_own_is_taken(code: str) -> None:
    assert not reads_clock(code)
