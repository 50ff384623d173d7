"""Text of the handler's formatter as styled lines."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from reflowlog.console.formatting import UsualFormat, format_lines, has_extras

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

FORMATS = [
    "%(asctime)s %(levelname)-8s %(name)s %(message)s",
    "%(message)s",
    "%(asctime)s",
    None,
    "%(relativeCreated)d",
]
CONVERTERS = [time.localtime, time.gmtime, lambda seconds=None: time.gmtime((seconds or 0) + 86_400)]


def test_in_the_text_of_a_log_record_nothing_overwrites() -> None:
    """A message cannot hide a part of its line: carriage return, backspace and cursor moves are marks."""
    lines = format_lines(("INFO paid\rfree\nmore\b\x1b[2K", "paid\rfree\nmore\b\x1b[2K"))
    assert [line.text for line in lines] == ["INFO paid␍free", "more␈␛[2K"]  # type: ignore[union-attr]


def record_at(moment: float) -> logging.LogRecord:
    """A record that was made at a moment."""
    fields = {"created": moment, "msecs": moment % 1 * 1000, "relativeCreated": 7.0}
    return logging.makeLogRecord({**fields, "name": "app", "levelname": "INFO", "msg": "got %d", "args": (7,)})


@given(
    st.lists(st.tuples(st.floats(0, 4e9), st.integers(0, 2)), max_size=6),
    st.sampled_from(FORMATS),
    st.sampled_from([None, "%H:%M:%S", "%Y"]),
    st.sampled_from([*CONVERTERS]),
)
def test_a_usual_format_equals_the_formatter_and_sets_what_it_sets(
    moments: list[tuple[float, int]], form: str | None, datefmt: str | None, converter: Callable[..., time.struct_time]
) -> None:
    """In text, and in the attributes of the record."""
    formatter = logging.Formatter(form, datefmt)
    formatter.converter = converter  # type: ignore[assignment]
    fast = UsualFormat(formatter)
    for moment, repeats in moments:
        for part in range(repeats + 1):
            ours, theirs = record_at(moment + part / 8), record_at(moment + part / 8)
            assert fast(ours) == formatter.format(theirs)
            assert vars(ours) == vars(theirs)


def test_a_usual_format_follows_a_changed_formatter() -> None:
    """The memo of a second belongs to the formatter's settings."""
    formatter = logging.Formatter("%(asctime)s")
    fast = UsualFormat(formatter)
    fast(record_at(1.7e9))
    formatter.datefmt, formatter.converter = "%H", time.gmtime  # type: ignore[assignment]

    assert fast(record_at(1.7e9)) == "22"


def test_a_usual_format_calls_a_patched_time_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs replace `logging.Formatter.formatTime`."""
    monkeypatch.setattr(logging.Formatter, "formatTime", lambda *_: "patched")

    assert UsualFormat(logging.Formatter("%(asctime)s"))(record_at(1.7e9)) == "patched"


def test_attributes_that_other_formatters_set_are_no_extras() -> None:
    """So a second handler does not make each record unusual."""
    record = record_at(1.7e9)
    logging.Formatter("%(asctime)s").format(record)

    assert not has_extras(record)
    record.user = "ann"
    assert has_extras(record)
