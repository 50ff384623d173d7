"""Levels of lines: those of the parser, as numbers, fast."""

from __future__ import annotations

import importlib.util
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import DATA_DIR, PROJECT
from support.strategies import nasty

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse import line_levels as module
from reflowlog.text.parse.header import header
from reflowlog.text.parse.levels import parse_level
from reflowlog.text.parse.line_levels import level_of, may_have

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


def bench() -> ModuleType:
    """The table of shares in `tests/bench`."""
    spec = importlib.util.spec_from_file_location("bench_levels", PROJECT / "tests" / "bench" / "levels.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DATA = DATA_DIR
SAMPLES = list(bench().samples(DATA, DATA / "fields"))
LINES = [line for path in sorted(DATA.glob("*.log")) for line in path.read_bytes().split(b"\n")]
LEVELS = {5, 10, 20, 25, 30, 40, 50}


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (b"2024-03-08 10:15:30,123 - app - WARNING - low on disk", 30),
        (b"2024-03-08 10:15:30,123 CRITICAL app: gone", 50),
        (b"E0610 12:00:00.123456  1234 main.cc:12] it failed", 40),
        (b"03-17 16:13:38.811  1702  2395 W WindowManager: slow", 30),
        (b"I/Tag(  12): hello", 20),
        (b"<30>Jun 14 15:16:01 combo sshd[19939]: check pass", 20),
        (b"<0>Jun 14 15:16:01 combo sshd[19939]: check pass", 50),
        (b"[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok", 25),
        (b"[Sun Dec 04 04:47:44 2005] [emerg] gone", 50),
        (b'{"level":30,"time":1531171074631,"msg":"hello"}', 20),
        (b'{"name":"app","hostname":"h","pid":1,"level":50,"msg":"x","v":0}', 40),
        (b'{"level":"fatal","msg":"x"}', 50),
        (b"time=2024-03-08T10:15:30Z level=trace msg=x", 5),
        (b"\x1b[33m12:00:00 \x1b[1mWARN\x1b[0m disk", 30),
        (b"12:00:00 INFO 10%\r12:00:00 FATAL  x", 50),
        (b"12:00:00 SEVERE [main] a.b.C it", 40),
        (b'{"@t":"2024-03-08T10:15:30Z","@mt":"x"}', 20),
        (b'{"@t":"2024-03-08T10:15:30Z","@mt":"x","@l":"Fatal"}', 50),
        (b'{"severityNumber":17,"body":{"stringValue":"x"}}', 40),
        (b'{"__REALTIME_TIMESTAMP":"1709892930123456","PRIORITY":"3","MESSAGE":"x"}', 40),
        (b'{"short_message":"x","level":4}', 30),
        (b'{"log":"{\\"level\\":50,\\"msg\\":\\"x\\"}\\n","stream":"stdout"}', 40),
        (b'{"log":"10:00:00 ERROR x\\n","stream":"stdout"}', 40),
        (b'{"request":{"level":"error"},"msg":"x"}', None),
        (b'{"msg":"\\"level\\":\\"error\\"","level":"info"}', 20),
        (b'web-1  | {"level":"warn","msg":"x"}', 30),
        (b'2024-03-08 10:15:30 INFO app: level=warn msg="x"', 30),
        (b"at=error code=H12 path=/", 40),
        (b'{"level":"error"', 40),
        (b"plain words of no level", None),
        (b"", None),
        ("10:00:00 ERROR é日本".encode(), 40),
    ],
)
def test_levels_of_many_systems(line: bytes, level: int | None) -> None:
    """Each has its way to say how bad it is."""
    assert level_of(line) == level


@pytest.mark.parametrize("line", LINES)
def test_the_level_is_the_parsers(line: bytes) -> None:
    """Cached or not, it is the level that the parser finds in the whole line."""
    name = header(sanitize(line.decode("utf-8", "replace"))[0]).level
    for _ in range(2):
        assert level_of(line) == (module._number(name) if name else module.level_of(line))
    assert level_of(line) in {*LEVELS, None}


DIALECTS = (
    "structlog python-json-logger pino bunyan zap zerolog slog clef ecs opentelemetry journald gelf docker logfmt"
)


@pytest.mark.parametrize(("log", "scored"), SAMPLES, ids=[log.stem for log, _ in SAMPLES])
def test_shares(log: Path, scored: Any) -> None:
    """Of each kind of log, enough lines have the right level and the right message column."""
    assert scored(log, show=True).is_good


def test_each_dialect_has_a_sample() -> None:
    """None of them is forgotten."""
    assert set(DIALECTS.split()) <= {log.stem for log, _ in SAMPLES}


@settings(deadline=None, max_examples=300)
@given(st.one_of(nasty.map(lambda line: line.encode("utf-8", "surrogatepass")), st.binary(max_size=50)))
def test_any_line_has_a_level_or_none(line: bytes) -> None:
    """No line is too odd, and the parser agrees."""
    line = line.replace(b"\n", b"")
    level = level_of(line)
    assert level is None or level in LEVELS
    name = header(sanitize(line.decode("utf-8", "replace"))[0]).level
    assert not name or level == module._number(name)


