r"""Name of the logger in a header of which the grammar has found none. Pure; any thread.

Invariants:
- The name lies between the time and the message, in brackets or as a word, and is not the level. Of several the last
  one counts.
- A dotted name (``app.db``, ``a::b``) is a logger wherever it is behind the time, unless it is a source file. A single
  word is one behind the level only: in brackets, before a separator or several blanks.
- Threads, numbers, hosts before the level, and source locations are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.text.parse.grammar import HEADER_CHARS

if TYPE_CHECKING:
    from reflowlog.text.parse.grammar import HeaderParts

__all__ = ["with_logger"]

_DOTTED = rb"[A-Za-z_][\w$-]*(?:(?:\.|::|:(?=[a-z]))[A-Za-z_][\w$-]*)+"
_NO_FILE = (
    rb"(?<!\.c)(?<!\.h)(?<!\.m)(?<!\.cc)(?<!\.go)(?<!\.rs)(?<!\.py)(?<!\.rb)(?<!\.js)(?<!\.ts)(?<!\.cs)(?<!\.kt)"
    rb"(?<!\.cpp)(?<!\.hpp)(?<!\.php)(?<!\.tsx)(?<!\.jsx)(?<!\.java)(?<!\.scala)(?<!\.swift)"
)
_names = lazy_pattern(  # a dotted name as a whole token, in brackets too
    rb"(?:(?<=[ \[(|])|(?<=\A))(" + _DOTTED + rb")" + _NO_FILE + rb"(?= *[\])|]|  *|:? )"
)
_words = lazy_pattern(  # behind the level
    rb"(?<=[ \]|])(?:\[ *([A-Za-z_][\w-]*) *\](?=[ :\]\[])|([A-Za-z_][\w-]*)(?=  +|\] | +(?:-|--|\||>|::?|=>) ))"
)
_no_logger = lazy_pattern(
    rb"(?i:main|.*(?:thread|process|pool|executor).*|.*(?:worker|exec)[-_]?0+|(?:t|conn)0+|(?:tid|pid|req).*|no|none|null|nil)"
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
        if name.end(1) <= level[0] or name.start(1) >= level[1]:
            return parts._replace(logger=name.span(1))
    if level[1]:
        for name in reversed(list(_words.finditer(head, level[1], column))):
            number = name.lastindex or 0
            if _no_logger.fullmatch(name[number]) is None:
                return parts._replace(logger=name.span(number))
    return parts
