"""Which lines continue the record before them: traces of each language, and no line of ordinary logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import DATA_DIR
from support.formats import cases, cases_of_table

from reflowlog.text.clean.digits import DIGITS_TO_ZERO
from reflowlog.text.parse import multiline
from reflowlog.text.parse.header import parts
from reflowlog.text.parse.multiline import (
    BEFORE,
    NOTHING,
    GroupState,
    continues,
    grouped,
    is_plain_start,
    may_continue,
)

if TYPE_CHECKING:
    from pathlib import Path

DATA = DATA_DIR
CONTINUED = {"prose.log": {9, 10, 18, 19}, "postgres.log": {3, 5, 8}}
"""Lines of the ordinary logs that are parts of traces, or further parts of an error of PostgreSQL."""

# Each record's first line is marked with > and a tab; the mark is no part of it.
TRACES = {
    "python": """
> 2024-03-08 10:15:30,123 ERROR shop it failed
Traceback (most recent call last):
  File "/srv/shop/orders.py", line 88, in accept
    stock.take(order)
    ~~~~~~~~~~^^^^^^^
  File "/srv/shop/stock.py", line 7, in take
    raise Missing(order)
shop.stock.Missing: order 17: none left
> 2024-03-08 10:15:30,124 INFO shop next
""",
    "python, chained": """
> 10:15:30 ERROR it failed
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    {}["x"]
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    raise ValueError
ValueError

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "a.py", line 5, in <module>
    raise Whatever("y") from e
a.Whatever: y
> 10:15:31 INFO next
""",
    ".net": """
> 10:15:30 ERROR it failed
System.InvalidOperationException: no such card
 ---> System.IO.IOException: odd
   at Shop.Card.Read() in C:\\shop\\Card.cs:line 3
   --- End of inner exception stack trace ---
   at Shop.Pay() in C:\\shop\\Pay.cs:line 7
> 10:15:31 INFO next
""",
    "python, alone": """
> Traceback (most recent call last):
  File "a.py", line 1, in <module>
    main()
KeyboardInterrupt
> Traceback (most recent call last):
  File "a.py", line 1, in <module>
    main()
SystemError: again
>
> 12 apples
""",
    "python, group": """
> 10:15:30 ERROR it failed
  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 5, in <module>
  |     raise ExceptionGroup("many", errors)
  | ExceptionGroup: many (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "a.py", line 3, in <module>
    | ValueError: 1
    +---------------- 2 ----------------
    | KeyError: 2
    +------------------------------------
> 10:15:31 INFO next
""",
    "python, exception and stack": """
> 10:15:30 ERROR app: both
Traceback (most recent call last):
  File "a.py", line 4, in <module>
    1/0
    ~^~
ZeroDivisionError: division by zero
Stack (most recent call last):
  File "a.py", line 5, in <module>
    log.error("both", exc_info=True, stack_info=True)
> 10:15:31 ERROR app: with a stack
Stack (most recent call last):
  File "a.py", line 7, in <module>
    log.error("with a stack", stack_info=True)
Stacked
> 10:15:32 INFO app: next
""",
    "python, asyncio": """
> 10:15:30 ERROR asyncio: Task exception was never retrieved
future: <Task finished name='job' coro=<g() done, defined at a.py:29> exception=FileNotFoundError(2, 'No such file')>
Traceback (most recent call last):
  File "a.py", line 29, in g
FileNotFoundError: [Errno 2] No such file
future: soon
> 10:15:32 INFO next
""",
    "go, with all that it knows": """
> 2024/03/08 10:15:30 INFO it runs
> panic: runtime error: index out of range [5] with length 3 [recovered]
	panic: again

goroutine 18 gp=0xc000007340 m=3 mp=0xc000100008 [running]:
github.com/a/b%2ec.F[...](0x1, {0xc000012345?, 0x5?})
	/srv/main.go:12 +0x1d
created by main.main in goroutine 1
	/srv/main.go:7 +0x5c

goroutine 1 [chan receive, 5 minutes]:
main.main()
	/srv/main.go:9 +0x6a
exit status 2
> 2024/03/08 10:15:31 INFO next
""",
    "java": """
> 2024-03-08 10:15:30.123 ERROR [main] com.example.App : it failed
java.lang.IllegalStateException: no order: 17
\tat com.example.Orders.accept(Orders.java:88)
\tat com.example.App.main(App.java:12) ~[app.jar:1.0]
\tSuppressed: java.io.IOException: closed
\t\tat com.example.Pool.close(Pool.java:5)
\t\t... 2 more
Caused by: java.sql.SQLException: gone
\tat com.example.Db.get(Db.java:3)
\t... 12 more
> 2024-03-08 10:15:30.124 INFO  [main] com.example.App : next
""",
    "java, alone": """
> 10:15:30 INFO last words
> Exception in thread "main" java.lang.NullPointerException
\tat com.example.App.main(App.java:12)
> java.io.IOException: and another
\tat com.example.App.main(App.java:13)
> 10:15:31 INFO next
java.lang.String: no stack after it
> 10:15:32 INFO next
""",
    "go": """
> 2024/03/08 10:15:30 listening on :8080
> panic: runtime error: index out of range [5] with length 3 [recovered]
\tpanic: again
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f1a5]

