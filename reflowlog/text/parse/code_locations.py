"""Locations in source code that a text names: file and line, from tracebacks and messages of compilers. Pure.

Invariants:
- The order is that in which a reader wants them: of a Python traceback the last frame first, of all others the first.
- Nothing is looked up: whether a file exists is for the caller to find out.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CodeLocation", "find_code_locations", "is_library"]

MAX_LOCATIONS = 200
"""Locations that are returned of a text at most."""

MAX_LINE_CHARS = 20_000
"""Characters of a line that are searched."""


class CodeLocation(NamedTuple):
    """A line of a file.

    Attributes:
        paths: where the file may be, the likeliest first; absolute, or relative to any directory.
        line: its number, from 1.
        column: from 1; 0: unknown.
    """

    paths: tuple[str, ...]
    line: int
    column: int = 0


_SOURCE_FOLDERS = (
    *("", "src/main/java/", "src/main/kotlin/", "src/main/scala/", "src/test/java/", "src/", "app/src/main/java/"),
)
_PATH = r"(?:file://)?(?:[A-Za-z]:[\\/])?[^\s\"'`()\[\]{}<>:,;=|*?]*[^\s\"'`()\[\]{}<>:,;=|*?.]\.[A-Za-z][\w+]{0,9}"


@cache
def _python_frame() -> re.Pattern[str]:
    return re.compile(r'File "([^"\n]+)", line (\d{1,9})')


_JAVA = r"(?P<java>[\w$]+\.(?:java|kt|scala|groovy|clj))"
_BEFORE_JAVA = r"\bat\ (?:[\w.$/@<>-]*/)?(?P<method>[\w$.]+)\.[\w$<>]+"
_WITH_BLANKS = r"(?<=\()(?P<spaced>(?:/|[A-Za-z]:[\\/])[^()\n]*?\.[A-Za-z]\w{0,9})"


@cache
def _other_location() -> re.Pattern[str]:
    """Return the pattern of all other locations, with a group for each form."""
    return re.compile(
        rf"""
        {_BEFORE_JAVA} \( {_JAVA} : (?P<java_line>\d{{1,9}}) \)
        | \bin\ (?P<net>\S[^\n]*?):line\ (?P<net_line>\d{{1,9}})
        | {_WITH_BLANKS} : (?P<spaced_line>\d{{1,9}}) (?: : (?P<spaced_column>\d{{1,6}}) )? (?=\))
        | (?<![\w/\\.:-]) (?P<path>{_PATH})
          (?: :(?P<line>\d{{1,9}})(?::(?P<column>\d{{1,6}}))?(?![\w.]*\w)
            | \((?P<in_line>\d{{1,9}})(?:,(?P<in_column>\d{{1,6}}))?\)
            | "?(?:,|:|\ on)\ line\ (?P<on_line>\d{{1,9}}) )
        """,
        re.VERBOSE,
    )


def find_code_locations(texts: Iterable[str]) -> list[CodeLocation]:
    r"""Return the locations that texts name, each once.

    Args:
        texts: sanitized texts, with newlines; those that matter most first.

    Examples:
        >>> find_code_locations(['File "/srv/a.py", line 3, in f', "src/main.c:12:5: error: x"])
        [CodeLocation(paths=('/srv/a.py',), line=3, column=0), CodeLocation(paths=('src/main.c',), line=12, column=5)]
        >>> find_code_locations(["    at org.shop.Cart.add(Cart.java:7)"])[0].paths[:2]
        ('org/shop/Cart.java', 'src/main/java/org/shop/Cart.java')
    """
    found: dict[CodeLocation, None] = {}
    for text in texts:
        lines = [line[:MAX_LINE_CHARS] for line in text.split("\n")]
        frames = [
            CodeLocation((frame[1],), int(frame[2])) for line in lines for frame in _python_frame().finditer(line)
        ]
        found.update(dict.fromkeys(each for each in reversed(frames) if each not in found))
        for line in lines:
            if not _python_frame().search(line):
                for match in _other_location().finditer(line):
                    location = _location_of(match)
                    if location is not None:
                        found.setdefault(location)
        if len(found) > MAX_LOCATIONS:
            break
    return list(found)[:MAX_LOCATIONS]


def _location_of(match: re.Match[str]) -> CodeLocation | None:
    """Return the location of a match; None if its name is not that of a file."""
    groups = match.groupdict()
    if groups["java"]:
        folder = "/".join(groups["method"].split(".")[:-1])
        name = f"{folder}/{groups['java']}" if folder else groups["java"]
        paths = [f"{each}{name}" for each in _SOURCE_FOLDERS]
        return CodeLocation((*paths, groups["java"]), int(groups["java_line"]))
    if groups["net"]:
        return CodeLocation((groups["net"],), int(groups["net_line"]))
    if groups["spaced"]:
        return CodeLocation((groups["spaced"],), int(groups["spaced_line"]), int(groups["spaced_column"] or 0))
    path = groups["path"].removeprefix("file://")
    if "://" in path or path.startswith(("//", "node:")):
        return None
    line = groups["line"] or groups["in_line"] or groups["on_line"]
    return CodeLocation((path,), int(line), int(groups["column"] or groups["in_column"] or 0))


@cache
def _library() -> re.Pattern[str]:
    return re.compile(
        r"[\\/](?:site-packages|dist-packages|node_modules|vendor|\.cargo|\.rustup|rustc|\.m2|gems)[\\/]"
        r"|[\\/]lib(?:64)?[\\/]python\d|^/usr/(?:lib|local/go|include)|<frozen"
    )


def is_library(path: str) -> bool:
    """Return whether a path is that of a library, by its form.

    >>> is_library("/srv/.venv/lib/python3.12/site-packages/x.py"), is_library("/srv/app.py")
    (True, False)
    """
    return _library().search(path) is not None
