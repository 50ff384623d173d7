"""Search in records as they are shown: what is decided by the line as it came is what their texts decide."""

from __future__ import annotations

import json

import pytest

from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.shown_record import ShownPattern, ShownRecords

TRACE = [
    {
        "exc_type": "KeyError",
        "exc_value": "pool 7",
        "is_cause": False,
        "frames": [{"filename": "app.py", "lineno": 7, "name": "run"}],
    },
    {"exc_type": "OSError", "exc_value": "timeout", "is_cause": True, "frames": [{"filename": None, "lineno": True}]},
]
LINES = [
    json.dumps({"level": "info", "event": "it failed", "exception": TRACE}),
    json.dumps({"level": "info", "event": "it failed", "exception": TRACE[:1]}),
    json.dumps({"level": "error", "event": 'say "exc_type"', "user": "a b"}),
    json.dumps({"time": 1700000000, "level": 50, "msg": "caf\u00e9", "logger": "app.db.pool"}),
    'ts=2024-05-01T10:00:00Z level=warn logger=app.db msg="it failed" ms=7',
    "10:00:00 INFO it failed",
    '{"time":"2024-05-01T10:00:00.123Z","level":"info","msg":"took 18233","n":18233,"share":1.8233e4,"list":[12345.6]}',
    '{"time":1714557600123,"level":30,"msg":"\\u0031\\u0038233 units","id":"x-18233-y"}',
    'ts=1714557600.5 level=info logger=app.db msg="took 18233 ms" \u212aey=12345',
]
WORDS = [
    *("failed", "timeout", "pool", "run", "keyerror", "app", "zzqqzz"),
    *("file", "line", "recent", "occurred", "cause", "traceback", "true", "none", "during", "ing", "in", "e"),
    *("18233", "1714557600", "12345", "2024", "0.123", "123", "x-18233", "8233e4", "18233|zzqqzz"),
    *(r"ms=\d+", r"fail.*pool", r"it.+ed", r"(?i)POOL", r"f[ia]+l", r"app\.d", r"(?x) fai led", r"to+k \d", r"time.*"),
    *(
        r"i(?:t|s) failed",
        r"^\d{4}-",
        r"took$",
        r"\bunits",
        "(?=took)t",
        "[[x]took",  # which `re` warns of
        r"1{1}8233",
        "(took) 1",
        "key=",
        "e.*y",
        r"T\d+:",
    ),
    *("file|zzqqzz", "timeout|zzqqzz", "KeyError: pool", "line 7", "error", "warning", "ms=7", "app.db", "caf", "7"),
]


@pytest.mark.parametrize("source", WORDS)
def test_lines_match_if_they_or_their_shown_texts_match(source: str) -> None:
    """The cheap decisions change no result, for one line or for all at once."""
    records = ShownRecords(("time", "level", "logger"), utc=True)
    pattern = compile_pattern(source)
    tested = ShownPattern(pattern, records)

    def is_match(line: bytes) -> bool:
        texts = [text.encode() for text, _ in records.texts(line)]
        return any(pattern.matching(text + b"\n") for text in [line, *texts])

    lines = [line.encode() + b"\n" for line in LINES]
    expected = [line for line in lines if is_match(line)]
    data = b"".join(lines)
    assert [data[start : data.index(b"\n", start) + 1] for start in tested.matching(data)] == expected
    assert [line for line in lines if tested.matching(line)] == expected


@pytest.mark.parametrize("source", ["A", "AUDIT", "AUDIT x", "UDI", "AU.IT"])
def test_unknown_names_of_levels_are_found_in_capitals(source: str) -> None:
    """As they are shown."""
    tested = ShownPattern(compile_pattern(source), ShownRecords(("time", "level"), utc=True))
    assert tested.matching(b'{"level":"info","msg":"audit x"}\n{"level":"audit","msg":"x"}\n') == [33]