goroutine 1 [running]:
main.(*Server).take(0xc000012345, {0xc00001, 0x3})
\t/srv/main.go:12 +0x1d
main.main()
\t/srv/main.go:7 +0x25
created by net/http.(*Server).Serve in goroutine 1
\t/usr/lib/go/src/net/http/server.go:3086 +0x5cb

goroutine 18 [chan receive, 2 minutes]:
main.wait(...)
\t/srv/main.go:31
exit status 2
> 2024/03/08 10:15:31 listening on :8080
""",
    "go, served": """
> 2024/03/08 10:15:30 http: panic serving 10.0.0.7:51022: nil
goroutine 34 [running]:
net/http.(*conn).serve.func1()
\t/usr/lib/go/src/net/http/server.go:1868 +0xb9
> 2024/03/08 10:15:31 next
""",
    "node": """
> 2024-03-08T10:15:30.123Z error: it failed
Error: connect ECONNREFUSED 10.0.0.7:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)
    at async Pool.get (/srv/pool.js:12:5) {
  errno: -111,
  code: 'ECONNREFUSED'
}
> 2024-03-08T10:15:31.123Z info: next
TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string
    at open (node:fs:585:11)
> 2024-03-08T10:15:31.124Z info: next
""",
    "over several lines": """
> 10:15:30 INFO settings {
  "a": 1,
  "b": [
    2
  ]
}
> 10:15:30 INFO next
>
> 10:15:31 INFO after an empty line
>   2024-03-08 10:15:30 INFO a time at its start
> 10:15:32 INFO next
""",
}


def marked(text: str) -> tuple[list[bytes], list[bool]]:
    """The lines of a trace, and which continue."""
    lines = text.strip("\n").split("\n")
    plain = [line[2:] if line.startswith(">") else line for line in lines]
    return [line.encode() for line in plain], [not line.startswith(">") for line in lines]


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("dress", [b"%s", b"%s\r", b"\x1b[31m%s\x1b[0m"], ids=["plain", "crlf", "coloured"])
def test_traces_belong_to_the_record_before_them(name: str, dress: bytes) -> None:
    """Each language's traces are one record with the line that tells of them, also coloured and with CR LF."""
    lines, expected = marked(TRACES[name])
    if dress != b"%s":
        lines = [dress % line if line or dress.endswith(b"\r") else line for line in lines]
    found, _ = continues(lines)
    assert [(line, goes_on) for line, goes_on in zip(lines, found)] == list(zip(lines, expected))
    assert may_continue(b"\n".join(lines) + b"\n")


@pytest.mark.parametrize("name", TRACES)
def test_pieces_hand_the_state_over(name: str) -> None:
    """Cut anywhere, with one line more than is asked for, the answer is the same."""
    lines, expected = marked(TRACES[name])
    for cut in range(1, len(lines)):
        first, _ = continues(lines[: cut + 1])
        _, state = continues(lines[:cut])
        second, _ = continues(lines[cut:], state)
        if first[:cut] == continues(lines[:cut])[0]:
            assert first[:cut] + second == expected, cut


@pytest.mark.parametrize(
    "lines",
    [
        [b"   DEBUG: 2026-12-01 08:07:04,963 - a.b: one", b"    INFO: 2026-12-01 08:07:04,963 - a.b: two"],
        [b"    815 DEBUG <a.b/run> one", b"  12816 INFO  <a.b/run> two"],
    ],
)
def test_headers_aligned_to_the_right_start_records(lines: list[bytes]) -> None:
    """Blanks before a level with a time, or before a number with a level and a name, do not continue a record."""
    assert continues(lines * 2)[0] == [False] * 4


