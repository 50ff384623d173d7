"""Records as a page of HTML that lays itself out at its reader's width. Pure.

Invariants:
- One file: nothing is loaded from elsewhere, and there is no script. Everything from the log is escaped.
- Columns and hanging indents are CSS: a grid for records with fields, whose columns narrow as on a terminal
  (`text/layout/columns.py`), and a header beside its message for plain lines, as far as the header takes at most 40 %
  of the width. Light and dark follow the reader's setting.
- Colours are those of the text itself, and one for each level.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.layout.columns import clean_value, key_text, time_text
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.levels import ERROR, WARNING
from reflowlog.text.parse.line_facts import level_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reflowlog.core.records import LogRecord, Spans, Style

__all__ = ["HTML_END", "html_start", "plain_html", "record_html"]

_HEADER_STEP = 8  # characters; headers are classed by their length in these steps
_MAX_HEADER = 72  # characters of a header that is a column of its own
_CELL = 0.525  # em of the browser's 16 pixels that a cell takes, in the unit of media queries
_DARK = ["#1b1d21", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#c9d1d9"]
_DARK += ["#8b949e", "#ffa198", "#a5f0b0", "#f2cc60", "#a5d6ff", "#e2c5ff", "#b3f0ff", "#ffffff"]
_LIGHT = ["#24292f", "#b3261e", "#116329", "#7d4e00", "#0550ae", "#8250df", "#1b7c83", "#57606a"]
_LIGHT += ["#6e7781", "#a40e26", "#1a7f37", "#633c01", "#218bff", "#a475f9", "#3192aa", "#24292f"]
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE).fullmatch

HTML_END = "</main>\n</body>\n</html>\n"
"""End of a page."""


def html_start(title: str) -> str:
    """Return the page up to its first record."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n"
    )


_RULES = """\
:root {
  color-scheme: light dark;
  --page: #fff; --text: #24292f; --dim: #57606a; --mark: #cf222e; --warn: #9a6700; LIGHT
}
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --text: #c9d1d9; --dim: #8b949e; --mark: #ff7b72; --warn: #e3b341; DARK }
}
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 14px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
}
main { padding: 1ch; }
main > div {
  padding-left: 1ch; border-left: 2px solid transparent;
  overflow-wrap: anywhere; white-space: pre-wrap; tab-size: 8;
}
main > .error { border-left-color: var(--mark); }
main > .warning { border-left-color: var(--warn); }
.error b, .error .v { color: var(--mark); }
.warning b, .warning .v { color: var(--warn); }
b { font-weight: 600; }
a { color: inherit; }
time, .r i, .h, .k, .t, .s, .d { color: var(--dim); font-style: normal; }
.u { text-decoration: underline; }
.x { text-decoration: line-through; }
.r { display: grid; grid-template-columns: 23ch 8ch 20ch minmax(0, 1fr); column-gap: 1ch; }
.r > * { min-width: 0; }
.r > .t { grid-column: 4; }
.p { display: grid; grid-template-columns: max-content minmax(0, 1fr); }
.p > .t { grid-column: 1 / -1; }
main > .l { padding-left: 3ch; text-indent: -2ch; }
.l > .t { margin-left: -2ch; }
"""
_NARROW = """\
@media (max-width: W110) { .r { grid-template-columns: 12ch 8ch 18ch minmax(0, 1fr); } .y { display: none; } }
@media (max-width: W96) { .r { grid-template-columns: 8ch 8ch 18ch minmax(0, 1fr); } .z { display: none; } }
@media (max-width: W72) { .r { grid-template-columns: 8ch 1ch 12ch minmax(0, 1fr); } .n { display: none; } }
@media (max-width: W60) {
  .r { grid-template-columns: 8ch 1ch minmax(0, 1fr); }
  .r > i { display: none; }
  .r > .t { grid-column: 3; }
}
@media (max-width: W50) {
  .r { grid-template-columns: 8ch 1ch minmax(0, 1fr); }
  .r > i { display: block; }
  .r > .m, .r > .t { grid-column: 1 / -1; margin-left: 2ch; }
}
"""
"""Columns as they narrow; the widths are cells."""


def _style() -> str:
    """Return the style sheet."""
    light, dark = (" ".join(f"--c{at}: {each};" for at, each in enumerate(each)) for each in (_LIGHT, _DARK))
    rules = _RULES.replace("LIGHT", light).replace("DARK", dark)
    for at in range(16):
        rules += f".f{at} {{ color: var(--c{at}); }} .b{at} {{ background: var(--c{at}); }}\n"
    rules += re.sub(r"W(\d+)", lambda found: f"{int(found[1]) * _CELL:.1f}em", _NARROW)
    for size in range(_HEADER_STEP, _MAX_HEADER + 1, _HEADER_STEP):  # a header of more than 40 % is part of the text
        rules += (
            f"@media (max-width: {size / 0.4 * _CELL:.1f}em) {{ main > .h{size} {{ display: block; padding-left: 3ch; "
            f"text-indent: -2ch; }} .h{size} > span {{ display: inline; }} .h{size} > .t {{ margin-left: -2ch; }} }}\n"
        )
    return rules


