"""Expansion of the file names of a command line: directories, globs that no shell has expanded, rotated sets.

Invariants:
- A directory expands to the regular files directly in it, without its subdirectories. Names that begin with a dot are
  left out, and so are binary files (a zero byte near their start, and no compression that can be read).
- A file and a symbolic link to it in the same directory count once, by the link's name, because the link moves on to
  the next file after a rotation.
- A name that exists as a file is that file, even if it contains glob characters.
- The oldest file of a rotated set (``app.log``, ``app.log.1``, ``app.log.2.gz``) comes first, in directories and
  globs; files named one by one keep their order, unless all of them form one set. Before a suffix a date is the age
  of a rotated file (``app-2026-01-01.log``), a number is only beside its live file (``app-1.log``).
- Every other name is returned unchanged: its error is reported when it is opened.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Sequence

__all__ = ["age_order", "expand_paths", "is_rotated", "new_logs_in", "older_of"]

_COMPRESSED_MAGIC = (b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh")
_HEAD_SIZE = 1024  # bytes read to recognize a binary file

_DATE = r"\d{4}-?\d\d-?\d\d(?:[-T_.]?\d\d(?:-?\d\d){0,2})?"
_PACKED = r"(?P<packed>\.(?:gz|bz2|xz|zst))?"
_rotated_name = lazy_pattern(rf"(?P<stem>.+?)(?:[.-](?P<age>\d{{1,4}}|{_DATE}))?{_PACKED}")
_aged_before_suffix = lazy_pattern(
    rf"(?P<stem>.+?)[._-](?:(?P<date>{_DATE})(?:[._-](?P<index>\d{{1,3}}))?|(?P<age>\d{{1,4}}))"
    rf"(?P<suffix>\.(?:log|txt|out|err|jsonl?|ndjson)){_PACKED}"
)  # log4j, logback, winston, serilog


def expand_paths(names: Sequence[str]) -> list[str]:
    """Return the file names that the arguments stand for; a directory without logs is returned as it is."""
    found: list[str] = []
    for name in names:
        if name == "-" or name.startswith(("nats://", "syslog://", "socket://")):
            found.append(name)
        elif os.path.isdir(name):
            found += _logs_in(name) or [name]
        elif not os.path.lexists(name) and any(sign in name for sign in "*?["):
            found += _expand_glob(name) or [name]
        else:
            found.append(name)
    return _by_age(found) if len({_set_of(name) for name in found}) == 1 else found


def _logs_in(name: str) -> list[str]:
    """Return the logs in a directory, oldest of each set first; empty if the directory cannot be read."""
    try:
        with os.scandir(name) as entries:
            paths = [entry.path for entry in entries if not entry.name.startswith(".") and entry.is_file()]
    except OSError:
        return []
    return _by_age([path for path in _without_aliases(paths) if _may_be_text(path)])


def new_logs_in(name: str, known: set[str]) -> list[str]:
    """Return the logs that have appeared in a directory since the last call, and add all new names to the known ones.

    Rotated files are left out whose live file is known: what they hold was read from that.
    """
    try:
        with os.scandir(name) as entries:
            paths = [each.path for each in entries if not each.name.startswith(".") and each.path not in known]
    except OSError:
        return []
    live = {os.path.abspath(path) for path in known}
    known.update(paths)
    live.update(map(os.path.abspath, paths))
    return _by_age([path for path in paths if not is_rotated(path, live) and _may_be_text(path)])


def _expand_glob(pattern: str) -> list[str]:
    """Return the files that match a glob, special files included and directories excluded."""
    from glob import glob

    return _by_age(_without_aliases([path for path in glob(pattern) if not os.path.isdir(path)]))


def _without_aliases(paths: list[str]) -> list[str]:
    """Return one name for each file (device and inode): the first symbolic link, if there is one."""
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
    """Return whether a file is to be shown; True if it cannot be opened, so that its error is reported."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb", buffering=0) as file:
            head = file.read(_HEAD_SIZE)
    except OSError:
        return True
    return head.startswith(_COMPRESSED_MAGIC) or b"\0" not in head


class _Age(NamedTuple):
    """The name of a rotated file, taken apart.

    Attributes:
        stem: name of the live file.
        age: the date or number; empty for a live file.
        number: among the files of one date.
        is_packed: it is compressed.
    """

    stem: str
    age: str
    number: int
    is_packed: bool


def _split(name: str, *, has_live: bool = False) -> _Age:
    """Take the name of a file apart; `has_live`: its live file is there, so that a number before the suffix counts."""
    inner = _aged_before_suffix.fullmatch(name)
    if inner is not None and (inner["date"] or has_live):
        return _Age(
            inner["stem"] + inner["suffix"],
            inner["date"] or inner["age"],
            int(inner["index"] or 0),
            inner["packed"] is not None,
        )
    found = _rotated_name.fullmatch(name)
    return (
        _Age(name, "", 0, False) if found is None else _Age(found["stem"], found["age"] or "", 0, bool(found["packed"]))
    )


def _set_of(name: str) -> str:
    return _split(name).stem


def _by_age(paths: Collection[str]) -> list[str]:
    """Return files sorted by `age_order`, where a number before the suffix counts beside its live file."""
    return sorted(paths, key=lambda path: age_order(path, has_live=_split(path, has_live=True).stem in paths))


def is_rotated(name: str, paths: Container[str]) -> bool:
    """Return whether a file is a rotated one whose live file is among `paths`, which are absolute."""
    found = _split(os.path.abspath(name), has_live=True)
    return bool(found.age) and found.stem in paths


def older_of(path: str) -> list[str]:
    """Return the uncompressed rotated files beside a live log file, oldest first."""
    directory, head = os.path.split(path)
    try:
        names = os.listdir(directory or os.curdir)
    except OSError:
        return []
    ages = {name: _split(name, has_live=True) for name in names}
    older = [name for name, each in ages.items() if each.stem == head and each.age and not each.is_packed]
    order = sorted(older, key=lambda name: age_order(name, has_live=True))
    return [os.path.join(directory, name) for name in order]


def age_order(name: str, *, has_live: bool = False) -> tuple[str, int, int, str]:
    """Sort key that puts the oldest file of a set first: ascending dates, descending numbers, then the live file.

    Args:
        name: of a file.
        has_live: its live file is there, so that a number before the suffix is an age, too.

    >>> sorted(["a.log", "a.log.10.gz", "a.log.2", "a.log-20260101"], key=age_order)
    ['a.log-20260101', 'a.log.10.gz', 'a.log.2', 'a.log']
    >>> sorted(["a.log", "a-2026-01-02.10.log", "a-2026-01-02.9.log", "a-2026-01-01.log"], key=age_order)
    ['a-2026-01-01.log', 'a-2026-01-02.9.log', 'a-2026-01-02.10.log', 'a.log']
    """
    stem, age, number, _ = _split(name, has_live=has_live)
    if not age:
        return stem, 2, 0, name
    digits = int(re.sub(r"\D", "", age))
    return (stem, 0, digits, f"{number:03}{name}") if len(age) > 4 else (stem, 1, -digits, name)
