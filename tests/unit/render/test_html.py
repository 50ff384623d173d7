"""Pages of HTML: one file that loads nothing, everything escaped, no text lost; laid out by a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.core.records import LogRecord
from reflowlog.render.html import HTML_END, html_start, plain_html, record_html
from reflowlog.text.clean.sanitize import sanitize

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = st.text(st.sampled_from("abc <>&\"'/=:\x1b[31m\x1b[0m\t\r\x00é漢}{%;"), max_size=60)
TAGS = {"html", "head", "meta", "title", "style", "body", "main", "div", "span", "time", "b", "i", "a", "wbr"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page(HTMLParser):
    """Parsed page: its tags, the attributes of them, its text without the head, and whether all is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that it is the innermost one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text of the body."""
        if "main" in self.open:
            self.text += data


def page_of(*records: str) -> Page:
    """Return a page of records, parsed and checked: known tags only, nothing that is loaded or run, all closed."""
    page = Page(html_start('<title> & "x"') + "".join(records) + HTML_END)
    assert page.open == []
    for tag, attributes in page.tags:
        assert tag in TAGS
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "srcset", "data")}
        assert tag == "a" or "href" not in attributes
        assert "url(" not in (attributes.get("style") or "")
    return page


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_plain_lines_are_escaped_and_complete(lines: list[str]) -> None:
    """The text of the page is the sanitized text, whatever the lines hold."""
    lines = [line.replace("\n", "") for line in lines]
    shown = [sanitize(line.removesuffix("\r"), overwrites=not number)[0] for number, line in enumerate(lines)]
    first, *further = shown
    expected = "".join([first, *(text or " " for text in further)])
    assert page_of(plain_html(lines)).text.rstrip("\n").replace("\n", "") == expected


@given(TEXTS, TEXTS, TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=3), TEXTS)
def test_records_are_escaped(message: str, logger: str, level: str, extras: list[tuple[str, str]], trace: str) -> None:
    """Every field is untrusted."""
    record = LogRecord(1_700_000_000.25, 40, level, logger, message, tuple(extras), "<a>.py:1", trace)
    page = page_of(record_html(record, True))
    assert "2023-11-14 22:13:20.250" in page.text
    assert "<a>.py:1" in page.text


def test_nothing_is_loaded_or_run() -> None:
    """No script, no style sheet, no font, no picture, and a policy that forbids them; links are http only."""
    text = html_start("x") + plain_html(
        ["\x1b]8;;javascript:alert(1)\x1b\\a\x1b]8;;\x1b\\ \x1b]8;;https://e.org/?a=1&b=2\x1b\\b\x1b]8;;\x1b\\"]
    )
    assert "default-src 'none'" in text
    assert not re.search(r"<script|<link|@import|@font-face|url\(|javascript:", text)
    assert 'href="https://e.org/?a=1&amp;b=2"' in text


def test_colours_of_the_text_are_kept() -> None:
    """Sixteen colours follow light and dark; others are as they are, on a ground with readable text."""
    text = plain_html(
        ["\x1b[31mred\x1b[0m \x1b[1;38;5;208morange\x1b[0m \x1b[48;2;1;2;3mground\x1b[0m \x1b[38;5;244mgrey\x1b[0m"]
    )
    assert '<span class="f1">red</span>' in text
    assert '<span style="font-weight:600;color:#ff8700">orange</span>' in text
    assert '<span style="color:#fff;background:#010203">ground</span>' in text
    assert '<span style="color:#808080">grey</span>' in text


MEASURE = """<script>
const of = (s) => [...document.querySelectorAll(s)].map(e => e.getBoundingClientRect());
const box = (s) => of(s).map(r => [Math.round(r.left), Math.round(r.top), Math.round(r.right)]);
const range = document.createRange(); range.selectNodeContents(document.querySelector('.l'));
parent.document.title = JSON.stringify({
  inner: innerWidth, scroll: document.documentElement.scrollWidth,
  message: box('.r > .m'), level: box('.r > b'), logger: box('.r > i'), trace: box('.r > .t'),
  plain: box('.p > .m'), head: box('.p > .h'),
  hang: [...range.getClientRects()].map(r => Math.round(r.left)),
  seen: [...document.querySelectorAll('.y, .z, .n')].filter(e => getComputedStyle(e).display !== 'none').length,
});
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [1400, 800, 400])
def test_a_browser_lays_it_out(width: int, tmp_path: Path) -> None:
    """At each width nothing sticks out, columns stand in line, rows hang; where it is narrow messages are below."""
    record = LogRecord(
        1.7e9,
        40,
        "ERROR",
        "shop.orders.database.pool",
        "it failed " * 30,
        (("path", "/x" * 90),),
        "",
        "a\n  b " + "c " * 200,
    )
    head = "2026-01-02 12:00:00 INFO "
    records = [record_html(record._replace(message=text), True) for text in ("short", "it failed " * 30)]
    text = html_start("x") + "".join([*records, plain_html([head + "word " * 60]), plain_html(["no header " * 40])])
    text = re.sub(r"<meta http-equiv=[^>]*>\n", "", text) + MEASURE + HTML_END
    frame = f'<iframe width="{width}" height="900" style="border:0" srcdoc="{escape(text)}"></iframe>'  # no least width
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><title>x</title>{frame}")
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={tmp_path}/user",
    ]
    command += ["--window-size=1600,900", "--dump-dom", f"file://{tmp_path}/page.html"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    found = re.search(r"<title>(.*?)</title>", done.stdout)
    assert found is not None
    seen: dict[str, Any] = json.loads(unescape(found[1]))
    assert seen["inner"] == width
    assert seen["scroll"] <= seen["inner"]
    assert len({left for left, _, _ in seen["message"]}) == 1
    assert all(right <= width for boxes in ("message", "trace", "plain") for _, _, right in seen[boxes])
    assert len({left for left in seen["hang"] if left < width / 2}) == 2  # the first row, and those that hang
    (message, top, _), (level, level_top, _) = seen["message"][0], seen["level"][0]
    if width == 400:
        assert top > level_top
    else:
        assert message > level
        assert top == level_top
    if width == 1400:
        assert seen["plain"][0][0] >= seen["head"][0][2] - 1
        assert seen["seen"] == 6
    else:
        assert seen["seen"] < 6
