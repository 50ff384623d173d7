"""Commands in a user's settings as lists of words; no shell is involved. Cheap to import: a start needs it."""

from __future__ import annotations

import os
import shlex

__all__ = ["split_command", "split_words"]

_ESCAPE = "" if os.name == "nt" else "\\"


def split_words(text: str) -> list[str]:
    r"""Split a text into words as a shell would; on Windows a backslash is a part of a path, and quotes nothing.

    Raises:
        ValueError: a quote is left open.

    Examples:
        >>> split_words("code --wait"), split_words("'/opt/my editor/vi' -u NONE")
        (['code', '--wait'], ['/opt/my editor/vi', '-u', 'NONE'])
    """
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = _ESCAPE
    return list(lexer)


def split_command(text: str) -> list[str]:
    """Split a command into its words; the absolute path of a file is one word, also with blanks in it.

    Raises:
        ValueError: a quote is left open.
    """
    path = text.strip()
    return [path] if os.path.isabs(path) and os.path.isfile(path) else split_words(text)