def plain_html(lines: Sequence[str]) -> str:
    """Return a plain record: its header beside its message, then its other lines with their own indentation."""
    text, spans = sanitize(lines[0].removesuffix("\r"))
    found = parts(text)
    level = level_in(text, found.level)
    column = found.column
    further = "".join(_further(line) for line in lines[1:])
    kind = _level_class(level or 0)
    if not 0 < column <= _MAX_HEADER:
        return f'<div class="l{kind}">{_run(text, spans, 0, len(text))}{further}</div>\n'
    size = -(-column // _HEADER_STEP) * _HEADER_STEP
    start, end = found.level
    head = _run(text, spans, 0, column)
    if start < end and not spans:
        head = f'{escape(text[:start])}<span class="v">{escape(text[start:end])}</span>{escape(text[end:column])}'
    body = _run(text, spans, column, len(text))
    return f'<div class="p h{size}{kind}"><span class="h">{head}</span><span class="m">{body}</span>{further}</div>\n'


def record_html(record: LogRecord, utc: bool) -> str:
    """Return a record with fields: its columns, its message with the other fields, its traceback."""
    time = ""
    if record.time is not None:
        whole = escape(time_text(record.time, 23, utc))
        time = f'<span class="y">{whole[:11]}</span>{whole[11:19]}<span class="z">{whole[19:]}</span>'
    name = escape(sanitize(record.level_name)[0])
    level = f'{name[:1]}<span class="n">{name[1:]}</span>' if name.isalnum() else name
    first, *further = record.message.split("\n")
    text, spans = sanitize(first, overwrites=False)
    extras = "".join(
        f'  <span class="k">{escape(key_text(key))}</span>{escape(clean_value(value))}' for key, value in record.extras
    )
    source = f'  <span class="s">{escape(sanitize(record.source)[0])}</span>' if record.source else ""
    logger = escape(sanitize(record.logger.replace("\n", " "))[0]).replace(".", ".<wbr>")
    lines = [*further, *(record.trace.rstrip("\n").split("\n") if record.trace else ())]
    return (
        f'<div class="r{_level_class(record.level)}"><time>{time}</time><b>{level}</b>'
        f"<i>{logger}</i>"
        f'<span class="m">{_run(text, spans, 0, len(text))}{extras}{source}</span>'
        f"{''.join(map(_further, lines))}</div>\n"
    )


def _further(line: str) -> str:
    """Return a further line of a record, with rows that hang under its own indentation."""
    text, spans = sanitize(line.removesuffix("\r"), overwrites=False)
    own = min(len(text) - len(text.lstrip(" ")), 40) + 2
    style = f"padding-left:min({own}ch,50%);text-indent:calc(-1*min({own}ch,50%))"
    return f'<div class="t" style="{style}">{_run(text, spans, 0, len(text)) or " "}</div>'


def _level_class(level: int) -> str:
    return " error" if level >= ERROR else " warning" if level >= WARNING else ""


def _run(text: str, spans: Spans, start: int, end: int) -> str:
    """Return a part of a text with its styles."""
    parts_: list[str] = []
    at = start
    for begin, stop, style in spans:
        first, last = max(begin, at), min(stop, end)
        if first < last:
            parts_.append(escape(text[at:first]))
            parts_.append(_styled(escape(text[first:last]), style))
            at = last
    parts_.append(escape(text[at:end]))
    return "".join(parts_)


def _styled(shown: str, style: Style) -> str:
    """Return escaped text in a style."""
    classes, rules = _css(style.sgr)
    if classes or rules:
        kind = f' class="{" ".join(classes)}"' if classes else ""
        rule = f' style="{";".join(rules)}"' if rules else ""
        shown = f"<span{kind}{rule}>{shown}</span>"
    address = style.link.partition(";")[2]
    if _SAFE_LINK(address):
        shown = f'<a rel="noreferrer noopener" href="{escape(address)}">{shown}</a>'
    return shown


_FLAGS = {1: "font-weight:600", 3: "font-style:italic", 7: "filter:invert(1)"}
_FLAG_CLASSES = {2: "d", 4: "u", 9: "x"}


def _css(sgr: str) -> tuple[list[str], list[str]]:
    """Return the classes and the rules of SGR parameters."""
    classes: list[str] = []
    rules: list[str] = []
    codes = iter([int(code) if code.isdigit() else 0 for code in re.split("[;:]", sgr)] if sgr else [])
    for code in codes:
        if code in _FLAGS:
            rules.append(_FLAGS[code])
        elif code in _FLAG_CLASSES:
            classes.append(_FLAG_CLASSES[code])
        elif code in range(30, 38) or code in range(90, 98):
            classes.append(f"f{code - 30 if code < 90 else code - 82}")
        elif code in range(40, 48) or code in range(100, 108):
            classes.append(f"b{code - 40 if code < 100 else code - 92}")
        elif code in (38, 48):
            colour = _indexed_or_direct(next(codes, 0), codes)
            rules.append(f"{'color' if code == 38 else 'background'}:{colour}")
    return classes, [*_readable(classes, rules), *rules]


def _readable(classes: list[str], rules: list[str]) -> list[str]:
    """Return a rule for the colour of text on a ground of its own, if it has none."""
    ground = next((rule.partition(":")[2] for rule in rules if rule.startswith("background:")), "")
    has_ground = ground or any(each[0] == "b" for each in classes)
    if not has_ground or any(each[0] == "f" for each in classes) or any(each.startswith("color:") for each in rules):
        return []
    if not ground.startswith("#"):
        return ["color:var(--page)"]
    red, green, blue = (int(ground[at : at + 2], 16) for at in (1, 3, 5))
    return [f"color:{'#000' if 299 * red + 587 * green + 114 * blue > 128_000 else '#fff'}"]


def _indexed_or_direct(kind: int, codes: Iterator[int]) -> str:
    """Return the colour of the parameters after 38 or 48."""
    if kind == 2:
        return "#" + "".join(f"{min(next(codes, 0), 255):02x}" for _ in range(3))
    number = min(next(codes, 0), 255)
    if number < 16:
        return f"var(--c{number})"
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    number -= 16
    steps = (0, 95, 135, 175, 215, 255)
    return "#" + "".join(f"{steps[number // unit % 6]:02x}" for unit in (36, 6, 1))
