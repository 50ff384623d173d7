"""Paths of a user's own files. A module of its own, so that a start without such files loads nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["config_folder", "config_path"]


def config_folder(environ: Mapping[str, str]) -> str:
    """Return the configuration folder: ``$XDG_CONFIG_HOME/reflowlog``, or ``~/.config/reflowlog``; empty if unknown.

    >>> config_folder({"XDG_CONFIG_HOME": "/x"}), config_folder({"HOME": "/home/me"}), config_folder({})
    ('/x/reflowlog', '/home/me/.config/reflowlog', '')
    """
    base = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):  # the XDG specification requires an absolute path
        home = environ.get("HOME", "") or environ.get("USERPROFILE", "")  # the latter on Windows
        if not home:
            return ""
        base = os.path.join(home, ".config")
    return os.path.join(base, "reflowlog")


def config_path(environ: Mapping[str, str]) -> str:
    """Return the path of the configuration file, which may not exist; empty if unknown."""
    where = config_folder(environ)
    return os.path.join(where, "config.toml") if where else ""
