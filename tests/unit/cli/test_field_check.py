"""Names of fields that no record has: one line says so, and what may be meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reflowlog.cli.build import make_field_watch
from reflowlog.cli.field_check import FieldWatch, explain_columns
from reflowlog.cli.options import parse
from reflowlog.config.file import Config

if TYPE_CHECKING:
    from pathlib import Path

JSON = b'{"ts":"2024-05-01T09:30:00Z","level":"info","msg":"a","user":{"id":7},"user_id":7}\n'
LOGFMT = b'ts=2024-05-01T09:30:00Z level=info msg=a status=200 path="/x"\n'


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        *(("user_id", ""), ("user.id", ""), ("status", ""), ("level", ""), ("severity", ""), ("USER_ID", "")),
        ("user_idd", "no shown record has the field 'user_idd' (did you mean 'user_id'?)"),
        ("paht", "no shown record has the field 'paht' (did you mean 'path'?)"),
        ("zzz", "no shown record has the field 'zzz'"),
        ("us", "no shown record has the field 'us' (did you mean 'user'?)"),
    ],
)
@pytest.mark.parametrize("size", [1000, 7])
def test_a_field_that_no_record_has(name: str, complaint: str, size: int) -> None:
    """However the text is split; a name that stands for a standard column is not looked for."""
    watch, data = FieldWatch((name,)), JSON + LOGFMT
    for at in range(0, len(data), size):
        watch.check(data[at : at + size])
    assert watch.complaint == complaint


@pytest.mark.parametrize("name", ["Größe", "größe", "Ähre", "ähre"])
@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("size", [1000, 1])
def test_a_name_with_other_letters(name: str, escaped: bool, size: int) -> None:
    """Capitals are no matter, as in the names of columns, and JSON may escape the letters."""
    watch, data = FieldWatch((name,)), json.dumps({"msg": "x", name.title(): 1}, ensure_ascii=escaped).encode()
    for at in range(0, len(data), size):
        watch.check(data[at : at + size])
    assert watch.complaint == ""
    watch = FieldWatch(("grösse",))
    watch.check("größe=1 Ähre=2\n\xff".encode("latin-1"))
    assert watch.complaint.startswith("no shown record has the field 'grösse'")


def test_nothing_is_missed_without_a_record() -> None:
    """An empty input has no record, and no mistake is known."""
    assert FieldWatch(("zzz",)).complaint == ""


def test_only_what_was_typed_is_looked_for() -> None:
    """Names in the configuration are for all logs."""
    config = Config(columns=("time", "message", "zzz"), hide=("pid",))
    assert make_field_watch(parse([], {}, config)) is None
    assert parse(["--hide", "v"], {}, config).typed_names == ("v",)
    assert parse(["--columns", "time,user"], {}, config).typed_names == ("time", "user")
    assert make_field_watch(parse(["--raw", "--hide", "v"], {}, config)) is None


def test_the_viewer_of_a_file(tmp_path: Path) -> None:
    """It looks for the names in the whole file, if that is not too large."""
    path = tmp_path / "a.log"
    path.write_bytes(JSON * 1000 + LOGFMT)
    assert explain_columns(parse(["--columns", "time,status,message", str(path)], {})) == ""
    assert explain_columns(parse(["--hide", "sttus", str(path)], {})).endswith("(did you mean 'status'?)")