@pytest.mark.parametrize("path", sorted(DATA.glob("*.log")), ids=lambda path: path.name)
def test_ordinary_lines_start_records(path: Path) -> None:
    """No line of 32 systems' logs is taken for the rest of the one before it."""
    lines = path.read_bytes().split(b"\n")
    found, _ = continues(lines, BEFORE)
    assert {number for number, goes_on in enumerate(found, 1) if goes_on} == CONTINUED.get(path.name, set())


PLAIN_STARTS = [
    b"2024-05-01 10:00:00,123 INFO x",
    b'{"level":"info","msg":"x"}',
    b'{"log":{"level":"info"},"msg":"x"}',
    b'ts="2024-05-01 10:00:00" level=info msg=x',
    b"level=info msg=x",
    b"INFO:a.b:x",
    b'10.0.0.1 - - [14/Jun/2024:00:00:00 +0000] "GET / HTTP/1.1" 200 1',
    b"[10:00:00] [a/INFO]: x",
    b"10:00:00.123 x",
]


LINES = st.one_of(
    st.sampled_from([line for text in TRACES.values() for line in marked(text)[0]]),
    st.sampled_from(
        [
            *PLAIN_STARTS,
            b"",
            b" ",
            b"\t",
            b"plain",
            b"10:00:00 x",
            b"}",
            b"\x1b[1m x",
            b"a(b)",
            b"\x1b[mTraceback (most",
            b"a.rb:1:in `/': divided by 0 (ZeroDivisionError)",
            "└ @ Main a.jl:3".encode(),
            b"/srv/app.js:3",
        ]
    ),
)


PREFIXES = [
    *(b"", b"2024-05-01T10:00:00Z ", b"2024-05-01T10:00:00.123+02:00 stderr F ", b"Jun 14 15:16:01 host app[1]: "),
    *(b"2024-05-01T10:00:00Z host app: ", b"web-1 | ", b"web-1 |", b"[pod/a/b] "),
]


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES, max_size=12), st.sampled_from([NOTHING, BEFORE]), st.sampled_from(PREFIXES))
def test_may_continue_denies_no_continuation(lines: list[bytes], inside: GroupState, prefix: bytes) -> None:
    """Data that the fast test denies has no continuation line and leaves no state, behind a prefix, too."""
    lines = [prefix + line for line in lines]
    found, state = grouped(lines, inside)
    assert len(found) == len(lines)
    if not may_continue(b"".join(line + b"\n" for line in lines)):
        assert not any(line.goes_on for line in found)
        assert state.is_idle


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES, max_size=24), st.sampled_from([NOTHING, BEFORE]), st.sampled_from(PREFIXES))
def test_pieces_that_are_searched_at_once_continue_as_line_by_line(
    lines: list[bytes], inside: GroupState, prefix: bytes
) -> None:
    """Pieces of any size, between others and behind a prefix, too."""
    lines = [prefix + line for line in lines]
    expected = [line.goes_on for line in grouped(lines, inside)[0]]
    for size in (2, 3, 5):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(multiline, "PIECE_LINES", size)
            patch.setattr(multiline, "MIN_PIECE_LINES", 2)
            assert continues(lines, inside)[0] == expected, size


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("name", TRACES)
def test_a_trace_between_many_plain_lines_continues_as_alone(name: str, prefix: bytes) -> None:
    """Wherever it begins within a piece."""
    trace = marked(TRACES[name])[0]
    for plain in PLAIN_STARTS:
        for before in (3, 31, 40):
            lines = [prefix + line for line in (*[plain] * before, *trace, *[plain] * 70)]
            assert continues(lines, BEFORE)[0] == [line.goes_on for line in grouped(lines, BEFORE)[0]]


@pytest.mark.parametrize("end", [b"", b"\r"])
@pytest.mark.parametrize("before", [3, 30, 31])
def test_blank_lines_between_many_plain_lines(end: bytes, before: int) -> None:
    """Also where lines end as on Windows: they belong to the record before them, and so does what is behind them."""
    plain = PLAIN_STARTS[0]
    lines = [line + end for line in (*[plain] * before, b"", b"", b"text", b"text", *[plain] * 40)]
    assert continues(lines, BEFORE)[0] == [line.goes_on for line in grouped(lines, BEFORE)[0]]