PARTS = st.one_of(
    st.sampled_from(LINES),
    st.sampled_from(sorted(module.NUMBERS))
    .flatmap(lambda name: st.sampled_from([form(name) for form in (str.upper, str.title, str.lower)]))
    .flatmap(
        lambda name: st.sampled_from(
            [
                *(
                    f"10:00:00 {name} x",
                    f"{name}: x",
                    f"[{name}] x",
                    f"{name} x",
                    f"10:00:00 [{name}] x",
                    f"{name}/T(1): x",
                ),
                *(f"10:00:00|{name}|x", f"{name}0610 12:00:00 1 a.c:1] x", f"level={name}", f"[10:00:00 {name}] x"),
                *(
                    f'{{"level":"{name}"}}',
                    f"({name}) x",
                    f"10:00:00 a.b/{name}: x",
                    f"<3>{name} x",
                    f"\x1b[1m{name}\x1b[m: x",
                ),
                *(
                    f"10:00:00 {name}, x",
                    f"[10:00:00: {name}/MainProcess] x",
                    f"10:00:00 {name}",
                    f"10:00:00 <{name}> x",
                ),
            ]
        )
    )
    .map(str.encode),
    st.integers(0, 255).map(lambda number: b"<%d>Jun 14 15:16:01 combo x[1]: y" % number),
    st.sampled_from(range(10, 70, 10)).map(lambda number: b'{"level": %d}' % number),
)


@settings(deadline=None, max_examples=600)
@given(st.lists(PARTS, min_size=1, max_size=2), st.sampled_from([5, 10, 20, 25, 30, 40, 50]))
def test_what_a_piece_denies_none_of_its_lines_has(lines: list[bytes], least: int) -> None:
    """False is a promise, for every way to write a level."""
    if not may_have(b"\n".join(lines), least):
        assert all((level_of(line) or 0) < least for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        b'{"level":"ERROR+2"}',
        b'{"record":{"level":{"name":"AUDIT","no":45},"message":"x"}}',
        b'{"level":"AUDIT","levelno":60}',
        b"time=2024-03-08T10:15:30Z level=50 event=x",
        b"time='2024-03-08T10:15:30Z' level='3' event='x'",
        b'{"body":"x","attributes":[{"key":"level","value":{"intValue":"50"}}]}',
        b"time='2024-03-08T10:15:30Z' level='E' event='x'",
        b'{"levelname":"Level 60"}',
        b'{"status":"error"}',
    ],
)
def test_rare_ways_to_say_it_are_not_denied(line: bytes) -> None:
    """Numbers beside names of a program's own, and numbers in words."""
    level = level_of(line)
    assert level is not None
    assert may_have(line, level)


def test_a_piece_without_any_is_denied() -> None:
    """The promise is given where it should be."""
    data = b"12:00:00 INFO all is well\n12:00:01 DEBUG so it is\n" * 100
    assert not may_have(data, 30)
    assert may_have(data, 20)
    assert not may_have(data + b"12:00:01 WARN hm\n", 40)
    assert may_have(data + b"12:00:01 WARN hm\n", 30)
    assert not may_have(b"<30>x\n", 40)
    assert may_have(b"<27>x\n", 40)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("warn", 30),
        ("W", 30),
        ("Error", 40),
        ("30", 30),
        (" info ", 20),
        ("fatal", 50),
        ("loud", None),
        ("", None),
        ("-1", None),
    ],
)
def test_what_users_type(name: str, level: int | None) -> None:
    """Names in any case, letters and numbers."""
    assert parse_level(name) == level


def test_memory_is_bounded() -> None:
    """Heads are forgotten when there are too many."""
    for letters in itertools.islice(itertools.product("abcdefgh", repeat=6), module.MAX_MEMO_ENTRIES + 10):
        level_of("".join(letters).encode())
    assert len(module._spans) <= module.MAX_MEMO_ENTRIES


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "10:00:00 INFO one",
                    "10:00:01 ERROR two",
                    "E0610 10:00:00.1 1 a.go:1] x",
                    "<27>Jun 14 15:16:01 host x[1]: y",
                    '{"level":50,"msg":"x","pid":1}',
                    '{"levelname":"WARNING","levelno":30,"msg":"fail"}',
                    "level=error msg=x",
                    "[EE] failed",
                    "x E y",
                    "Level 45 x",
                    "F",
                    "no error here",
                    "",
                ]
            ),
            st.text('aEF<>0123 :lev="{}', max_size=30),
        ),
        max_size=8,
    ),
    st.sampled_from([30, 40, 50]),
)
def test_every_line_of_a_level_is_among_those_that_may_have_it(lines: list[str], least: int) -> None:
    """Whatever stands around it."""
    data = "".join(f"{line}\n" for line in lines).encode()
    starts = module.lines_that_may_have(data, least)
    assert starts is not None
    assert starts == sorted(set(starts))
    offset = 0
    for line in data.split(b"\n")[:-1]:
        if (module.level_of(line) or 0) >= least:
            assert offset in starts, line
        offset += len(line) + 1
