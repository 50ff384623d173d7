"""Themes as the package holds them, made of `reflowlog/themes/*.toml`.

    python tests/support/shipped_themes.py --write

writes `reflowlog/config/shipped_themes.py` anew after a change of a theme.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = Path(__file__).resolve().parents[2] / "reflowlog"
MODULE = PACKAGE / "config" / "shipped_themes.py"
NAMES = ("dark", "light", "mono")


def styles_of(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the styles of a theme by their dotted names."""
    found: dict[str, str] = {}
    for name, value in table.items():
        found |= styles_of(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def shipped_themes() -> dict[str, dict[str, str]]:
    """Return the styles of every theme file, by the name of the theme."""
    return {name: styles_of(tomllib.loads((PACKAGE / f"themes/{name}.toml").read_text("utf-8"))) for name in NAMES}


def source() -> str:
    """Return the text of the module: its introduction as it is, and the themes of the files."""
    introduction, assignment, _ = MODULE.read_text("utf-8").partition("SHIPPED_THEMES: dict[str, dict[str, str]] = ")
    lines = [f"{introduction}{assignment}{{"]
    for name, styles in shipped_themes().items():
        lines += [f'    "{name}": {{', *(f'        "{key}": "{style}",' for key, style in styles.items()), "    },"]
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the module")
    if parser.parse_args().write:
        MODULE.write_text(source(), encoding="utf-8")
    else:
        print(source(), end="")