def test_plain_starts_continue_no_line_of_a_plain_chunk() -> None:
    """Of two lines that `may_continue` denies, a plain start is a record of its own, whatever the other one is."""
    lines = {line for path in DATA.rglob("*.log") for line in path.read_bytes().split(b"\n")[:40]}
    lines |= {line for text in TRACES.values() for line in marked(text)[0]} | set(PLAIN_STARTS)
    single = sorted(line for line in lines if not may_continue(line + b"\n"))
    states = {repr(state): state for state in (continues([line], BEFORE)[1] for line in single)}
    starts = [line for line in single if is_plain_start(line)]
    assert len(starts) > 50
    assert set(PLAIN_STARTS) <= set(starts)
    for state in [NOTHING, BEFORE, *states.values()]:
        assert [line for line in starts if continues([line], state)[0][0]] == [], state
    assert [line for line in single if continues([line])[0][0]] == []


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n", b"\r\n"])
def test_plain_starts_are_decided_by_one_search(end: bytes) -> None:
    """A chunk of plain starts continues nothing; one other line in it is seen."""
    for line in PLAIN_STARTS:
        assert not may_continue((line + b"\n") * 3 + line + end)
        for other in (b"  indented", b"Traceback (most recent call last):", b"Jun 14 15:16:01 h app[1]:   at x"):
            assert may_continue(line + b"\n10:00:00 x\n" + other + b"\n"), (line, other)
        assert may_continue(b"10:00:00 x\nwent on\n" + line + end)


PAIR_NAMES = ["ts", "time", "timestamp", "level", "lvl", "severity", "msg", "message", "logger", "name", "a.b", "@t"]
PAIR_VALUES = [
    *(
        "2024-05-01T10:00:00Z",
        '"2024-05-01 10:00:00,123"',
        "2024-05-01",
        "10:00:00.123",
        "info",
        "ERROR",
        '"ERROR"',
        "W",
    ),
    *(
        "1700000000.123",
        "app.db",
        "app.db:",
        "[1]",
        '"a b c"',
        '"10:00:00 ERROR x: y"',
        "x-",
        "-",
        "a/b.go:12",
        "",
        '"',
    ),
    *("audit(1364481363.243:24287):", "{a}", "<30>", "10.0.0.1", "é", '"2024-05-01 10:00:00 - app - ERROR - x"'),
]
pairs = st.builds("{}={}".format, st.sampled_from(PAIR_NAMES), st.sampled_from(PAIR_VALUES))


@given(st.lists(pairs, min_size=1, max_size=7), st.sampled_from(["", " x", " hello: x", " INFO x", " 10:00:00", "-"]))
def test_logfmt_is_headed_where_the_grammar_finds_a_time(found: list[str], end: str) -> None:
    """Lines of pairs that are decided about without the grammar have the kind that it would find."""
    line = " ".join(found) + end
    head = line.encode()[:96].decode("utf-8", "replace")
    assert continues([line.encode()], BEFORE)[1].is_headed == bool(parts(head).time[1])


@pytest.mark.parametrize("prefix", PREFIXES)
def test_stacks_behind_a_prefix_may_continue(prefix: bytes) -> None:
    """An exception and its stack are one record with the line before them, whatever writes a time before each line."""
    lines = [prefix + line for line in (b"it failed", b"java.lang.Error: x", b"\tat a.B.c(B.java:1)")]
    assert continues(lines, BEFORE)[0][2]
    assert may_continue(b"\n".join(lines) + b"\n")


def test_at_the_end_of_what_is_given() -> None:
    """Without the next line an exception starts a record, and an empty line in a trace belongs to it."""
    assert continues([b"10:00 x", b"java.lang.Error: y"])[0] == [False, False]
    assert continues([b"10:00 x", b"java.lang.Error: y", b"\tat a.B.c(B.java:1)"])[0] == [False, True, True]
    assert continues([b"10:00 x", b"Traceback (most recent call last):", b"  File", b"E: x", b""])[0][-1]


def test_hostile_lines_cost_linear_time() -> None:
    """Long lines of starts of the grammar are classified in linear time."""
    for start in (b"goroutine 1 [running]:", b"Traceback (most recent call last):", b"panic: x", b"x"):
        for part in (b"(", b"a.", b"A", b"a(b)", b"[", b"Error", b"x: "):
            assert len(continues([start, part * 50_000, b"    at x", part * 50_000], BEFORE)[0]) == 4


