"""TOML files with the line numbers of their keys, for error messages."""

from __future__ import annotations

import os
import re
import stat
import sys
from typing import Any, NoReturn

__all__ = ["ConfigError", "TomlFile", "read_text"]


MAX_FILE_BYTES = 1 << 20  # bytes of a configuration or a theme


class ConfigError(ValueError):
    """A configuration or theme file is wrong; the text gives file, line and mistake in one line."""


def read_text(path: str) -> str | None:
    """Return a file's text; None if there is no such file.

    Raises:
        ConfigError: it cannot be read, is no regular file, is too large, or is not UTF-8.
    """
    try:
        status = os.stat(path)
        if not (
            stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
        ):  # a FIFO would be waited for, a device may never end
            raise ConfigError(f"{path}: this is not a regular file")
        if status.st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path}: this has more than {MAX_FILE_BYTES:,} bytes")
        with open(path, "rb") as file:
            data = file.read()
        return data.decode("utf-8-sig")  # as editors on Windows write it
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: this is not UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None


# -- TOML, with lines ------------------------------------------------------------------------------------------------


class TomlFile:
    """A parsed TOML file with the line numbers of its keys, which `tomllib` does not report."""

    def __init__(self, text: str, path: str) -> None:
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

        self.path = path
        self._text = text
        try:
            self.table: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(_AT_LINE, str(error))
            what = re.sub(_AT_LINE, "", str(error))
            line = place[1] if place and place[1] else text.rstrip("\n").count("\n") + 1
            raise ConfigError(f"{path}:{line}: {what[:1].lower()}{what[1:]}") from None
        except RecursionError:
            raise ConfigError(f"{path}: too many brackets are nested") from None

    def fail(self, key: tuple[str, ...], message: str) -> NoReturn:
        """Raise the error for a key; the key of a table in an array contains its number."""
        raise ConfigError(f"{self.path}:{self._line_of(key)}: {message}")

    def _line_of(self, key: tuple[str, ...]) -> int:
        """Return the line of a key, or of its longest prefix that has one."""
        best = (0, 1)
        table: tuple[str, ...] = ()
        counts: dict[tuple[str, ...], int] = {}
        for number, line in enumerate(self._text.split("\n"), 1):
            head = re.match(_HEAD, line)
            pair = None if head else re.match(_PAIR, line)
            if head:
                table = _keys_in(head[2])
                if head[1] == "[[":
                    count = counts[table] = counts.get(table, -1) + 1
                    table = (*table, str(count))
            name = table if head else (*table, *_keys_in(pair[1])) if pair else ()
            if name and (name == key[: len(name)] or (head and key == name[: len(key)])):
                best = max(best, (min(len(name), len(key)), number), key=lambda found: found[0])
        return best[1]


# Compiled on use: every logging program loads this file, and nearly all have no mistake to report.
_AT_LINE = r" \(at line (\d+), column \d+\)| \(at end of document\)"
_BARE = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_HEAD = rf"\s*(\[\[?)\s*({_BARE}(?:\s*\.\s*{_BARE})*)\s*\]"
_PAIR = rf"\s*({_BARE}(?:\s*\.\s*{_BARE})*)\s*="


def _keys_in(text: str) -> tuple[str, ...]:
    """Split a dotted key."""
    return tuple(each.strip("\"'") for each in re.findall(_BARE, text))