@pytest.mark.parametrize("source", ["retry=true", "=tru", "true  last", "r.*=true"])
def test_flags_are_found(source: str) -> None:
    """A name alone in a line of logfmt is shown with a value."""
    tested = ShownPattern(compile_pattern(source), ShownRecords(("time", "level"), utc=True))
    assert tested.matching(b'level=info msg="x"\nlevel=info retry msg="one" last\n') == [19]


@pytest.mark.parametrize("source", ["red", "ERROR red", "error", "r.d", "red é", "zz|red", "10:15"])
def test_messages_of_bytes_are_found(source: str) -> None:
    """As a journal writes messages with controls."""
    numbers = ", ".join(str(code) for code in "\x1b[31mred\x1b[0m é error 10:15".encode())
    line = b'{"__REALTIME_TIMESTAMP":"1709892931123456","PRIORITY":"3","MESSAGE" : [%b]}\n' % numbers.encode()
    tested = ShownPattern(compile_pattern(source), ShownRecords(("time", "level"), utc=True))
    assert tested.matching(b'{"level":"info"}\n' + line) == [17]


@pytest.mark.parametrize("source", ["10:15", "12:15:30", "8:15", "1:22", "15:3", "13:20", "22:13:20"])
def test_times_are_found_as_they_are_shown(source: str) -> None:
    """Where the zone differs, the time is a number, or the text looks like a time and is none."""
    records = ShownRecords(("time", "level", "source"), utc=True)
    tested = ShownPattern(pattern := compile_pattern(source), records)
    lines = [
        b'{"time":"2024-03-08T12:15:30+02:00","level":"info","msg":"x"}\n',
        b'{"ts":1700000000,"msg":"at 8:15"}\n',
        b'{"ts":1700000000.5,"msg":"x","caller":"a.go:1:22"}\n',
        b'{"ts":1700000000,"msg":"x","file":"a.py1","line":22}\n',
        b'{"msg":"13\\u003a20"}\n',
        b"ts=2024-03-08T08:15:30-02:00 level=info msg=x\n",
    ]
    for some in (lines, lines[:4], lines[5:]):
        expected = [
            line
            for line in some
            if any(pattern.matching(text) for text in [line, *(text.encode() for text, _ in records.texts(line))])
        ]
        data = b"".join(some)
        assert [data[start : data.index(b"\n", start) + 1] for start in tested.matching(data)] == expected


LEVELS = ["trace", "debug", "INFO", "info", "notice", "warn", "WARNING", "error", "ERR", "critical", "FATAL", "odd"]


@pytest.mark.parametrize(
    "source",
    [
        *("error", "ERROR", "err", "info", "inf", "warn", "crit", "fatal", "debug", "e|n", "level", "error|info"),
        *(
            "error app",
            "ERROR app",
            "ERR app",
            "info app.db",
            "N app",
            "ror a",
            "warn.*failed",
            "error.*db",
            "info|warn.*x",
        ),
    ],
)
def test_names_of_levels_are_found_a_chunk_at_a_time(source: str) -> None:
    """Usual JSON lines whose level cannot have the name are passed over, and no others."""
    records = ShownRecords(("time", "level", "logger"), utc=True)
    pattern = compile_pattern(source)
    tested = ShownPattern(pattern, records)
    lines = [f'{{"level":"{level}","msg":"x"}}\n'.encode() for level in LEVELS]
    named = [
        f'{{"level": "{level}", "logger": "app.db", "msg": "{text}"}}\n'.encode()
        for level in LEVELS
        for text in ("x", "it failed", "error x")
    ]
    pairs = [f'level={level} logger=app.db msg="it failed"\n'.encode() for level in LEVELS]
    numbered = [
        b'{"level":%d,"time":1700000000000,"pid":1,"hostname":"h","msg":"x"}\n' % level for level in range(10, 70, 5)
    ]
    for some in (lines, numbered, lines + numbered, named, pairs, [b'{"msg":"x","exception":[]}\n', *lines]):
        expected = [
            line
            for line in some
            if any(pattern.matching(text) for text in [line, *(text.encode() for text, _ in records.texts(line))])
        ]
        data = b"".join(some)
        assert [data[start : data.index(b"\n", start) + 1] for start in tested.matching(data)] == expected
