"""Headers found again by the prefix of a line are those that the whole line has."""

from __future__ import annotations

import random
from itertools import groupby

import pytest
from support.formats import cases

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse.grammar import END, HEADER_CHARS
from reflowlog.text.parse.header import FOLD_DIGITS
from reflowlog.text.parse.known_prefixes import KnownPrefixes
from reflowlog.text.parse.multiline import HEADED, header_kind
from reflowlog.text.parse.recognizer import recognizer

FIRST = ["request", "Failed", "KeyError", "'pool'", '"a.txt"', "done,", "listening", "Connection", "was", "on", "12"]
FURTHER = [
    *(*FIRST, "user=bob", "TCP", "shard.", "re-try", "a_b", "(local)", "[a-b]", "pool:", "42", "10.4.17.93:80"),
    *("/etc/x.conf", "not", "ERROR", "a.b.C", "-", "|"),
]
TAILS = [
    *("", " - x done", " [a] b", ": text", " | x y", " a=b c", " 12 times", " a.b.C x", " a.py:12 x", " -> z"),
    *(" ERROR x", " 10:00:00 x", ", and more", ' "quoted" x', " <a@b> c", " (x) y"),
]


def head_of(text: str) -> bytes:
    """The head of a line, as `Recognizer.read` takes it."""
    head = text[:HEADER_CHARS].encode("ascii", "replace").translate(FOLD_DIGITS)
    return head + END if len(text) <= HEADER_CHARS else head


def headers() -> list[str]:
    """The headers of all samples, one of each shape."""
    found: dict[bytes, str] = {}
    for case in cases():
        for line in case.lines:
            text = sanitize(line.text)[0]
            parts = recognizer().read(head_of(text)).parts
            if 0 < parts.column < len(text):
                found.setdefault(head_of(text)[: parts.column], text[: parts.column])
    return list(found.values())


@pytest.fixture(scope="module")
def some_headers() -> list[str]:
    """A part of them that is another one with each version of the samples."""
    every = headers()
    assert len(every) > 1_000
    return random.Random(len(every)).sample(every, 500)


def test_a_known_header_is_that_of_each_line_in_which_it_is_found(some_headers: list[str]) -> None:
    """Whatever the words of the message, and what is behind them."""
    rng = random.Random(1)
    faults, found = [], 0
    for header in some_headers:
        known = KnownPrefixes()
        for _ in range(10):
            words = [rng.choice(FIRST), *(rng.choice(FURTHER) for _ in range(rng.choice([1, 2, 3, 3, 3])))]
            head = head_of(header + " ".join(words) + rng.choice(TAILS))
            parts = recognizer().read(head).parts
            again = known.find(head)
            found += again is not None
            if again not in (None, parts):
                faults.append((head, again, parts))
            known.learn(head, parts)
    assert found > 500
    assert len({fault[0][: fault[1].column] for fault in faults if fault[1]}) <= 1, faults[:5]


def test_a_line_that_begins_with_a_known_header_begins_a_record(some_headers: list[str]) -> None:
    """Whatever its message, but for lines of pairs and for further columns."""
    rng = random.Random(2)
    faults = []
    for header in some_headers:
        if not recognizer().read(head_of(header + "request handled again")).parts.time[1]:
            continue
        for _ in range(4):
            text = header + " ".join(rng.choice(FURTHER[:-2]) for _ in range(3)) + rng.choice(TAILS)
            kind = header_kind(text.encode())
            if kind == HEADED and not recognizer().read(head_of(text)).parts.time[1]:
                faults.append(text)
    assert len([key for key, _ in groupby(sorted(fault[:20] for fault in faults))]) <= 5, faults[:8]


def test_letters_of_identifiers_are_read_alike() -> None:
    """A request's identifier, or a UUID, is another one in each line."""
    known = KnownPrefixes()
    for first, second in (
        ("req-0f3c9a81", "req-7bcd0e1f"),
        ("9f3c2a71-5d0e-4c1b-b0f7-2f4e6a9d1c33", "0f3c2a71-ad0e-4c1b-b0f7-2f4e6a9d1cee"),
    ):
        heads = [
            head_of(f"2024-05-01 10:00:00.123 17 INFO app.api [{each}] pool is full again") for each in (first, second)
        ]
        assert known.find(heads[0]) is None
        known.learn(heads[0], recognizer().read(heads[0]).parts)
        assert known.find(heads[1]) == recognizer().read(heads[1]).parts


def test_name_twice_is_read_anew() -> None:
    """A thread and a logger of one name are fields, whatever header other lines of the source have."""
    known = KnownPrefixes()
    for line in ("INFO it is up again", "INFO ExtHandler ExtHandler it is up again"):
        head = f"2025-03-07T06:07:08Z {line}".encode().translate(FOLD_DIGITS) + END
        assert known.find(head) in (None, recognizer().read(head).parts)
        known.learn(head, recognizer().read(head).parts)
