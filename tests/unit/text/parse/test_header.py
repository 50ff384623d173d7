"""Where the message starts: formats by table, and the properties that let answers be remembered."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import DATA_DIR

from reflowlog.text.parse import grammar
from reflowlog.text.parse import grammar as grammar_module
from reflowlog.text.parse import header as header_module
from reflowlog.text.parse.grammar import HEADER_CHARS, LOOKAHEAD_CHARS
from reflowlog.text.parse.header import header, message_column, parts

DATA = DATA_DIR
LOGS = sorted(path.name.removesuffix(".columns.tsv") for path in DATA.glob("*.columns.tsv"))
WIDTHS = (40, 80, 132, 200)


def samples(name: str) -> list[tuple[str, int, str]]:
    """The lines of a sample log, each with its column and its level."""
    lines = (DATA / f"{name}.log").read_text(encoding="utf-8").splitlines()
    rows = (DATA / f"{name}.columns.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [row.split("\t") for row in rows]
    return [(line, int(column), level) for line, (column, level) in zip(lines, pairs, strict=True)]


EVERY = [text for name in LOGS for text, _, _ in samples(name)]


def forget() -> None:
    """Empties everything that is remembered."""
    header_module._columns_by_head.clear()
    header_module._parts_by_head.clear()
    grammar.grammar.cache_clear()


@pytest.mark.parametrize("name", LOGS)
def test_samples(name: str) -> None:
    """Each line of each sample log has its column and its level."""
    wrong = [(text, tuple(header(text))) for text, *truth in samples(name) if header(text) != tuple(truth)]
    assert wrong == []


# Each case: the level, then the line with a § where its message starts; no § means column 0.
CASES = [
    ("", ""),
    ("", "   "),
    ("", "hello"),
    ("INFO", "12:00:00 INFO §connection from 10.1.1.1 port 22"),
    ("INFO", "2024-05-01 10:00:00.5 293 INFO nova.wsgi [req-1 a1 - -] §10.0.0.7 \"GET /v2/a1 HTTP/1.1\" status: 200"),
    ("INFO", "2024-05-01 10:00:00 INFO app.db   §✅ pool is ready"),
    ("INFO", "2024-05-01 10:00:00 INFO app.db   §handled ✅ user retry"),
    ("INFO", "2024-05-01 10:00:00 INFO app.db   §一 pool is ready"),
    ("INFO", "2024-05-01 10:00:00 INFO app.db → §pool is ready"),
    ("INFO", "2024-05-01 10:00:00 INFO app.db │ §pool is ready"),
    ("INFO", "12:00:00.123 [INFO] §connection from 10.1.1.1 port 22"),
    ("", "2024-03-08 10:15:30 §error reading file"),
    ("warning", "2024-03-08 10:15:30 warning: §reading file"),
    ("error", "2024-03-08 10:15:30 error   §reading file"),
    ("info", "2024-03-08 10:15:30 info §reading file"),
    ("", "2024-03-08 10:15 §short clock"),
    ("", "12:00:00 §I think so"),
    ("I", "03-17 16:13:38.811  1702  2395 I §think so"),
    ("D", "03-17 16:13:38.811  1702  2395 D Tag: §[x] y: z"),
    ("", "Jan 17 20:55:06 combo ftpd[3]: §connection from 10.0.0.7 at Fri Jun 17 20:55:06 2005"),
    ("error", "Dec 10 09:11:34 LabSZ sshd[24447]: §error: Received disconnect"),
    ("", "Jun 19 04:09:11 combo syslogd 1.4.1: §restart."),
    ("", "Jul  3 23:22:11 mac Google Chrome Helper[1279]: §no default"),
    ("", "Mar  8 12:00:00 host com.apple.xpc.launchd[1] (com.apple.x[45]): §gone"),
    ("INFO", "2017-05-16 00:00:04.500 2931 INFO nova.compute.manager [req-3ea4 - - - - -] §[instance: b9] VM Started"),
    ("INFO", "nova.log.1.2017-05-16_13:55:31 2017-05-16 00:00:04.500 2931 INFO nova.compute [-] §[instance: b9] up"),
    ("WARN", "2015-10-18 18:01:47,978 WARN [client DomainSocketWatcher] org.a.b.C: §terminating"),
    ("error", "[Sun Dec 04 05:15:09 2005] [error] §[client 10.0.0.7] Directory index forbidden by rule: /var/www/"),
    ("notice", "[Sun Dec 04 05:15:09 2005] [notice] §Digest: done"),
    ("INFO", "2024-03-08 10:15:30 [INFO] shop.orders: §accepted"),
    ("ERROR", "[2024-03-08 10:15:30] production.ERROR: §it broke"),
    ("info", "[2024-03-08T10:15:30.123+0100][0.012s][info   ][gc] §Using G1"),
    ("info", "[0.012s][info][gc,init] §Version: 17"),
    ("WW", "[    12.345] (WW) §warning, (EE) error"),
    ("INFO", "[10:15:30] [Server thread/INFO]: §Starting server version 1.20"),
    ("FATAL", "- 1118765360 2005.06.14 R22-M0 2005-06-14-09.09.20.459609 R22-M0 RAS APP FATAL §ciod: failed"),
    ("", "1077804742 §something happened"),
    ("INFO", "1709875509.123 INFO §something happened"),
    ("", "[10.30 16:49:06] System - §a.example.com:80 open"),
    ("", "20171223-22:15:29:606|Walk_Core|30001234|§a - b|c"),
    ("WARN", "t-1  | WARN  [main] c.e.App - §slow"),
    ("ERROR", "ERROR §something failed"),
    ("Error", "Error: §something failed"),
    ("", "TypeError: something failed"),
    ("", "error while loading"),
    ("", "Note: this"),
    ("", "foo: bar"),
    ("", "a | b | c and more words"),
    ("", "see [1] and 12:00:00 INFO x"),
    ("", "The run of 2024-01-01 12:00:00 INFO failed"),
    ("", "[1, 2, 3]"),
    ("", '["a", "b"] c'),
    ("", "[key: value] c"),
    ("", '"quoted": 12:00:00'),
    ("level", 'time="2021-09-15T21:17:10Z" level=level msg="x"'),
    ("warn", '{"time":"2021-09-15T21:17:10Z","level":"warn","msg":"x"}'),
    ("", "Mar  8 06:25:01 web1 app: §plain = words"),
    ("warning", 'Mar  8 06:25:01 web1 app: §time="x" level=warning msg=y'),
    ("", "2024-03-08 10:15:30 ИНФО приложение: §старт".replace("ИНФО приложение", "приложение")),
    ("INFO", "2024-03-08 10:15:30 INFO приложение: §старт 日本"),
    ("", "Начало: тест"),
    ("INFO", "   2024-03-08 10:15:30 INFO §indented"),
]  # fmt: skip


@pytest.mark.parametrize(("level", "marked"), CASES, ids=range(len(CASES)))
def test_cases(level: str, marked: str) -> None:
    """A line that could be misread has its column and its level."""
    assert header(marked.replace("§", "")) == (max(marked.find("§"), 0), level)


FIELDS = (
    "12:00:00|2024-01-01|Jun|14|1117838570|081109|203615|INFO|error:|[main]|[|]|[[|(|)|(1)|{|}|:|-|--|.|=|@|$|/|::|"
    "a.b|a.b.c:|web-1|sshd[1]:|x=y|[12:00:00]|[ 1.5]|I0308|a.c:1]|<30>|é|\u0660|\x00|\n|\"|'| |  |  |*|word"
)  # fmt: skip
PIECES = st.sampled_from([*FIELDS.split("|"), "|"])
LINES = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200) | st.sampled_from(EVERY)

# Each case: time, level, logger, then the line.
PARTS = [
    ("2024-03-08 10:15:30,123", "WARNING", "shop.db", "2024-03-08 10:15:30,123 - shop.db - WARNING - low on disk"),
    *(
        ("2024-05-01 10:00:00", "INFO", "app.db", f"2024-05-01 10:00:00 INFO{name}{message}")
        for name in ("     app.db   ", " app.db ", " [app.db] ", " app.db - ", " app.db: ", " [main] app.db - ")
        for message in ("the pool is full", "size=20 user=bob", "3 tasks left", "/var/x is full", "Łódź is far", "done")
    ),
    ("10:00:00", "INFO", "cart", "10:00:00 [INFO] cart - started"),
    ("10:00:00", "INFO", "", "10:00:00 INFO [pool-1-thread-2] started"),
    ("10:00:00", "INFO", "", "10:00:00 INFO main.py:12 started"),
    ("Mar  8 10:15:30", "error", "sshd", "Mar  8 10:15:30 web1 sshd[19939]: error: x"),
    ("Jun 14 15:16:01", "", "sshd(pam_unix)", "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: check pass"),
    ("2003-10-11T22:14:15.003Z", "<34>", "su", "<34>1 2003-10-11T22:14:15.003Z host su - ID47 - 'su root' failed"),
    (
        "2026-01-02T03:04:05.123456+00:00",
        "<13>",
        "me",
        '<13>1 2026-01-02T03:04:05.123456+00:00 vm me - - [q a="1"] text',
    ),
    ("", "<165>", "", "<165>1 - - - - - - text without a time"),
    ("081109 203615", "INFO", "dfs.DataNode$PacketResponder", "081109 203615 148 INFO dfs.DataNode$PacketResponder: x"),
    ("I0308 10:15:30.123456", "I", "", "I0308 10:15:30.123456   12345 server.cc:42] Listening"),
    ("03-17 16:13:38.811", "D", "Tag", "03-17 16:13:38.811  1702  2395 D Tag: x"),
    ("", "I", "Tag", "I/Tag(  12): hello"),
    ("", "WARNING", "root", "WARNING:root:disk is full"),
    ("[Sun Dec 04 04:47:44 2005]", "error", "", "[Sun Dec 04 04:47:44 2005] [error] x"),
    ("2024/03/08 10:15:30", "error", "", "2024/03/08 10:15:30 [error] 4242#4242: *5 open() failed"),
    ("2024-04-25T05:32:35.584725130Z", "", "web-1", "web-1  | 2024-04-25T05:32:35.584725130Z  * Serving"),
    ("25 Apr 2024 05:32:35.018", "", "", "1:C 25 Apr 2024 05:32:35.018 * oO0OoO0OoO0Oo"),
    ("2024-03-08 10:15:30,133", "DEBUG", "shop.orders", "2024-03-08 10:15:30,133 shop.orders  DEBUG    padded"),
    ("2024-03-08 10:15:30,133", "INFO", "root", "2024-03-08 10:15:30,133 root INFO started"),
    ("Jul  1 09:03:46", "", "", "Jul  1 09:03:46 mbp-10-105 --- last message repeated 1 time ---"),
    ("", "", "", "plain words of no header"),
    ("", "", "", ""),
]


@pytest.mark.parametrize(("time", "level", "logger", "text"), PARTS, ids=range(len(PARTS)))
def test_parts(time: str, level: str, logger: str, text: str) -> None:
    """A header tells where its time, its level and its logger are."""
    for _ in range(2):
        found = parts(text)
        assert (text[slice(*found.time)], text[slice(*found.level)], text[slice(*found.logger)]) == (
            time,
            level,
            logger,
        )
        assert found.column == header(text).column


@pytest.mark.slow
@given(text=LINES)
def test_parts_agree_with_the_header(text: str) -> None:
    """Memoized or not, whatever the text, the spans lie in the header; a level also right behind a component."""
    found = parts(text)
    again = parts(text)
    assert found == again
    assert found.column == header(text).column
    for start, end in (found.time, found.logger):
        assert 0 <= start <= end <= max(found.column, 0)
    assert 0 <= found.level[0] <= found.level[1] <= len(text)
    if found.level != (0, 0):
        assert text[slice(*found.level)] == header(text).level


def test_far_columns() -> None:
    """A column after the limit is 0, one at the limit is not."""
    text = "12:00:00 INFO started with a few words more than the head holds"
    assert header(text).column == 14
    assert [message_column(text, limit) for limit in (14, 15, 40)] == [14, 14, 14]
    assert [message_column(text, limit) for limit in (-40, -1, 0, 1, 13)] == [0, 0, 0, 0, 0]


def test_last_field_cut() -> None:
    """Where a field is cut by the end of the head, the header may run past the limit: 0."""
    text = "12:00:00 INFO " + "a" * (32 + LOOKAHEAD_CHARS) + ": b"
    assert header(text).column > 32
    assert message_column(text, 32) == 0
    assert message_column("12:00:00 INFO " + "a" * 10 + ", " + "b" * 100, 32) == 14


def test_whole_and_cut_heads_differ() -> None:
    """A line that ends where another is cut has its own answer, in either order."""
    size = 20 + LOOKAHEAD_CHARS
    whole = "12:00:00 " + "a" * (size - 9)
    longer = whole + "a: b"
    for texts in ([whole, longer], [longer, whole]):
        forget()
        assert {text: message_column(text, 20) for text in texts} == {whole: 9, longer: 0}


@pytest.mark.parametrize("width", WIDTHS)
def test_agrees_with_header(width: int) -> None:
    """On the samples the head gives the header's column, or 0 for a few lines; never another column."""
    limit = int(0.4 * width)
    lost = 0
    for text in EVERY:
        column = header(text).column
        near = column if column <= limit else 0
        found = message_column(text, limit)
        assert found in (near, 0), text
        lost += found != near
    assert lost <= 0.03 * len(EVERY)


