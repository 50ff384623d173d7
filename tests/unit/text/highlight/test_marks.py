"""Highlighting: marks in lines; for any input, spans lie within an unchanged text."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import DATA_DIR, strategies

from reflowlog.core.frames import Row
from reflowlog.core.records import PLAIN, Style, StyledLine
from reflowlog.render.ansi import draw, draw_rows
from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.highlight import marks as rooms
from reflowlog.text.highlight import patterns
from reflowlog.text.highlight.marks import find_marks, highlight, marks_of_line
from reflowlog.text.highlight.patterns import LONGEST, parts_of
from reflowlog.text.highlight.shapes import crosses, digits_that_matter, fold, is_mere, may_cross
from reflowlog.text.highlight.spans import overlay
from reflowlog.text.highlight.themes import NAMES, Theme, make_theme
from reflowlog.text.layout.hanging_indent import lay_out

if TYPE_CHECKING:
    from pathlib import Path

LOGS = sorted((DATA_DIR).glob("*.log"))
THEME = make_theme("all", {name: f"color{number + 20}" for number, name in enumerate(NAMES)}, 256)
QUIET = make_theme("quiet", {"level": "bold", "number": "cyan", "url": "underline"}, 16)


def found(text: str, column: int | None = None) -> list[str]:
    """Return the marks, as ``name text``."""
    return [f"{name} {text[start:end]}" for start, end, name in find_marks(text, column).parts]


PARTS = {
    "took 37 ms, 1.5s, 12kB, 50%, -5 and +3.2e5 of 1,000,000": (
        "number 37 ms|number 1.5s|number 12kB|number 50%|number -5|number +3.2e5|number 1,000,000"
    ),
    "v1.2.3 worker-3 blk_388 x86_64 3rd utf-8 sshd2": "",
    "at 0x7fed806e [24200] (3) {4} <5>": "number 0x7fed806e|number 24200|number 3|number 4|number 5",
    "on 2024-01-01 at 12:30:00, then 2024-01-01T12:00:00.123+02:00": (
        "date 2024-01-01|date 12:30:00|date 2024-01-01T12:00:00.123+02:00"
    ),
    "on Jan 12 and Sun Dec 04 04:51:08 2005, 10/Oct/2000:13:55:36 -0700": (
        "date Jan 12|date Sun Dec 04 04:51:08 2005|date 10/Oct/2000:13:55:36 -0700"
    ),
    "May 3 be? Maybe 3": "date May 3|number 3",
    "from 10.0.0.7:443 or 10.0.0.0/8, /10.1.2.3:50010": "ip 10.0.0.7:443|ip 10.0.0.0/8|ip /10.1.2.3:50010",
    "v 6.1.7601.23505": "number 6.1.7601.23505",
    "from fe80::1ff:fe23:4567:890a, [::1]:80, 2001:db8:0:0:0:0:0:1 std::vector a::b ::": (
        "ip fe80::1ff:fe23:4567:890a|ip ::1|number 80|ip 2001:db8:0:0:0:0:0:1"
    ),
    "id 550e8400-e29b-41d4-a716-446655440000 req-550e8400-e29b-41d4-a716-446655440000 0fe00cd0ab deadbeef": (
        "uuid 550e8400-e29b-41d4-a716-446655440000|uuid req-550e8400-e29b-41d4-a716-446655440000|uuid 0fe00cd0ab"
    ),
    "see https://a.b/c?d=e#f. (http://x.y/z) ftp://h/p, jdbc:postgresql://h:1/d": (
        "url https://a.b/c?d=e#f|url http://x.y/z|url ftp://h/p|url postgresql://h:1/d"
    ),
    "in /etc/hosts, ~/x, ../a/b and src/app/main.py:12:3 (Foo.java:7) C:\\Windows\\x.dll": (
        "path /etc/hosts|path ~/x|path ../a/b|path src/app/main.py:12:3|path Foo.java:7|path C:\\Windows\\x.dll"
    ),
    "and/or / // 3/4 example.com:8080": "number 3|number 8080",
    '  File "/usr/lib/x.py", line 12, in run': "path /usr/lib/x.py|number 12",
    "said \"two words\" and 'one' but don't and can't": "string \"two words\"|string 'one'",
    "a=1 b.c=true path=/x/y d= x == y a=>b empty='' q=\"two words\"": (
        "key a=|number 1|key b.c=|keyword true|key path=|path /x/y|key d=|key empty=|string ''|key q="
        '|string "two words"'
    ),
    "true false null None nothing null_value true.x": "keyword true|keyword false|keyword null|keyword None",
    '"GET /a/b?c=d HTTP/1.1" 200 12 "-" "curl/8.0"': (
        'http.method GET|path /a/b?c=d|http.2xx 200|number 12|string "-"|string "curl/8.0"'
    ),
    "status=404 status: 503 HTTP/1.1 301 Moved code=199 status=700 GET it": (
        "key status=|http.4xx 404|http.5xx 503|http.3xx 301|key code=|http.1xx 199|key status=|number 700"
    ),
    "latency_ms=37 bytes=5 took 37 bytes": "key latency_ms=|number 37|key bytes=|number 5|number 37 bytes",
    "KeyError: 7": "exception KeyError|number 7",
    "Caused by: java.lang.IllegalStateException: no": "exception java.lang.IllegalStateException",
    "got a ValueError, but no Error, ValueErrors, error or Exception; KeyboardInterrupt": (
        "exception ValueError|exception KeyboardInterrupt"
    ),
    '{"a": 1.5, "b.c":null, "d": "x y"}': 'key "a"|number 1.5|key "b.c"|keyword null|key "d"|string "x y"',
}


@pytest.mark.parametrize("text", PARTS, ids=range(len(PARTS)))
def test_parts_of_a_message(text: str) -> None:
    """Each kind of part is found where it is one, and not in names and words."""
    assert "|".join(found(text, 0)) == PARTS[text]


HEADERS = {
    "2024-01-01 12:00:00,123 ERROR app.db: lost 3 rows": "time 2024-01-01 12:00:00,123|level.error ERROR|number 3",
    "2024-01-01 12:00:00 [错误] x": "time 2024-01-01 12:00:00|level.error 错误",
    "12:00:00 🚨 app it failed": "time 12:00:00|level.error 🚨",
    "2024-01-01T12:00:00Z WARN [main] a.b.C - 7": "time 2024-01-01T12:00:00Z|level.warning WARN|number 7",
    "Jun 14 15:16:01 combo sshd[19939]: port 22": "time Jun 14 15:16:01|number 22",
    "I0610 12:00:00.123456 7 file.go:12] took 3s": "level.info I|time 12:00:00.123456|number 3s",
    "081109 203615 148 INFO dfs.DataNode: 7": "time 081109 203615|level.info INFO|number 7",
    '10.0.0.7 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 500 9': (
        "ip 10.0.0.7|time 10/Oct/2000:13:55:36 -0700|http.method GET|http.5xx 500|number 9"
    ),
    'time="2021-09-15T21:17:10Z" level=error msg="lost it"': (
        'key time=|string "2021-09-15T21:17:10Z"|key level=|level.error error|key msg=|string "lost it"'
    ),
    "just words": "",
}


@pytest.mark.parametrize("text", HEADERS, ids=range(len(HEADERS)))
def test_headers(text: str) -> None:
    """In a header the time, the level and addresses are marked, and nothing else."""
    assert "|".join(found(text)) == HEADERS[text]


def test_a_header_of_the_callers_is_left_alone() -> None:
    """The start of the message is the caller's, and the header has no spans."""
    text = "12:00:00 ERROR 7 took 5 ms"
    assert found(text, 17) == ["number 5 ms"]


