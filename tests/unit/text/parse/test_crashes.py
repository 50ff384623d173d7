"""Exceptions that no program has logged: they are errors, whatever was logged before them."""

from __future__ import annotations

import pytest

from reflowlog.text.parse.crashes import crash_offsets, is_crash
from reflowlog.text.parse.explain import explain_lines
from reflowlog.text.parse.line_levels import level_of, level_of_record, lines_that_may_have, may_have
from reflowlog.text.search.record_filter import RecordFilter

CRASHES = {
    "Python": """
        Traceback (most recent call last):
          File "a.py", line 1, in <module>
        KeyError: 1
    """,
    "Java": """
        Exception in thread "main" java.lang.IllegalStateException: no
        \tat a.B.main(B.java:4)
        Caused by: java.lang.Error: x
        \tat a.B.f(B.java:5)
    """,
    "Go": """
        panic: assignment to entry in nil map

        goroutine 1 [running]:
        main.deep(0x0)
        \t/srv/a.go:26 +0x38
    """,
    "Node": """
        /srv/a.js:3
        throw new TypeError("no");
        ^

        TypeError: no
            at Object.<anonymous> (/srv/a.js:3:7)

        Node.js v18.19.0
    """,
    "Node, modules": """
        file:///srv/a.mjs:3
          throw new TypeError("no");
          ^

        TypeError: no
            at file:///srv/a.mjs:3:7
    """,
    "Rust": """
        thread 'main' panicked at src/main.rs:4:5:
        index out of bounds
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
    """,
    ".NET": """
        Unhandled exception. System.InvalidOperationException: no
           at A.Main() in /srv/A.cs:line 3
    """,
    "Ruby": """
        a.rb:1:in `/': divided by 0 (ZeroDivisionError)
        \tfrom a.rb:1:in `<main>'
    """,
    "PHP": """
        PHP Fatal error:  Uncaught RuntimeException: no in /srv/a.php:3
        Stack trace:
        #0 /srv/a.php(5): f()
        #1 {main}
          thrown in /srv/a.php on line 3
    """,
    "C++": """
        terminate called after throwing an instance of 'std::runtime_error'
          what():  no
    """,
    "Elixir": """
        ** (RuntimeError) no
            a.exs:1: (file)
    """,
}
PREFIXES = ["", "web-1  | ", "2024-05-01T10:00:00Z stderr F ", "May  1 10:00:00 host app[1]: "]


def lines_of(name: str) -> list[str]:
    """The lines of a crash."""
    text = CRASHES[name].strip("\n").replace("\\t", "\t").split("\n")[:-1]
    return [line.removeprefix(" " * 8) for line in text]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("name", CRASHES)
def test_a_minimum_level_keeps_a_crash(name: str, prefix: str) -> None:
    """The report of a runtime at the end of a program is an error, alone and behind records that are none."""
    crash = [f"{prefix}{line}\n".encode() for line in lines_of(name)]
    for before in ([], [f"{prefix}2024-05-01 10:00:00 INFO started\n".encode()]):
        lines = before + crash
        whole = RecordFilter(level=40)
        kept = whole.feed(b"".join(lines)) + whole.rest()
        assert kept.endswith(b"".join(crash))
        one_by_one = RecordFilter(level=40)
        assert b"".join([one_by_one.feed(line) for line in lines]) + one_by_one.rest() == kept
        assert may_have(b"".join(lines), 40)
        assert lines_that_may_have(b"".join(lines), 40)


@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_in_a_large_log_is_kept(name: str) -> None:
    """Far from any name of a level, and with many records around it, a crash is found."""
    crash = "".join(f"{line}\n" for line in lines_of(name)).encode()
    around = b"2024-05-01 10:00:00 INFO started on port 8080\n" * 4000
    kept = RecordFilter(level=40)
    assert crash in kept.feed(around + crash + around) + kept.rest()


def test_a_traceback_raises_the_level_of_its_record() -> None:
    """A record of Python with a traceback is an error; one of Java has the level that was logged."""
    python = [b"10:00:00 INFO up", b"Traceback (most recent call last):", b"  File 1", b"KeyError: 1"]
    java = [b"10:00:00 WARN slow", b"java.lang.Error: x", b"\tat a.B.c(B.java:1)"]
    assert (level_of_record(python), level_of_record(java)) == (40, 30)
    assert level_of(python[1]) is None  # a line within a record has no level of its own


@pytest.mark.parametrize(
    "line",
    [
        b"see the Traceback (most recent call last) above",
        b"the panic: is over",
        b"thread 'main' has finished",
        b"/srv/a.js:3: warning",
        b"at /srv/a.js:3",
        b"12:30",
        b"{'a.js:3'",
        b"a.rb:1:in `f': done",
    ],
)
def test_words_are_no_crash(line: bytes) -> None:
    """The texts of runtimes elsewhere in a line mean nothing."""
    assert not is_crash(line)


def test_all_crashes_are_found_in_a_chunk() -> None:
    """`crash_offsets` finds the first line of each crash."""
    for name in CRASHES:
        data = "x\n" + "".join(f"{line}\n" for line in lines_of(name))
        if is_crash(lines_of(name)[0].encode()):
            assert any(2 <= at <= data.index("\n", 2) for at in crash_offsets(data.encode()))


def test_a_crash_is_explained() -> None:
    """`--explain` says what it is, and that it is an error."""
    found = explain_lines([b"10:00:00 INFO up", b"Traceback (most recent call last):", b"thread 'a' panicked at x:"])[0]
    assert [each.format for each in found] == ["header", "uncaught exception", "uncaught exception"]
    assert [each.level for each in found] == [20, 40, 40]
