"""Where a user's own files are. All that a start without such files has to load."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["config_path", "folder"]


def folder(environ: Mapping[str, str]) -> str:
    """Where the configuration is: ``$XDG_CONFIG_HOME/reflowlog``, or ``~/.config/reflowlog``; empty for nowhere.

    >>> folder({"XDG_CONFIG_HOME": "/x"}), folder({"HOME": "/home/me"}), folder({})
    ('/x/reflowlog', '/home/me/.config/reflowlog', '')
    """
    base = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):  # as the XDG specification has it
        home = environ.get("HOME", "")
        if not home:
            return ""
        base = os.path.join(home, ".config")
    return os.path.join(base, "reflowlog")


def config_path(environ: Mapping[str, str]) -> str:
    """The path of the configuration file, whether there is one or not; empty for none."""
    where = folder(environ)
    return os.path.join(where, "config.toml") if where else ""