def test_long_headers_are_known_by_their_shape() -> None:
    """A header that goes on behind the characters it is remembered by is found all the same."""
    long = f"2024-01-01 12:00:00 INFO nova.api.x [req-{'9e' * 30} {'a1' * 20} - -] took 7 s"
    assert found(long) == ["time 2024-01-01 12:00:00", "level.info INFO", "number 7 s"]


texts = st.one_of(
    strategies.clean,
    strategies.plain,
    st.lists(
        st.sampled_from([*PARTS, *HEADERS]).flatmap(lambda text: st.sampled_from(text.split(" "))), max_size=25
    ).map(" ".join),
    st.lists(st.sampled_from([*" 09af:.-/=\"'[](TZx%,", "ERROR", "INFO", "GET", "HTTP/1.1", "true", "::", "//"])).map(
        "".join
    ),
)


@given(texts, st.sampled_from([THEME, QUIET]), st.sampled_from([None, "host"]), st.none() | st.integers(0, 20))
@example("12:00:00 ERROR see https://a.b and /etc/x:1 now", QUIET, "host", None)
def test_spans_are_spans(text: str, theme: Theme, host: str | None, column: int | None) -> None:
    """Spans ascend, never overlap, are never empty or plain, and stay in the text; again they are the same."""
    tint = PLAIN if column is None else Style("1")
    spans = highlight(text, theme, column=column, tint=tint, host=host)
    assert all(0 <= start < end <= len(text) and style != PLAIN for start, end, style in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    if column is not None:
        assert all(start >= column for start, _, _ in spans)
    assert highlight(text, theme, column=column, tint=tint, host=host) == spans


@given(texts, st.sampled_from([None, "host"]))
def test_styles_do_not_change_the_text(text: str, host: str | None) -> None:
    """Drawn text, read as a terminal reads it, is the original text."""
    spans = highlight(text, THEME, host=host)
    drawn = draw(text, spans, Row(0, len(text), 0, 0, text))
    assert sanitize(drawn)[0] == text


@given(texts.filter(str.isascii))
@example("1x0 2xfe")
def test_digits_do_not_matter(text: str) -> None:
    """With other digits, and other identifiers of the same shape, the same parts are found: templates rely on it."""
    assert _named(text) == _named("".join("0" if each.isdigit() else each for each in text))
    folded, _ = fold("".join("0" if each.isdigit() else each for each in text).encode())
    assert len(folded) == len(text)
    assert _named(text) == _named(folded.decode())


def _named(text: str) -> list[tuple[int, int, str]]:
    """Marks with all statuses alike."""
    matter = digits_that_matter(text)
    return [(start, end, "status" if start in matter else name) for start, end, name in find_marks(text).parts]


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_digits_do_not_matter_in_real_logs(path: Path) -> None:
    """Lines of the samples have the same marks with other digits."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        text = sanitize(line)[0]
        if text.isascii():
            shape = "".join("0" if each.isdigit() else each for each in text)
            assert _named(text) == _named(shape) == _named(fold(shape.encode())[0].decode()), text


def test_what_is_remembered_of_a_message_is_right() -> None:
    """Messages of one shape have the same parts; those of which a digit matters are looked at again."""
    for text in (
        "took 12 ms of 3",
        "took 45 ms of 6",
        "HTTP/1.1 200 ok",
        "HTTP/1.1 500 ok",
        "status=404",
        "status=204",
    ):
        fresh = [(start - 7, end - 7, name) for start, end, name in find_marks(" " * 7 + text, 7).parts]
        assert find_marks(text, 0).parts == find_marks(text, 0).parts == fresh


def test_a_part_that_is_cut_at_the_end_of_what_is_looked_at_is_none() -> None:
    """Only so many characters are looked at, and a number that goes on there has no style."""
    text = "x" * (LONGEST - 3) + " 123456 789"
    assert found(text, 0) == []
    assert found("x" * (LONGEST - 10) + " 12 789", 0) == ["number 12", "number 789"]


HOSTILE = (
    *('"', "'", "/", "a.", "a-", "1,", "1.", "a=", "::", "1:", "0x", '"\\"', " '", ' "', "a://", "(", " /.", "@a."),
    *(
        "1-",
        "[a",
        "ab1",
        "aaaaaaa1",
        "00000000-0000-",
        "Jan ",
        "Jan 1 ",
        "GET ",
        "GET /",
        "HTTP/1.1 ",
        "=",
        "'a ",
        " :",
    ),
    *("1:1:", ":a", " a.b.c", " ./", "\\", "C:\\", "a/", "12:00:00.", "~/", "#", "status=1"),
)


@pytest.mark.parametrize("part", HOSTILE)
def test_no_text_takes_long(part: str) -> None:
    """Endless repetition is searched in linear time, up to a limit, and without backtracking."""
    text = part * (100_000 // len(part))
    assert all(end <= LONGEST for _, end, _ in highlight(text, THEME, host="host"))
    assert all(end <= LONGEST for _, end, _ in highlight(" " + text[: LONGEST - 1], THEME))


def test_links() -> None:
    """Addresses are links as they are, files are with the machine's name and their line; a route of the web is none."""
    text = "see https://a.b/ü?x=1;2 and /etc/my#file /var/log/x.log:12:3 /api/v2/orders GET /index.html"
    links = {
        text[start:end]: style.link.split(";", 1)[1]
        for start, end, style in highlight(text, QUIET, host="box")
        if style.link
    }
    assert links == {
        "https://a.b/ü?x=1;2": "https://a.b/%C3%BC?x=1;2",
        "/etc/my": "file://box/etc/my",
        "/var/log/x.log:12:3": "file://box/var/log/x.log#12",
    }


def test_a_link_leads_where_its_text_says() -> None:
    """Files by their address are those of this machine; other schemes, other machines and endless ones are no links."""
    text = "at file:///srv/app.js:7:1 file://evil/share/x.py ftp://a.b/c ssh://h/x src/a.py:3 ../b.py:1"
    text += " http://" + "x" * 2000
    links = [
        (text[start:end], style.link.split(";", 1)[1])
        for start, end, style in highlight(text, QUIET, host="box")
        if style.link
    ]
    assert links == [("file:///srv/app.js:7:1", "file://box/srv/app.js#7")]


@given(texts, st.integers(1, 30))
def test_a_link_keeps_its_id_over_a_break(text: str, width: int) -> None:
    """However rows are cut, the drawn links are the original ones, each with one id."""
    text = f"see https://own.a/{'c' * width} {text}"
    spans = highlight(text, QUIET, host="box")
    rows = draw_rows(text, spans, lay_out(StyledLine(text), width))
    wanted = {style.link for *_, style in spans if style.link}
    assert {link for row in rows for link in re.findall("\x1b]8;([^\x1b]+;[^\x1b]+)\x1b", row)} <= wanted
    ids = [re.findall("\x1b]8;(id=[^;]+);https://own.a/c", row) for row in rows]
    assert len({each[0] for each in ids if each}) == 1
    assert sum(map(bool, ids)) >= 2


WORDS = """
    12 37, 1.5 031224 031225 5% - : , ; = ( ) % {1} // /a /var/x.log:7 ../a ~/x https://a.b/c true null, None C:\\x
    ms s min hours B, kB bytes=2 12:00:01 12:00 1:02:03,5 +0200 -05:00 2025-01-02 01/02 01/Mar/2025 a.py:3 x12 12x
    Jan Mon, Dec May Sun 1 31 2024 GET POST, HEAD status status: status=200 code=404 200 404) HTTP/1.1 x é日
    it's 'a b' "x" "a": k=v a=b=c key=1 10.0.0.1 10.0.0.1:80 ::1 fe80::1 0fe00cd0 0xfe the done, Handled ok. error:
    INFO [main] app.db:
"""
words = st.sampled_from((*WORDS.split(), ""))


@given(st.lists(words, max_size=12))
@example(["031224", "031225", "x"])
@example(["May", "", "3"])
@example(["took", "37", "bytes=2"])
def test_words_stand_alone_unless_they_cross(these: list[str]) -> None:
    """Marks of a message are those of its words, unless a word is known to cross."""
    message = " ".join(these)
    if any(map(may_cross, these)) and crosses(message):
        return
    alone, at = [], 0
    for word in these:
        alone += [(at + start, at + end, name) for start, end, name in parts_of(word)]
        at += len(word) + 1
    assert find_marks(message, 0).parts == alone


@given(words | st.from_regex(r"[A-Z]?[a-z]{1,9}[,.;:]?", fullmatch=True))
def test_ordinary_words_have_no_marks(word: str) -> None:
    """No mark crosses from them to other words."""
    if is_mere(word):
        assert parts_of(word) == []
        assert not may_cross(word)


@given(
    st.lists(words, max_size=12),
    st.lists(st.sampled_from("0123456789"), min_size=9, max_size=9),
    st.sampled_from("é- "),
)
def test_marks_of_a_line_are_remembered_by_its_shape(these: list[str], digits: list[str], sign: str) -> None:
    """A line that differs in digits alone has the same marks, unless they matter; both are found as they are."""
    line = f"12:00:00 ERROR {sign} " + " ".join(these)
    other = re.sub("[0-9]", lambda found: digits[found.start() % 9], line)
    for each in (line, other, line):
        assert marks_of_line(each) == find_marks(each)


def test_a_line_of_a_known_shape_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its digits are, and if it is not ASCII."""
    expected = marks_of_line("12:00:07 ERROR é took 37 ms")
    monkeypatch.setattr(rooms, "find_marks", None)
    assert marks_of_line("23:59:59 ERROR é took 99 ms") == expected


def test_links_have_their_own_ids_and_keep_their_style() -> None:
    """Each link of a line has an id of its own, the same whenever the line is drawn; without a host there are none."""
    text = "12:00:00 INFO https://a.b and https://a.b"
    spans = [style for _, _, style in highlight(text, QUIET, host="box") if style.link]
    assert [style.sgr for style in spans] == ["4", "4"]
    assert len({style.link.split(";")[0] for style in spans}) == 2
    assert spans == [style for _, _, style in highlight(text, QUIET, host="box") if style.link]
    assert not any(style.link for _, _, style in highlight(text, QUIET))


def test_the_message_of_an_error_has_its_tint() -> None:
    """A theme may tint messages by level; marks in them keep their own style, links get the tint."""
    theme = make_theme("tinted", {"message.error": "bold", "number": "cyan"}, 16)
    text = "12:00:00 ERROR lost 3 rows of /etc/x"
    spans = highlight(text, theme, host="box")
    assert [(text[start:end], style.sgr) for start, end, style in spans] == [
        ("lost ", "1"),
        ("3", "36"),
        (" rows of ", "1"),
        ("/etc/x", "1"),
    ]
    assert highlight("12:00:00 INFO lost", theme) == ()


def test_rules_of_the_user_lie_over_all() -> None:
    """Matches of a rule have its style, later rules win, and links stay."""
    rules = (
        (re.compile(r"order \d+"), Style("1")),
        (re.compile("7|b/"), Style("7")),
        (re.compile("(?=x)"), Style("9")),
    )
    theme = QUIET._replace(rules=rules)
    text = "order 17 of https://a.b/c x"
    spans = highlight(text, theme, column=0, host="box")
    assert [(text[start:end], style.sgr, bool(style.link)) for start, end, style in spans] == [
        ("order 1", "1", False),
        ("7", "7", False),
        ("https://a.", "4", True),
        ("b/", "7", True),
        ("c", "4", True),
    ]


span_lists = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 6), st.sampled_from([Style("1"), Style("2")])), max_size=6
)


@given(span_lists, span_lists)
def test_overlaid_is_what_it_would_be_by_character(
    below: list[tuple[int, int, Style]], above: list[tuple[int, int, Style]]
) -> None:
    """Each character looks as the upper spans say, else as the lower ones do."""
    one, other = _spans(below), _spans(above)
    expected = _by_character(one)
    expected.update(_by_character(other))
    assert _by_character(overlay(one, other)) == expected


def _spans(pairs: list[tuple[int, int, Style]]) -> tuple[tuple[int, int, Style], ...]:
    spans: list[tuple[int, int, Style]] = []
    for gap, size, style in pairs:
        start = (spans[-1][1] if spans else 0) + gap
        spans.append((start, start + size, style))
    return tuple(spans)


def _by_character(spans: tuple[tuple[int, int, Style], ...]) -> dict[int, Style]:
    return {at: style for start, end, style in spans for at in range(start, end)}


def test_all_names_are_those_of_themes() -> None:
    """Whatever is found has a name that a theme has a style for."""
    names = {*patterns._finder().names, "http.1xx", "time"} - {"", "status"}
    assert names <= set(NAMES)
