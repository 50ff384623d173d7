r"""Level in one token with other fields, where a header has none of its own: ``I/tag   [``, ``warn:a.b:12:``. Pure.

Invariants:
- It is the first token of the line, or of what stands behind the time.
- Its other parts are those of a field: a name before a source location, a process or several blanks, a path with a
  line, a chain of names and numbers. So ``I/O error``, ``error:no such file`` and ``warn:x`` have no such level.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.grammar import HEADER_CHARS, LEVEL_WORDS

if TYPE_CHECKING:
    from reflowlog.text.parse.grammar import HeaderParts

__all__ = ["with_glued_level"]

_LEVEL = "|".join(LEVEL_WORDS)
_CAPITALS = "DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY|FATAL"
_glued = lazy_pattern(
    rf"""(?: (?P<letter> [VDIWEF] ) / [A-Za-z] [\w.-]+ (?: \ {{2,}} | [ ]?\[ | :0+\ 0+\ [\w./-]+:0+\ )  # I/TC:0 0 f:12
      | (?P<name> (?i:{_LEVEL}) ) : (?: [\w.-]+ :0+: | (?:[A-Za-z]:)? [\w./\\-]* [/\\] [\w./\\-]+ :0+: )  # warn:a.b:12:
      | (?!NON?_) [A-Z]{{2,8}}_(?P<capitals>{_CAPITALS}) \ [\w./-]+(?:\(0+\)|:0+)\   # UVM_INFO a.sv(12)
      | \[ [\w-]+ [.] (?P<bracketed>{_CAPITALS}) \] :? \   # [app.INFO]:
      | [\w:./-]+ (?:\(\))? :0+ < (?P<angled> (?i:{_LEVEL}) ) > \   # app:core:run():12<info>
      | (?:[\w.-]+:\ )? [\w.:-]+: \ \* (?P<starred>{_CAPITALS}) \*: \ +  # a.c: 12:run: *NOTICE*:
    )""".encode(),
    re.VERBOSE,
)
_path = lazy_pattern(rb"(?:[A-Za-z]:)?[\w./\\-]*[/\\][\w./\\-]+:0+: +")


def with_glued_level(head: bytes, parts: HeaderParts) -> HeaderParts:
    r"""Return a header with the level that is glued to its first field; a path behind it belongs to the header, too.

    Args:
        head: see `text/parse/header.py`.
        parts: the header that was read.

    Examples:
        >>> from reflowlog.text.parse.grammar import NO_HEADER
        >>> with_glued_level(b"warn:app.db:0000:00: no text\n", NO_HEADER).level
        (0, 4)
    """
    column, level, time, _ = parts
    if level[1] or column > HEADER_CHARS:
        return parts
    start = len(head) - len(head[time[1] :].lstrip(b" :")) if time[1] else 0
    found = _glued.match(head) or (_glued.match(head, start) if start else None)
    if found is None:
        return parts
    span = found.span(found.lastgroup or 0)
    if found["starred"] and found.start() == start and column:
        return parts._replace(level=span, column=max(column, found.end()))
    if start == found.start() and found["name"] and time[1]:
        path = _path.match(head, span[1] + 1)
        if path is not None:
            return parts._replace(level=span, column=path.end())
    return parts._replace(level=span)
