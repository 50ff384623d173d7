"""Changes the lists of columns and hidden fields in a configuration file, and nothing else in it.

Invariants:
- What is written has been parsed before: a file is never replaced by one that is wrong.
- All other lines, comments too, stay as they are. The file is replaced as a whole: no crash leaves a part of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from typing import TYPE_CHECKING

from reflowlog.config.file import parse
from reflowlog.config.toml_lines import ConfigError, read_text
from reflowlog.system.paths import config_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["with_lists", "write_columns"]


def with_lists(text: str, lists: Mapping[str, Sequence[str]]) -> str:
    r"""Return a configuration with lists of names set, each in the place of its old line, else before all tables.

    Args:
        text: the configuration, which is valid TOML.
        lists: the names by key; an empty list removes the key.

    Examples:
        >>> with_lists('utc = true\ncolumns = ["time"]  # mine\n', {"columns": ["time", "user"], "hide": []})
        'utc = true\ncolumns = ["time", "user"]\n'
    """
    head, tables = _split_at_tables(text)
    for key, names in lists.items():
        line = f"{key} = [{', '.join(json.dumps(name, ensure_ascii=False) for name in names)}]\n" if names else ""
        start, stop = _assignment(head, key)
        if start < stop:
            head = head[:start] + line + head[stop:]
        elif line:
            head = head.rstrip("\n") + "\n" * bool(head.strip()) + line + ("\n" if tables else "")
    return head + tables


def _split_at_tables(text: str) -> tuple[str, str]:
    """Return the text before the first table, and the rest; a bracket in a list or a text begins no table."""
    for found in re.finditer(r"^[ \t]*\[", text, re.MULTILINE):
        if _is_whole(text[: found.start()]):
            return text[: found.start()], text[found.start() :]
    return text, ""


def _assignment(head: str, key: str) -> tuple[int, int]:
    """Return start and end of the lines that set a key; an empty span if none does."""
    for found in re.finditer(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=", head, re.MULTILINE):
        if not _is_whole(head[: found.start()]):
            continue
        stop = found.end()
        while True:
            stop = head.find("\n", stop) + 1 or len(head)
            if _is_whole(head[:stop]) or stop == len(head):
                return found.start(), stop
    return 0, 0


def _is_whole(text: str) -> bool:
    """Return whether a text is TOML by itself: it ends in no list and no text of several lines."""
    from reflowlog.config.toml_lines import TomlFile

    try:
        TomlFile(text, "")
    except ConfigError:
        return False
    return True


def write_columns(environ: Mapping[str, str], columns: Sequence[str], hidden: Sequence[str]) -> str:
    """Write columns and hidden fields into the user's configuration; return its path.

    Raises:
        ConfigError: there is no place for it, it is wrong as it is, or it cannot be written.
    """
    path = config_path(environ)
    if not path:
        raise ConfigError("there is no home directory for a configuration")
    before = read_text(path) or ""
    parse(before, path)
    text = with_lists(before, {"columns": columns, "hide": hidden})
    parse(text, path)
    target = os.path.realpath(path)  # the file behind a link, which stays
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        number, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".config")
        try:
            with open(number, "w", encoding="utf-8") as file:
                file.write(text)
            with contextlib.suppress(OSError):
                os.chmod(temporary, os.stat(target).st_mode & 0o777)
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    return path
