"""What is meant by the names on a command line: directories, globs that no shell has expanded, rotated sets.

Rules of this file:
- A directory stands for the regular files in it, not for what is in directories there. Names that begin with a dot, and
  files that hold no text (a zero byte at their start, and nothing that can be unpacked), are left out.
- A file that a link beside it points to is there once, by the name of the link: that goes on with what comes next.
- What has the name of a file is that file, whatever signs are in the name.
- Of a rotated set (``app.log``, ``app.log.1``, ``app.log.2.gz``) the oldest comes first. So it is in a directory and a
  glob; files that were named one by one keep their order, unless all of them are one set.
- All other names are handed on as they are: what is wrong with them is told when they are opened.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

__all__ = ["expand_paths", "is_rotated", "older_of"]

_PACKED = (b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh")
_HEAD = 1024  # bytes of a file by which it is known to hold no text

_rotated = re.compile(
    r"(?P<stem>.+?)(?:[.-](?P<age>\d{1,4}|\d{4}-?\d\d-?\d\d(?:[-T_.]?\d\d(?:-?\d\d){0,2})?))?"
    r"(?P<packed>\.(?:gz|bz2|xz|zst))?"
)


def expand_paths(names: Sequence[str]) -> list[str]:
    """Names of files, once it is known what was meant; a directory that holds none stays as it is."""
    found: list[str] = []
    for name in names:
        if name == "-" or name.startswith(("nats://", "syslog://", "socket://")):
            found.append(name)
        elif os.path.isdir(name):
            found += _in_directory(name) or [name]
        elif not os.path.lexists(name) and any(sign in name for sign in "*?["):
            found += _expanded(name) or [name]
        else:
            found.append(name)
    return sorted(found, key=_order) if len({_set_of(name) for name in found}) == 1 else found


def _in_directory(name: str) -> list[str]:
    """The logs in a directory; none where it cannot be read."""
    try:
        with os.scandir(name) as entries:
            paths = [entry.path for entry in entries if not entry.name.startswith(".") and entry.is_file()]
    except OSError:
        return []
    return sorted((path for path in _without_aliases(paths) if _may_be_text(path)), key=_order)


def _expanded(pattern: str) -> list[str]:
    """What a glob stands for: regular files, and what is no file but can be read."""
    from glob import glob

    return sorted(_without_aliases([path for path in glob(pattern) if not os.path.isdir(path)]), key=_order)


def _without_aliases(paths: list[str]) -> list[str]:
    """One name for each file: of several the first that is a link."""
    found: dict[object, str] = {}
    for path in sorted(paths, key=lambda path: (not os.path.islink(path), path)):
        try:
            what = os.stat(path)
        except OSError:
            found[path] = path
        else:
            found.setdefault((what.st_dev, what.st_ino), path)
    return list(found.values())


def _may_be_text(path: str) -> bool:
    """Whether a file is to be shown; one that cannot be opened is, for its reason is to be told."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb", buffering=0) as file:
            head = file.read(_HEAD)
    except OSError:
        return True
    return head.startswith(_PACKED) or b"\0" not in head


def _split(name: str) -> tuple[str, str]:
    """The name that a rotated file had, and what was added to it."""
    found = _rotated.fullmatch(name)
    return (found["stem"], found["age"] or "") if found is not None else (name, "")


def _set_of(name: str) -> str:
    return _split(name)[0]


def is_rotated(name: str, paths: Container[str]) -> bool:
    """Whether a file is one of a rotated set of which the one that is written to is among some absolute paths."""
    stem, age = _split(os.path.abspath(name))
    return bool(age) and stem in paths


def older_of(path: str) -> list[str]:
    """The rotated files of a set that lie beside the one that is written to, but for those that are compressed."""
    directory, head = os.path.split(path)
    try:
        names = os.listdir(directory or os.curdir)
    except OSError:
        return []
    found = [_rotated.fullmatch(name) for name in names if name.startswith(head) and name != head]
    older = [each.string for each in found if each is not None and each["stem"] == head and not each["packed"]]
    return [os.path.join(directory, name) for name in sorted(older, key=_order)]


def _order(name: str) -> tuple[str, int, int, str]:
    """Oldest first within a set: dates upward, then numbers downward, then the file that is written to.

    >>> sorted(["a.log", "a.log.10.gz", "a.log.2", "a.log-20260101"], key=_order)
    ['a.log-20260101', 'a.log.10.gz', 'a.log.2', 'a.log']
    """
    stem, age = _split(name)
    if not age:
        return stem, 2, 0, name
    digits = int(re.sub(r"\D", "", age))
    return (stem, 0, digits, name) if len(age) > 4 else (stem, 1, -digits, name)
