"""Runs of fields behind a level: the message starts behind them, and words of a message are no fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.text.parse.field_run import field_run
from reflowlog.text.parse.header import header

HEADERS = [
    "2024-05-01 10:00:00 INFO com.example.App req-12 - §",
    "2024-05-01 10:00:00 INFO main com.example.App - §",
    "2024-05-01 10:00:00 INFO main com.example.App §",
    "2024-05-01 10:00:00 INFO app.db §",
    "2024-05-01 10:00:00 INFO app.db MainThread : §",
    "2024-05-01 10:00:00 INFO worker Thread-3 (run) : §",
    "2024-05-01 10:00:00 INFO App:21 - §",
    "2024-05-01 10:00:00 INFO App [App.java:3] §",
    "2024-05-01 10:00:00 INFO App (run:3): §",
    "2024-05-01 10:00:00 INFO a.py:12#run §",
    "2024-05-01 10:00:00 INFO a.py 12 4711 §",
    "2024-05-01 10:00:00 INFO a.py:12 -           run() §",
    "2024-05-01 10:00:00 INFO orders - read_all: §",
    "2024-05-01 10:00:00 - INFO - orders - read_all - §",
    "2024-05-01 10:00:00 [INFO] <MainProcess> (MainThread) §",
    "2024-05-01 10:00:00 INFO {orders} [read_all] §",
    "2024-05-01 10:00:00 [INFO] from com.example.App in main - §",
    "2024-05-01 10:00:00 info vpxd[4711] [Originator@6876 sub=SSL] §",
    "2024-05-01 10:00:00 info wcp [auth/session.go:156] [opID=a1] §",
    "2024-05-01 10:00:00 [req=f91d4a84-020d, org=] INFO  org.candlepin.LoggingFilter - §",
    "2024-05-01 10:00:00 INFO main --- com.example.App --- §",
    "2024-05-01T10:00:00.5Z  INFO main ThreadId(01) req{id=4}: app: src/main.rs:20: §",
    "2024-05-01T10:00:00.5Z  INFO req{id=4}:db: app: §",
    "[10:00:00 +00:00] [app] [---I---] [thread 12] §",
    "2024-05-01 10:00:00.5 | info - §",
    "2024-05-01 10:00:00 info: [api] §",
    "[2024-05-01 10:00:00] I §",
    "[INFO] 10:00:00,102 main:: a.pl (9) §",
    "257 [main] INFO com.example.App [] - §",
    "level=INFO thread=main §",
]
MESSAGES = ["started on port 8080", "Connection to 10.0.0.7 closed", "it failed: no such table", "GET /health 200"]


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("line", HEADERS)
def test_the_message_starts_behind_the_fields(line: str, message: str) -> None:
    """Whatever the message begins with, it starts behind the run of fields."""
    found = header(line.replace("§", message))
    assert found.column == line.index("§")
    assert found.level.upper() in ("INFO", "I")


@pytest.mark.parametrize(
    "message",
    [
        "Connection closed - retrying in 3 s",
        "the pool is full",
        "config.json was read",
        "node.js is running",
        "10.0.0.7 - - GET / 200",
        "10.0.0.7:51022 connected",
        "Apache/2.2.22 (Debian) configured -- resuming normal operations",
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


@given(st.lists(st.sampled_from(["a.b:1", "c.d", "x-1", "[a]", "(b)", "word", "1", "-", "a::b", "f.c:12", "<d>"])))
def test_the_end_of_a_run_is_one_of_its_blanks(words: list[str]) -> None:
    """A run ends behind a blank, and is never longer than the text."""
    head = (" ".join(words) + " ").translate(str.maketrans("123456789", "0" * 9)).encode() + b"\n"
    end = field_run().end(head, 0)
    assert 0 <= end < len(head)
    assert not end or head[end - 1] == ord(" ")
