r"""Queries as a user types them: a comparison of a field, several joined ones, or else a regular expression. Pure.

Invariants:
- ``level>=warning``, ``logger=app.db``, ``user_id=42``, ``http.status!=200``, ``time>=2026-01-02``, ``msg~"timed out"``
  are comparisons, as defined in `text/search/comparison.py` and tested by `text/search/field_query.py`. Everything else
  is a regular expression.
- A text without an operator is compiled without loading what reads fields and headers of lines.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.pattern_source import PatternError

if TYPE_CHECKING:
    from reflowlog.text.parse.field_names import FieldNames
    from reflowlog.text.search.pattern import Matcher
    from reflowlog.text.search.shown_record import ShownRecords

__all__ = ["compile_query"]

_has_operator = lazy_pattern(r"[!=<>~]")
_has_join = lazy_pattern(r"\b(?:and|or|not|AND|OR|NOT)\b|\(")
_has_signs = lazy_pattern(r"&&| & |\|\||\A\s*!")


def compile_query(
    source: str,
    names: FieldNames = USUAL,
    *,
    ignore_case: bool = False,
    records: ShownRecords | None = None,
    now: float | None = None,
) -> Matcher:
    r"""Compile a typed expression into a matcher of lines.

    Args:
        source: a comparison, several joined by ``and``, ``or``, ``not`` and parentheses, or else a regular expression;
            with smart case.
        names: meanings of field names.
        ignore_case: case does not count.
        records: makes the shown texts of records, in which a regular expression is searched as well; None: only the
            lines as they came are searched.
        now: reference in seconds since the epoch, for times of lines without a year or a date; None: the clock.

    Raises:
        PatternError: the source is invalid.

    Examples:
        >>> data = b'{"user":{"id":42}}\nuser.id=421\nuser.id=42, again\n'
        >>> compile_query("user.id=42").matching(data), compile_query("user.id>42").matching(data)
        ([0, 31], [19])
        >>> compile_query("id.*42").matching(data)
        [0, 19, 31]
    """

    def compile_comparison(text: str) -> Matcher | None:
        if _has_operator.search(text) is None:
            return None
        from reflowlog.text.search.comparison import read_comparison  # start-up cost: only with an operator
        from reflowlog.text.search.field_query import Query

        comparison = read_comparison(text, names, ignore_case=ignore_case)
        utc = records is not None and records.utc
        return None if comparison is None else Query(comparison, names, now, utc=utc)

    if _has_signs.search(source) is not None and _has_operator.search(source) is not None:
        from reflowlog.text.search.expression import check_signs  # start-up cost: only with an operator

        check_signs(source, compile_comparison)
    query = compile_comparison(source)
    if query is None and _has_operator.search(source) and _has_join.search(source):
        from reflowlog.text.search.expression import read_expression  # start-up cost: few patterns join comparisons

        query = read_expression(source, compile_comparison)
    if query is not None:
        return query
    pattern = compile_pattern(source, ignore_case=ignore_case)
    if records is None:
        return pattern
    from reflowlog.text.search.shown_record import ShownPattern  # start-up cost: plain mode without filters

    loose = None
    if "  " in source:
        with contextlib.suppress(PatternError):
            loose = compile_pattern(re.sub(" {2,}", " +", source), ignore_case=ignore_case)
    return ShownPattern(pattern, records, loose)
