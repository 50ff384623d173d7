"""Records that are rendered as text from parts equal those of the general way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.records import LogRecord
from reflowlog.render.options import RenderOptions
from reflowlog.render.record_text import RecordText
from reflowlog.render.renderer import LineRenderer
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.highlight.themes import make_theme
from reflowlog.text.layout.column_plan import ColumnTracker

TEXTS = st.one_of(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60),
    st.sampled_from(["two words", "", " ", "tab\t", "é", "日本", "a\nb", "\x1b[31mred", "x" * 300, "{a b}"]),
)
NAMES = st.sampled_from(
    ["", "INFO", "WARNING", "Level 35", "CRITICALLY", "app", "app.db.pool.of.many.parts", "é", "a b"]
)
MOMENTS = st.one_of(
    st.floats(-1e10, 1e11), st.sampled_from([0.0, 1.7e9, 1.7e9 + 0.1234, 1e18, -1e18, math.inf, math.nan])
)
EXTRAS = st.lists(st.tuples(st.one_of(NAMES, st.just("k" * 300)), TEXTS), max_size=3).map(tuple)
COLUMNS = st.sampled_from([None, (), ("time", "message"), ("level", "logger"), ("logger",), ("source",)])


@given(st.lists(st.tuples(MOMENTS, NAMES, NAMES, TEXTS, EXTRAS), max_size=6), COLUMNS, st.booleans())
def test_a_record_rendered_from_parts_has_the_text_of_the_general_way(
    records: list[tuple[float, str, str, str, tuple[tuple[str, str], ...]]],
    columns: tuple[str, ...] | None,
    utc: bool,
) -> None:
    """Whatever was memoized before."""
    options = RenderOptions(colour=False, own_colour=False, appearance=Appearance(utc=utc))
    general = LineRenderer(None, options)
    text = RecordText(columns, utc, general.tracker)
    for created, level, logger, message, extras in records:
        line = text.line(created, level, logger, message, extras)
        if line is not None:
            assert line == general.item(LogRecord(created, 0, level, logger, message, extras, columns=columns))


def test_a_usual_record_is_rendered_from_parts() -> None:
    """Its extras too."""
    line = RecordText(None, True, ColumnTracker()).line(1.7e9 + 0.25, "INFO", "app.db", "served", (("ms", "37"),))

    assert line == "2023-11-14 22:13:20.250 INFO     app.db served  ms=37"


@pytest.mark.parametrize("message", ["", "é", "two\nlines", "tab\t", "\x1b[m"])
def test_a_message_that_is_not_printable_ascii_is_left_to_the_general_way(message: str) -> None:
    """There it is sanitized."""
    assert RecordText(None, True, ColumnTracker()).line(1.7e9, "INFO", "app", message, ()) is None


@pytest.mark.parametrize("created", [None, 17, "now", math.inf, math.nan])
def test_a_time_that_is_no_finite_float_is_left_to_the_general_way(created: object) -> None:
    """Records may be made by hand."""
    assert RecordText(None, True, ColumnTracker()).line(created, "INFO", "app", "served", ()) is None


def test_only_text_without_width_and_styles_is_rendered_from_parts() -> None:
    """Rows and styles need the whole record."""
    theme = make_theme("bold", {"message.error": "bold"}, 16)
    plain = RenderOptions(colour=False, own_colour=False)

    assert LineRenderer(80, plain).record_text(None) is None
    assert LineRenderer(None, RenderOptions(appearance=Appearance(theme=theme))).record_text(None) is None
    assert LineRenderer(None, plain).record_text(None) is not None


def test_columns_of_fields_or_in_another_order_are_left_to_the_general_way() -> None:
    """They are rare."""
    renderer = LineRenderer(None, RenderOptions(colour=False, own_colour=False))
    assert renderer.record_text(("user", "message")) is None
    assert renderer.record_text(("level", "time")) is None
