"""Text of the handler's formatter as styled lines."""

from __future__ import annotations

from reflowlog.console.formatting import format_lines


def test_in_the_text_of_a_log_record_nothing_overwrites() -> None:
    """A message cannot hide a part of its line: carriage return, backspace and cursor moves are marks."""
    lines = format_lines(("INFO paid\rfree\nmore\b\x1b[2K", "paid\rfree\nmore\b\x1b[2K"))
    assert [line.text for line in lines] == ["INFO paid␍free", "more␈␛[2K"]  # type: ignore[union-attr]