def test_uncaught_error_of_node_behind_a_record() -> None:
    """Place, source line, blank line and the error with its stack are a record of their own."""
    lines = [
        b"2024-05-01T10:00:00.000Z info: after",
        b"/srv/a.cjs:6",
        b'setTimeout(() => { throw new Error("last") }, 50);',
        b"                   ^",
        b"",
        b"Error: last",
        b"    at Timeout._onTimeout (/srv/a.cjs:6:26)",
    ]
    assert continues(lines)[0] == [False, False] + [True] * 5


def test_messages_of_julia_are_framed() -> None:
    """The lines of a frame, which has a level at its start, are one record, alone and behind records with a time."""
    lines = ["┌ Error: it failed", "│   n = 3", "└ @ Main a.jl:3", "┌ Warning: slow", "└ @ Main a.jl:7", "[ Info: up"]
    assert continues([line.encode() for line in lines])[0] == [False, True, True, False, True, False]
    timed = [b"2024-05-01 10:00:00 INFO x", *(line.encode() for line in lines)]
    assert continues(timed)[0] == [False, False, True, True, False, True, False]


def test_header_of_java_util_logging_without_a_package() -> None:
    """The second line of the header continues the first, and holds the level."""
    lines = [b"Nov 29, 2026 11:13:24 AM Log main", b"SEVERE: it failed", b"java.lang.Error: x", b"\tat a.f(A.java:2)"]
    assert continues(lines)[0] == [False, True, True, True]


CRI = b"2023-11-02T09:14:11.123Z "
PIECES = [
    [CRI + b"stdout P one ", CRI + b"stdout P two ", CRI + b"stdout F three", CRI + b"stdout F four"],
    [
        b'{"log":"one ","stream":"stdout","time":"2023-11-02T09:14:11.123Z"}',
        b'{"log":"two ","stream":"stdout","time":"2023-11-02T09:14:11.123Z"}',
        b'{"log":"three\\n","stream":"stdout","time":"2023-11-02T09:14:11.123Z"}',
        b'{"log":"four\\n","stream":"stdout","time":"2023-11-02T09:14:11.123Z"}',
    ],
]


@pytest.mark.parametrize("lines", PIECES, ids=["CRI", "json-file"])
def test_pieces_of_a_line_are_one_record(lines: list[bytes]) -> None:
    """Pieces that a container runtime has cut are one record, all at once and line by line."""
    assert may_continue(b"\n".join(lines[:2]) + b"\n")
    assert continues(lines)[0] == [False, True, True, False]
    state, found = NOTHING, []
    for line in lines:
        (goes_on,), state = continues([line], state)
        found.append(goes_on)
    assert found == [False, True, True, False]


def test_a_piece_goes_on_in_its_stream() -> None:
    """A line of another stream between two pieces interrupts their record, which the next piece resumes."""
    lines = [CRI + b"stdout P one ", CRI + b"stderr F other", CRI + b"stdout F two"]
    assert [(line.goes_on, line.resumes) for line in grouped(lines)[0]] == [
        (False, False),
        (False, False),
        (False, True),
    ]


def test_an_indented_line_without_a_prefix_continues() -> None:
    """A continuation proves a name before the record to be none, or its program to have written several lines."""
    lines = [b"[WARNING]: no inventory", b"localhost | SUCCESS => {", b'    "ping": "pong"', b"}", b"web-1 | x", b"ok"]
    assert continues(lines)[0] == [False, False, True, True, False, False]


def test_lines_that_cannot_have_a_header_are_told_without_the_recognizer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prose needs no patterns of the grammar; no sample of a format is taken for it."""
    for case in (*cases(), *cases_of_table()):
        for line in case.lines:
            head = line.text.encode()[:96].translate(DIGITS_TO_ZERO)
            found = parts(head.decode("utf-8", "replace"))
            if found.time[1] or found.level[1]:
                assert multiline._may_have_header().search(head), head
    monkeypatch.setattr("reflowlog.text.parse.header.parts", None)
    assert (
        continues([b"the words of a sentence, in a line (of prose)", b"Usage: this [OPTION]..."], BEFORE)[0]
        == [False] * 2
    )
