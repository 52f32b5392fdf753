"""The comparison notices what an engine may get wrong."""

import datetime as dt
from typing import Any

import pytest

from compat_summary import Column, seen

DAY = dt.date(2024, 12, 31)
MOMENT = dt.datetime(2024, 12, 31, 12, tzinfo=dt.UTC)
TABLE = {
    "id": Column("int64", [1, 2, 3]),
    "value": Column("float64", [0.1, None, 0.3]),
    "name": Column("string", ["é", "b", None]),
    "on": Column("date", [DAY, DAY, None]),
    "at": Column("timestamp", [MOMENT, None, MOMENT]),
}
Table = dict[str, Column]


def changed(name: str, *values: Any, kind: str | None = None) -> Table:
    return {**TABLE, name: Column(kind or TABLE[name].type, values)}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(changed("id", 1, 2, 3, kind="int32"), id="another type"),
        pytest.param(changed("id", 1.0, 2.0, 3.0), id="floats for integers"),
        pytest.param(changed("id", "1", "2", "3"), id="texts for integers"),
        pytest.param(changed("value", 0.1, None, 0.30000000000000004), id="the last digit"),
        pytest.param(changed("value", 0.1, 0.0, 0.3), id="zero for nothing"),
        pytest.param(changed("name", "e\u0301", "b", None), id="another form of an accent"),
        pytest.param(changed("name", "Ã©", "b", None), id="another encoding"),
        pytest.param(changed("name", "é", "b", ""), id="an empty text for nothing"),
        pytest.param(changed("name", "b", "é", None), id="rows mixed up"),
        pytest.param(changed("on", DAY, DAY - dt.timedelta(1), None), id="a day off"),
        pytest.param(changed("at", MOMENT, None, MOMENT + dt.timedelta(hours=1)), id="a zone off"),
        pytest.param({n: Column(c.type, c.values[:2]) for n, c in TABLE.items()}, id="a row less"),
        pytest.param({n: c for n, c in TABLE.items() if n != "at"}, id="a column less"),
    ],
)
def test_what_differs_is_noticed(other: Table) -> None:
    assert seen(other) != seen(TABLE)


@pytest.mark.parametrize(
    "same",
    [
        pytest.param({n: Column(c.type, c.values[::-1]) for n, c in TABLE.items()}, id="order"),
        pytest.param(
            changed(
                "at",
                *(
                    m and m.astimezone(dt.timezone(dt.timedelta(hours=2)))
                    for m in TABLE["at"].values
                ),
            ),
            id="the zone in which a moment is told",
        ),
    ],
)
def test_what_is_the_same_is_not(same: Table) -> None:
    assert seen(same) == seen(TABLE)
