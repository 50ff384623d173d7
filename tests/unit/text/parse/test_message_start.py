"""Start of the message by scores: words of a message are no fields, and the weights are those of the lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.formats import cases

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse.grammar import NO_HEADER
from reflowlog.text.parse.header import header
from reflowlog.text.parse.message_start import KINDS, candidates, message_start, read_tokens
from reflowlog.text.parse.message_weights import WEIGHTS


@pytest.mark.parametrize(
    "message",
    [
        "Connection closed - retrying in 3 s",
        "the pool is full",
        "config.json was read",
        "node.js is running",
        "10.0.0.7 - - GET / 200",
        "10.0.0.7:51022 connected",
        "[key: value] is odd",
        "[client 10.0.0.7] has gone",
        "user logged in",
        "/etc/hosts:7 is odd",
        "server.max-size is not set",
        "DHCPACK(eth0) 10.0.0.7",
    ],
)
def test_words_of_a_message_are_no_fields(message: str) -> None:
    """A message that begins with words, an address or a file is whole."""
    assert header(f"2024-05-01 10:00:00 INFO {message}").column == 25


# Text that is no log: line, and the column that it has for the grammar alone.
NO_LOGS = """
0 The quick brown fox jumps over the lazy dog - and runs away.
0 Note: see app.db, worker-7 and a.py:12 for details - thank you
0 In 2024-05-01 we have read a.b.C - nothing was found.
0 total 48
0 drwxr-xr-x  2 root root 4096 May  1 10:00 src
0 -rw-r--r-- 1 root root 1234 May  1 10:00 app.log
0 commit 4b1f2c3d5e6f4a7b8c9d0e1f2a3b4c5d6e7f8a9b
0 Author: Alice Example <alice@example.org>
0 Date:   Wed May 1 10:00:00 2024 +0200
0     text/parse: read a name - and more
0 diff --git a/a.py b/a.py
0 @@ -1,7 +1,7 @@ def main() -> int:
0 +    log.info("started") - a.b.C
0     at com.example.App.main(App.java:12)
0   File "/srv/a.py", line 12, in main
0 Caused by: java.io.IOException: broken pipe
0 ValueError: invalid literal for int() with base 10: 'x'
0 key = value - other
0 ; comment: a.b - c
0 listen.addr: 10.0.0.7 - 10.0.0.8
0 $ make -j4 CC=gcc all
0 cc -O2 -c a.c -o a.o
9 make[1]: Entering directory '/srv/a'
16 a.c:3:5: error: unknown type name 'x'
20 src/a.c:12:5: note: declared here - in this scope
7 error: could not compile `a` (bin "a") due to previous error
9 warning: unused variable: `x`
0  --> src/main.rs:3:9
0 | a.b | c-7 | 12 |
0 1. First, install the package - then run it
0 * item: one - two
0 https://example.org/a/b - a link
0 tests/test_a.py::test_x PASSED [ 50%]
"""


@pytest.mark.parametrize("row", NO_LOGS.strip("\n").split("\n"))
def test_text_that_is_no_log_has_no_column(row: str) -> None:
    """Prose, listings, commits, traces, settings and commands have no column; diagnostics have that of their level."""
    column, _, line = row.partition(" ")
    assert header(line).column == int(column)


@given(
    st.lists(st.sampled_from(["a.b:1", "c.d", "x-1", "[a]", "(b)", "word", "1", "-", "a::b", "f.c:12", "<d>", "INFO"])),
    st.booleans(),
)
def test_the_start_is_a_token(words: list[str], is_cut: bool) -> None:
    """The message starts at a token of the text or at its end; of a cut head that may be unknown."""
    head = (" ".join(words) + " ").translate(str.maketrans("123456789", "0" * 9)).encode()
    start = message_start(head if is_cut else head + b"\n", NO_HEADER)
    assert start in (0, *read_tokens(head).starts) or (is_cut and start > len(head))


def test_kinds_of_the_lists() -> None:
    """Each token of the lists has one of the kinds, and each weight is one of a line in them."""
    names = set()
    for case in cases():
        for line in case.lines:
            text = (
                sanitize(line.text)[0][:200]
                .encode("ascii", "replace")
                .translate(bytes.maketrans(b"123456789", b"0" * 9))
            )
            tokens = read_tokens(text + b"\n")
            assert KINDS.keys() >= set(tokens.kinds)
            for place in candidates(tokens, 0):
                names.update(place.passed, place.own)
            if line.column:
                for place in candidates(tokens, min(start for start in tokens.starts if start)):
                    names.update(place.passed, place.own)
    assert WEIGHTS.keys() <= names
    assert all(-9 <= weight <= 9 and weight for weight in WEIGHTS.values())


@pytest.mark.parametrize(
    "message", ["user=bob", "latency_ms=37 handled pool timeout", "id=9f3c2a71 peer=10.4.17.93:5432 closed"]
)
@pytest.mark.parametrize(
    "start",
    ["2025-03-01 00:00:00,007 WARNING  app.http            ", "2025-03-01 00:00:00,007 INFO     auth.session       "],
)
def test_a_pair_behind_a_column_begins_the_message(start: str, message: str) -> None:
    """A pair that is not padded itself is no further column, though words follow it."""
    assert header(start + message).column == len(start)


@pytest.mark.parametrize(
    "line",
    [
        "2025-03-09 14:02:16.246 [main/Info] §Failed a_b 12 times",
        "2024-05-01 10:00:00 DEBUG app §-> GET /items",
        "2024-05-01 10:00:00 INFO §--- logging initialized ---",
        "2024-05-01 10:00:00 [app] [ERROR] §(1, 2)",
        "2024-05-01 10:00:00 TRACE app: §→ enter",
        "2024-05-01 10:00:00 ERROR app - §java.io.IOException: broken pipe",
        "2024-05-01 10:00:00 ERROR app: §ENOENT: no such file, open 'a'",
        "2024-05-01 10:00:00 INFO §exited: web (exit status 1)",
        "2024-05-01 10:00:00 | ERROR | app.db:add:12 - §[81] refused",
        "[10:00:00] [Server thread/INFO]: §<Steve> hello",
        "[10:00:00 INFO]: §[Essentials] Enabling",
        "2024-05-01 10:00:00.100 | ERROR | app.db:run:3 - §a.b.C is missing",
        "2024-05-01 10:00:00 WARNING app: §/srv/a.json: no such file",
        '2024-05-01 10:00:00 INFO web §"GET / HTTP/1.1" 404 179',
    ],
)
def test_messages_that_begin_like_a_field(line: str) -> None:
    """A message may begin with an arrow, a path, a symbol, a code or a part in brackets."""
    assert header(line.replace("§", "")).column == line.index("§")
