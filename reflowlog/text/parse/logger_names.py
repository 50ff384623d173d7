r"""Name of the logger in a header of which the grammar has found none. Pure; any thread.

Invariants:
- The name lies between the time and the message, in brackets or as a word, and is not the level. Of several the last
  one counts.
- A dotted name (``app.db``, ``a::b``) is a logger wherever it is behind the time, unless it is a source file. A single
  word is one behind the level only: in brackets, before a separator or several blanks.
- Without a level it is a word in brackets behind the time: ``12:00:00 [vite]``. A name with a process id (``app[12]``)
  is one where there is no other, and so are the process of Celery and the category of .NET.
- Threads, numbers, hosts before the level, and source locations are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.grammar import HEADER_CHARS
from reflowlog.text.parse.message_start import is_source, is_thread

if TYPE_CHECKING:
    from reflowlog.text.parse.grammar import HeaderParts

__all__ = ["with_logger"]

_DOTTED = rb"[A-Za-z_][\w$-]*(?:(?:\.|::|:(?=[a-z]))[A-Za-z_][\w$-]*)+"
_CONTAINERS = rb"(?:\.\[[^\]\[\s]*\]?)*"  # of Tomcat: C.[Tomcat].[localhost].[/], which Spring cuts to C.[.[.[/]
_names = lazy_pattern(  # a dotted name as a whole token, in brackets too
    rb"(?:(?<=[ \[(|])|(?<=\A))(" + _DOTTED + _CONTAINERS + rb")(?= *[\])|]|  *|:? )"
)
_words = lazy_pattern(  # behind the level
    rb"(?<=[ \]|])(?:\[ *([A-Za-z_][\w-]*) *\](?=[ :\]\[])|([A-Za-z_][\w-]*)(?=  +|\] | +(?:-|--|\||>|::?|=>) )"
    rb"|\(([A-Za-z_][\w.-]*)/0+(?: on [\w.-]+)?\)(?=:? ))"
)
_with_process = lazy_pattern(rb"(?<= )([A-Za-z_][\w.-]*)\[0+\](?= )")  # app[12], before the level, too
_tag = lazy_pattern(rb" *\[([A-Za-z]+(?:[-_:][A-Za-z]+)*)\] ")  # [vite] behind a time
_behind_level = lazy_pattern(rb"/([A-Za-z][\w-]*)\]")  # [12:00:00: INFO/MainProcess]
_category = lazy_pattern(rb"([A-Za-z_]\w*(?:\.\w+)+)\[0+\]\n")  # of .NET, alone in the line behind its level
_no_name = lazy_pattern(
    rb"(?i:.*(?:thread|process|pool|executor).*|.*(?:worker|exec)[-_]?0+|(?:t|conn)0+|(?:tid|pid|req).*|no|none|null|nil)"
)


def with_logger(head: bytes, parts: HeaderParts) -> HeaderParts:
    r"""Return a header with the name of its logger, if it has none yet.

    Args:
        head: see `text/parse/header.py`.
        parts: the header that was read.

    Examples:
        >>> from reflowlog.text.parse.grammar import HeaderParts
        >>> head = b"00:00:00 INFO [app.db] it is up\n"
        >>> found = with_logger(head, HeaderParts(23, (9, 13), (0, 8), (0, 0)))
        >>> head[slice(*found.logger)]
        b'app.db'
    """
    column, level, time, logger = parts
    if logger[1] or not 0 < column <= HEADER_CHARS or not (level[1] or time[1]):
        return parts
    is_in_time = level[1] > 0 and time[0] <= level[0] < time[1]  # [12:00:00 INFO app.db]
    start = level[1] if is_in_time or not time[1] else time[1]
    for name in reversed(list(_names.finditer(head, start, column))):
        if (name.end(1) <= level[0] or name.start(1) >= level[1]) and not is_source(name[1]):
            return parts._replace(logger=name.span(1))
    if level[1]:
        for name in reversed(list(_words.finditer(head, level[1], column))):
            number = name.lastindex or 0
            if _is_logger(name[number]):
                return parts._replace(logger=name.span(number))
    process = _behind_level.match(head, level[1], column) if is_in_time else None
    if process is not None:
        return parts._replace(logger=process.span(1))
    other = (
        _with_process.search(head, start, column)
        or (_category.match(head, column) if level[1] and not time[1] else None)
        or (None if level[1] else _tag.match(head, start, column))
    )
    return parts if other is None or is_thread(other[1]) else parts._replace(logger=other.span(1))


def _is_logger(name: bytes) -> bool:
    """Return whether a single word is a name of a logger, and no thread, number of a request or empty value."""
    return not is_thread(name) and _no_name.fullmatch(name) is None
