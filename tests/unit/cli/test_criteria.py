"""Messages at the end of all inputs about options that had no effect: one rule and one order for all modes."""

from __future__ import annotations

import pytest

from reflowlog.cli import criteria as criteria_module
from reflowlog.cli.build import make_field_watch
from reflowlog.cli.criteria import RecordCriteria, warn_at_end
from reflowlog.cli.options import parse


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hints are for a reader at a terminal."""
    monkeypatch.setattr(criteria_module, "is_tty", lambda _: True)


def fed(criteria: RecordCriteria, lines: bytes) -> RecordCriteria:
    """Return criteria by which lines were filtered."""
    record_filter = criteria.make_filter()
    criteria.has_passed = bool(record_filter.feed(lines) + record_filter.rest())
    return criteria


def test_messages_are_about_fields_then_expressions_then_levels() -> None:
    """In whichever mode."""
    options = parse(["--columns", "usr", "-g", "Boom", "-l", "error"], {})
    fields = make_field_watch(options)
    assert fields is not None
    fields.check(b"user=1\n")
    warnings: list[str] = []
    assert warn_at_end(warnings.append, fields, [fed(RecordCriteria(options), b"no level here\n")])
    assert [warning.partition(":")[0] for warning in warnings] == [
        "no shown record has the field 'usr' (did you mean 'user'?)",
        "no record matches 'Boom'",
        "no record had a level that is known here, so --level shows nothing",
    ]


@pytest.mark.parametrize("shown", [b"Boom\n", b"2024-05-01 10:00:00 ERROR Boom\n"])
def test_an_output_with_an_effect_leaves_no_message(shown: bytes) -> None:
    """A command's standard error counts as its output does."""
    options = parse(["-g", "Boom"] + ["-l", "error"] * (b"ERROR" in shown), {})
    warnings: list[str] = []
    assert not warn_at_end(warnings.append, None, [fed(RecordCriteria(options), each) for each in (b"quiet\n", shown)])
    assert warnings == []


def test_without_criteria_nothing_had_no_effect() -> None:
    """The viewer filters by itself."""
    assert not warn_at_end(pytest.fail, None, [])
