"""Looks: how records with fields are shown, and what is found in plain lines. What the ways to a screen share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reflowlog.text.highlight.themes import Theme
    from reflowlog.text.parse.field_names import FieldNames

__all__ = ["Appearance"]


class Appearance(NamedTuple):
    """What a user may say of how lines look, besides how they wrap.

    Attributes:
        columns: the names of the columns of records with fields (JSON, logfmt); None: they are lines like others.
        utc: show their times in UTC; else they are local.
        theme: how what is found in lines without colours of their own looks, and the columns of records; None: it is
            not looked for, and the columns are plain.
        host: this machine's name, if addresses and files are to be links; None: they are not. It takes a theme.
        names: what the names of fields mean; None: what they usually do.
    """

    columns: tuple[str, ...] | None = None
    utc: bool = False
    theme: Theme | None = None
    host: str | None = None
    names: FieldNames | None = None
