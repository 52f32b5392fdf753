"""CSV: cells are text, whatever they look like; another encoding is refused, never guessed."""

import pytest

from ipsdata.read.delimited import ReadError
from ipsdata.read.isolated import read_isolated


def test_cells_stay_the_text_they_are() -> None:
    document = read_isolated(b"a,b,c,d,e\n007,NA,397.804,1e5,TRUE\n", "list.csv")
    (table,) = document.tables
    assert [cell.text for cell in table.rows[1]] == ["007", "NA", "397.804", "1e5", "TRUE"]


def test_windows_1252_is_refused_with_its_place() -> None:
    with pytest.raises(
        ReadError, match=r"line 2: found byte 0xEB .* save the file as UTF-8"
    ) as caught:
        read_isolated(
            "land,aantal\nOekraïne Belgi\xeb,4\n".replace("ï", "i").encode("cp1252"), "list.csv"
        )
    assert caught.value.reason == "encoding"