@given(text=LINES, limit=st.integers(-5, 120))
def test_column_is_in_the_text(text: str, limit: int) -> None:
    """Whatever the text, a column lies in it and within the limit, and a level is a part of it."""
    column, level = header(text)
    assert 0 <= column <= len(text)
    assert level in text
    near = message_column(text, limit)
    assert 0 <= near <= max(limit, 0)
    assert near <= len(text)


@given(texts=st.lists(LINES, min_size=1, max_size=6), limit=st.integers(1, 90), data=st.data())
@settings(max_examples=50, deadline=None)
def test_memory_changes_no_answer(texts: list[str], limit: int, data: st.DataObject) -> None:
    """Results are the same with a cold and a warm cache, in any order, at any limit."""
    forget()
    cold = []
    for text in texts:
        header_module._columns_by_head.clear()
        cold.append(message_column(text, limit))
    for text in texts:
        message_column(text, limit + 3)
    order = data.draw(st.permutations(range(len(texts))))
    assert {i: message_column(texts[i], limit) for i in order} == dict(enumerate(cold))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many heads and tokens come, few are remembered, and the answers stay."""
    monkeypatch.setattr(grammar_module, "MAX_MEMO_ENTRIES", 8)
    monkeypatch.setattr(header_module._columns_by_head, "limit", 8)
    forget()
    for i in range(200):
        name = "".join(chr(97 + int(digit)) for digit in str(i))
        assert (
            message_column(f"12:00:00 INFO {name}x{name}: and words to make it long enough", 40)
            == 18 + 2 * len(name) - 1
        )
    assert len(header_module._columns_by_head) <= 8
    forget()


@given(text=LINES, seed=st.randoms(use_true_random=False))
def test_digits_do_not_matter(text: str, seed: object) -> None:
    """Other digits leave the column where it is."""
    other = "".join(str((int(char) + i) % 10) if char in "0123456789" else char for i, char in enumerate(text))
    assert header(other).column == header(text).column
    assert message_column(other, 40) == message_column(text, 40)


NASTY = [
    a + b for a in "[({:-.$@/=|<a0 " for b in ("", " ", "[", "(", ":", ".", "-", "a", "0", " - ", "] ", "12:00:00 ")
]


@pytest.mark.parametrize("start", ["", "2024-01-01 12:00:00 ", "Jun 14 15:16:01 host "])
def test_no_catastrophe(start: str) -> None:
    """No repetition of odd characters makes the patterns slow (they take 0.1 ms, the bound is for a busy machine)."""
    for unit in NASTY:
        text = (start + unit * HEADER_CHARS)[:HEADER_CHARS]
        spent = []
        for _ in range(3):
            header_module._columns_by_head.clear()
            grammar.grammar().class_of.__self__.clear()
            grammar.grammar().outline_of.__self__.clear()
            begin = perf_counter()
            header(text)
            message_column(text, 80)
            spent.append(perf_counter() - begin)
        assert min(spent) < 0.005, unit


@given(text=st.lists(PIECES, min_size=20, max_size=150).map("".join))
@settings(max_examples=200, deadline=50)
def test_any_line_is_quick(text: str) -> None:
    """No mixture of fields makes the patterns slow."""
    header(text[:HEADER_CHARS])


def test_import_compiles_nothing() -> None:
    """Importing compiles no pattern; the first line does."""
    code = (
        "import logging, re\n"
        "def refuse(*arguments): raise AssertionError(arguments)\n"
        "compiled, re.compile = re.compile, refuse\n"
        "from reflowlog.text.parse import header\n"
        "re.compile = compiled\n"
        "assert header.header('12:00:00 x') == (9, '')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("text", ["<1ms", "<0ERROR", "<12", "<1>", "<", "<9 lives"])
def test_less_than_is_no_priority(text: str) -> None:
    """A digit after `<` begins a syslog priority only if it is closed."""
    found = header(text)
    assert 0 <= found.column <= len(text)
    assert message_column(text, 20) in (0, found.column)


_CLASSES = "".join(sorted(set(grammar.TOKEN_CLASSES) - {"x"}))


@given(
    start=st.sampled_from(["", "Dt", "t", "T", "mnt", "66n", "B", "nt", "n", "6", "e", "5", "<", "O|", "u"]),
    middle=st.sampled_from(["", "L", "Lo", "Lww", "LC", "MoW", "p", "op", "wwwww", "K"]),
    around=st.tuples(st.text("tTDdmnywoLlbsOUPCcE6.|B[", max_size=5), st.text(_CLASSES, max_size=8)),
)
@settings(max_examples=600)
def test_tokens_behind_those_that_settle_a_header_do_not_matter(
    start: str, middle: str, around: tuple[str, str]
) -> None:
    """Whatever their classes are, the header and its level are those of the tokens before."""
    letters = f"{start}{around[0]}{middle}{around[1]}"
    end = grammar.settled_end(letters)
    if end:
        match_header = grammar.grammar().match_header
        assert match_header(letters[:end]) == match_header(letters)


@pytest.mark.parametrize(
    ("text", "logger"),
    [
        ("info: Acme.Web.Startup[0]", "Acme.Web.Startup"),
        ("[10:00:02.123] WARN (app/1234): slow", "app"),
        ("10:00:00 AM [vite] hmr update /src/App.vue", "vite"),
        ("[2024-05-01 10:00:00,123: INFO/MainProcess] Connected", "MainProcess"),
        ("2024-05-01 10:00:00 host1 app[1234] INFO started", "app"),
        ("10:00:00  INFO 7 --- [main] o.a.c.c.C.[Tomcat].[localhost].[/]  : up", "o.a.c.c.C.[Tomcat].[localhost].[/]"),
        ("10:00:00.123  INFO 7 --- [main] o.a.c.c.C.[.[.[/].[dispatcher]      : up", "o.a.c.c.C.[.[.[/].[dispatcher]"),
        ("10:00:00 [main] started", ""),
        ("2024-05-01 10:00:00 INFO [cart.py] started", ""),
    ],
)
def test_names_of_loggers_in_brackets(text: str, logger: str) -> None:
    """A name in brackets, with a process id or behind a slash is the logger; a thread and a source file are none."""
    found = parts(text)
    assert text[slice(*found.logger)] == logger


@pytest.mark.parametrize(
    "text",
    [
        "shop/web-7d9f[app]: 2025-03-07 06:07:08 INFO §started",
        "[pod/a/b] 2025-03-07T06:07:10.812Z W0307 06:07:10.812300       1 proxier.go:661] §failed",
        "2025/03/07 06:07:08 engine.go:668: [Info] §HERTZ: x",
        "06:07:08.81 [INFO] §Completed: Typecheck",
        "INFO  [alembic.runtime.migration] §Running upgrade  -> 9ef5d0924a10, first",
        "2026-11-30 20:08:42,349 INFO sqlalchemy.engine.Engine §[generated in 0.00031s] (1,)",
    ],
)
def test_messages_behind_prefixes_and_like_fields(text: str) -> None:
    """The message starts behind the header of an application, and with a word or part that only looks like a field."""
    assert header(text.replace("§", "")).column == text.index("§")
