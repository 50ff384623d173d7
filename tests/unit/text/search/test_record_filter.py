"""The line filter: records are kept whole and byte for byte, and come out as soon as it is known that they are kept."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import compress, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.terminals import REFLOWLOG, TIMEOUT, environment, wait_for

from reflowlog.core.line_splitter import LineSplitter
from reflowlog.text.parse.line_levels import level_of_header, level_of_record
from reflowlog.text.parse.multiline import continues, grouped, has_prefix
from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.record_filter import RecordFilter
from reflowlog.text.search.record_tests import RecordTest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

# None of these is another thing because of the line after it; see text/parse/multiline.py.
LINES = [
    b"10:00:00 INFO one\n",
    b"10:00:01 ERROR red\n",
    b"10:00:02 DEBUG red\r\n",
    b"10:00:03 two \xff\n",
    b"  indented\n",
    b"\tred, indented\n",
    b"Traceback (most recent call last):\n",
    b'  File "red.py", line 1, in f\n',
    b"ValueError: boom\n",
]
lines = st.lists(st.sampled_from(LINES), max_size=12)
filters = st.fixed_dictionaries(
    {"source": st.sampled_from([None, "red", "boom|two", "r.d"]), "invert": st.booleans(), "context": st.integers(0, 2)}
    | {"level": st.sampled_from([None, 10, 20, 40])}
)
contexts = st.fixed_dictionaries(
    {"source": st.sampled_from(["red", "one|two", "boom"]), "context": st.integers(0, 2)}
    | {"level": st.sampled_from([None, 20]), "hidden": st.sampled_from(["indented", "boom", "10:00:0[13]"])}
)


def expected(
    lines: Sequence[bytes],
    source: str | None = None,
    invert: bool = False,
    context: int = 0,
    level: int | None = None,
    hidden: str | None = None,
) -> bytes:
    """Return the kept lines, computed with all lines at hand; records that match `hidden` are left out before."""
    records: list[list[bytes]] = []
    for line, further in zip(lines, continues([line.rstrip(b"\n") for line in lines])[0]):
        if further and records:
            records[-1].append(line)
        else:
            records.append([line])
    wanted = []
    last = None
    pattern = None if source is None else compile_pattern(source)
    for record in records:
        whole = [line.rstrip(b"\n") for line in record]
        own, named = level_of_record(whole), level_of_header(whole)
        last = last if named is None else named
        high = level is None or (last is not None and last >= level) or (own or 0) >= level
        matches = pattern is None or any(pattern.matching(line) for line in record) != invert
        wanted.append(high and matches)
    if hidden is not None:
        seen = [not any(compile_pattern(hidden).matching(line) for line in record) for record in records]
        records, wanted = list(compress(records, seen)), list(compress(wanted, seen))
    return b"".join(
        b"".join(record)
        for number, record in enumerate(records)
        if any(wanted[max(0, number - context) : number + context + 1])
    )


def make(source: str | None = None, invert: bool = False, **options: Any) -> RecordFilter:
    """A filter for a pattern as it is typed."""
    return RecordFilter([] if source is None else [RecordTest(compile_pattern(source), invert)], **options)


def fix(wanted: dict[str, Any]) -> dict[str, Any]:
    """Without a pattern there is nothing to invert."""
    return wanted | {"invert": wanted["invert"] and wanted["source"] is not None}


@given(lines, filters, st.data())
def test_records_are_kept_whole(lines: list[bytes], wanted: dict[str, Any], data: st.DataObject) -> None:
    """However the lines come, all that a record's matching line brings along is kept, and nothing else."""
    wanted = fix(wanted)
    tested = make(**wanted)
    kept, left = b"", list(lines)
    while left:
        count = data.draw(st.integers(1, len(left)))
        kept += tested.feed(b"".join(left[:count]))
        del left[:count]
    assert kept + tested.rest() == expected(lines, **wanted)


@given(lines, contexts, st.data())
def test_what_is_excluded_is_no_context(lines: list[bytes], wanted: dict[str, Any], data: st.DataObject) -> None:
    """The context is that of a log without such records, however the lines come."""
    tests = (
        RecordTest(compile_pattern(wanted["source"])),
        RecordTest(compile_pattern(wanted["hidden"]), True, None, True),
    )
    tested = RecordFilter(context=wanted["context"], level=wanted["level"], tests=tests)
    kept, left = b"", list(lines)
    while left:
        count = data.draw(st.integers(1, len(left)))
        kept += tested.feed(b"".join(left[:count]))
        del left[:count]
    assert kept + tested.rest() == expected(lines, **wanted)


def test_a_pause_shows_context_that_may_still_be_excluded() -> None:
    """As a record that is kept: once, and what comes later of it is not shown if it excludes it."""
    tests = (RecordTest(compile_pattern("red")), RecordTest(compile_pattern("noise"), exclude=True, is_hidden=True))
    tested = RecordFilter(context=1, tests=tests)
    assert tested.feed(b"10:00 red\n10:01 two\n") == b"10:00 red\n"
    assert tested.pause() == b"10:01 two\n"
    assert tested.feed(b"  more\n") == b"  more\n"
    assert tested.feed(b"  noise\n10:02 three\n") == b""
    assert tested.feed(b"10:03 four\n") == b"10:02 three\n"


KINDS = {
    "plain": b"2024-05-01 10:00:%02d,123 INFO     app.db             red %d\n",
    "json": b'{"ts":"2024-05-01T10:00:%02dZ","level":"info","msg":"red %d"}\n',
    "logfmt": b'ts="2024-05-01 10:00:%02d" level=info msg="red %d" ms=7\n',
    "access": b'10.0.0.%d - - [14/Jun/2024:00:00:00 +0000] "GET /red HTTP/1.1" 200 %d\n',
    "basic": b"INFO:app.a%d:red %d\n",
    "headless": b"went on %d red %d\n",
    "mixed": b"10:00:%02d x\nred %d\n",
}


@pytest.mark.parametrize("every", [1, 3, 300])
@pytest.mark.parametrize("kind", KINDS)
def test_chunks_with_many_matches_are_filtered_like_lines(kind: str, every: int) -> None:
    """What is found for a whole chunk at once is what is found line by line, also across the ends of chunks."""
    texts = [KINDS[kind] % (number % 60, number) for number in range(1000)]
    texts = [text if not number % every else text.replace(b"red", b"blue") for number, text in enumerate(texts)]
    texts[400] += b"  indented, red\n" if every > 3 else b""
    lines = b"".join(texts).splitlines(keepends=True)
    sources = [{"source": "red"}, {"source": "red", "invert": True}, {"source": "no such text"}]
    for wanted in sources:
        tested = make(**wanted)
        data = b"".join(lines)
        half = data.index(b"\n", 2 * len(data) // 3) + 1
        assert tested.feed(data[:half]) + tested.feed(data[half:]) + tested.rest() == expected(lines, **wanted)


def test_the_end_of_a_chunk_that_was_passed_over_is_not_forgotten() -> None:
    """A record without a match at the end of a large chunk comes out if its further lines match, in any chunk."""
    quiet = b"".join(b"10:00:%02d INFO nothing\n" % (number % 60) for number in range(6000))
    for further in (b"  red\n", b"  red\n" + quiet, b"  blue\n" + quiet + b"10:00:00 red\n"):
        last = b"10:00:00 ERROR it failed\n"
        tested = make("red")
        assert tested.feed(quiet + last) == b""
        assert tested.pause() == b""
        wanted = expected((quiet + last + further).splitlines(keepends=True), "red")
        assert tested.feed(further) + tested.rest() == wanted
    tested = make("red")
    tested.feed(quiet + last)
    assert tested.pending == last
    assert tested.rest() == b""


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted",
    [
        {"source": "needle"},
        {"source": "needle", "invert": True},
        {"source": "needle", "context": 2},
        {"source": "needle", "level": 40},
        {"level": 40},
        {"source": "common"},
        {"source": "nothing of the kind"},
    ],
    ids=str,
)
def test_much_at_once(wanted: dict[str, Any]) -> None:
    """Skipping data without a match nearby, and the split into chunks, change no result."""
    chance = random.Random(5)
    lines = []
    for number in range(15_000):
        lines.append(b"10:00:%02d INFO common words of line %d\n" % (number % 60, number))
        if chance.random() < 0.002:
            lines += [b"java.lang.IllegalStateException: needle\n", b"\tat a.b.C(D.java:5)\n", b"Caused by: a.b.E: f\n"]
        if chance.random() < 0.002:
            lines += [b"11:00:00 ERROR it failed\n", b"without a level\n", b"  needle, indented\n"]
    data = b"".join(lines)
    tested, cutter = make(**wanted), LineSplitter()
    kept = [tested.feed(cutter.feed(data[start : start + 100_001])) for start in range(0, len(data), 100_001)]
    kept.append(tested.feed(cutter.flush_partial()) + tested.rest())
    assert b"".join(kept) == expected(lines, **wanted)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_record_is_resumed_far_behind_in_a_chunk(seed: int, invert: bool) -> None:
    """Its earlier lines are found, though nothing between matches: they are kept, or dropped, with the match."""
    chance, long = random.Random(seed), b"x" * 250
    lines = []
    for number in range(12):
        service = chance.choice([b"app", b"app", b"db"])
        lines.append(b"%s | 10:00:%02d ERROR it failed\n" % (service, number))
        lines += [b"web | 10:00:%02d INFO %s\n" % (number, long)] * chance.choice([0, 3, 300])
        if chance.random() < 0.7:
            lines.append(b"%s |   at f\n" % service)
            lines += [b"web | 10:00:%02d INFO %s\n" % (number, long)] * chance.choice([0, 250])
        lines.append(b"%s | %s\n" % (service, chance.choice([b"ValueError: needle", b"  at needle", b"10:01:00 x"])))
    wanted, by_line = make("needle", invert=invert), make("needle", invert=invert)
    found = b"".join([*map(by_line.feed, lines), by_line.rest()])
    assert wanted.feed(b"".join(lines)) + wanted.rest() == found
    assert (b"needle" in found) is not invert


SYSLOG = b"".join(
    b"Jun 14 15:%02d:%02d host sshd[%d]: red 1.2.3.%d port 22 ssh2\n" % (at // 60 % 60, at % 60, at % 7, at % 200)
    for at in range(3000)
)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("end", ["rest", "pause", "more", "resumed"])
def test_the_last_lines_of_services_are_decided(end: str, invert: bool) -> None:
    """At the end of the input, at a pause, and with the next lines, which may resume the record of a service."""
    more = {"more": b"Jun 14 15:59:59 host cron[1]: red x\n", "resumed": b"Jun 14 15:59:59 host sshd[3]: \tat red y\n"}
    tested, by_line = make("red [x1y]", invert=invert), make("red [x1y]", invert=invert)
    found = tested.feed(SYSLOG)
    found += tested.pause() if end == "pause" else tested.feed(more.get(end, b""))
    wanted = b"".join(map(by_line.feed, (SYSLOG + more.get(end, b"")).splitlines(keepends=True)))
    assert found + tested.rest() == wanted + by_line.rest()


def test_the_end_of_a_log_of_services_needs_no_grammar() -> None:
    """It takes as long to load as a search of 10 MB."""
    code = f"""
import sys
from reflowlog.text.search.pattern import compile_pattern
from reflowlog.text.search.record_filter import RecordFilter, RecordTest
tested = RecordFilter([RecordTest(compile_pattern("red 1.2.3.1"), False)])
print(len(tested.feed({SYSLOG!r}) + tested.rest()), "reflowlog.text.parse.recognizer" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, check=True)
    size = sum(len(line) for line in SYSLOG.splitlines(keepends=True) if b" 1.2.3.1" in line)
    assert done.stdout == f"{size} False\n"


def test_a_match_comes_out_at_once() -> None:
    """With all that was held of its record; the rest of that comes as it comes."""
    tested = make("red")
    assert tested.feed(b"10:00 one\n") == b""
    assert tested.feed(b"  further\n") == b""
    assert tested.feed(b"  red\n") == b"10:00 one\n  further\n  red\n"
    assert tested.feed(b"  end\n") == b"  end\n"
    assert tested.feed(b"10:00 two\n") == b""
    assert (tested.pause(), tested.rest()) == (b"", b"")


def test_a_pause_decides_what_matches_no_pattern() -> None:
    """With `invert` the last record may still match; a pause shows it as it stands, once."""
    tested = make("red", invert=True)
    assert tested.feed(b"10:00 one\n10:00 two\n") == b"10:00 one\n"
    assert tested.pause() == b"10:00 two\n"
    assert tested.pause() == b""
    assert tested.feed(b"  further\n") == b"  further\n"
    assert tested.feed(b"  red\n") == b""
    assert tested.feed(b"  hidden\n10:00 three\n") == b""
    assert tested.rest() == b"10:00 three\n"


def test_context_comes_out_as_it_comes() -> None:
    """Before a match with it, after it at once."""
    tested = make("red", context=1)
    assert tested.feed(b"1\n2\n3 red\n") == b"2\n3 red\n"
    assert tested.feed(b"4\n") == b"4\n"
    assert tested.feed(b"  4\n") == b"  4\n"
    assert tested.feed(b"5\n6\n") == b""
    assert tested.feed(b"7 red") == b"6\n7 red"


def test_another_input_begins_anew() -> None:
    """Its first line continues nothing, has no level before it and is no context."""
    tested = make("red", context=1)
    assert tested.feed(b"10:00 red\n") == b"10:00 red\n"
    assert tested.rest() == b""
    assert tested.feed(b"  indented\n") == b""
    tested = make(level=40)
    assert tested.feed(b"10:00:00 ERROR a\n") == b"10:00:00 ERROR a\n"
    assert tested.rest() == b""
    assert tested.feed(b"b\n") == b""


def test_a_giant_line() -> None:
    """It is a record, whatever its length."""
    giant = b"10:00 " + b"x" * 3_000_000 + b" red"
    tested = make("red")
    assert tested.feed(b"1\n" + giant + b"\n2\n") + tested.rest() == giant + b"\n"
    assert make("red", invert=True).feed(b"1\n" + giant + b"\n2\n3\n") == b"1\n2\n"


GIANT = [
    *(({"level": 40}, True), ({"level": 50}, False), ({"source": "boom"}, True), ({"source": "boom, it"}, True)),
    *(({"source": "boom", "invert": True}, False), ({"source": "^ boom"}, False), ({"source": "boom,$"}, False)),
    *(({"source": "is boom"}, True), ({"source": "is boom", "invert": True}, False), ({"source": "is$"}, False)),
    *(({"source": "^10:00:00 ERROR"}, True), ({"source": "failed$"}, True), ({"source": "10:01"}, False)),
]


@pytest.mark.parametrize(("options", "is_kept"), GIANT)
def test_a_giant_line_in_parts(options: dict[str, Any], is_kept: bool) -> None:
    """A giant line is one record: its parts are given out without newlines, and matches are found across their ends."""
    tested = make(**options)
    parts = [b"10:00:00 ERROR it is", b" boom,", b" it", b" failed\n"]
    found = tested.feed(b"1\n" + parts[0], goes_on=True) + b"".join(map(tested.feed_part, parts[1:-1]))
    found += tested.feed_part(parts[-1], goes_on=False)
    found += tested.feed(b"10:01:00 INFO 2\n") + tested.rest()
    assert (b"".join(parts) in found) == is_kept
    assert (b"ERROR" in found) == is_kept


@pytest.mark.parametrize("options", GIANT)
@pytest.mark.parametrize("newline", [b"", b"\n"])
def test_a_giant_last_line_ends_with_the_input(newline: bytes, options: tuple[dict[str, Any], bool]) -> None:
    """There is its end, also without a newline; and the parts may have one each."""
    tested = make(**options[0])
    parts = [b"10:00:00 ERROR it is", b" boom,", b" it", b" failed"]
    parts = [*(part + newline for part in parts[:-1]), parts[-1]]
    found = tested.feed(b"1\n" + parts[0], goes_on=True) + b"".join(map(tested.feed_part, parts[1:]))
    found += tested.feed(b"") + tested.rest()
    assert (b"".join(parts) in found) == options[1]
    assert (b"ERROR" in found) == options[1]


def test_whole_lines_before_a_giant_one_have_their_ends() -> None:
    """Though they are decided with its beginning."""
    tested = make("red$")
    lines = b"10:00 x\n" * 4_000 + b"10:00 red\n"
    found = tested.feed(lines + b"giant red", goes_on=True) + tested.feed_part(b" line") + tested.rest()
    assert found == b"10:00 red\n"


def test_the_first_held_lines_behind_a_record_that_was_given_out() -> None:
    """The record is undecided, because its service may resume it, but none of its lines is held any more."""
    tested = RecordFilter([RecordTest(compile_pattern("secret"), True)], context=1)
    lines = [b"b |   at line 7\n", b"a |   at secret\n", b"b | 10:00:00 INFO start\n"]
    for line in lines:
        tested.feed(line)
        assert tested.pending in (b"", *lines)
    tested.rest()
    assert tested.pending == b""


@pytest.mark.parametrize("invert", [False, True])
def test_a_record_without_an_end(invert: bool) -> None:
    """Is not held for ever: its beginning is given up, or shown."""
    tested = make("red", invert=invert)
    line = b"  " + b"x" * 1000 + b"\n"
    shown = b"".join(tested.feed(line) for _ in range(10_000))
    assert bool(shown) == invert
    shown += tested.feed(b"  red\n")
    assert shown.endswith(line if invert else b"  red\n")
    assert len(shown) <= 10_000 * len(line)


# -- as a process ------------------------------------------------------------------------------------------------------

LOG = b"".join(
    (
        b"10:00:00 INFO \x1b[32mgreen\x1b[0m\tone\r\n",
        b"10:00:01 ERROR it failed\n",
        b"Traceback (most recent call last):\n",
        b'  File "x.py", line 1\n',
        b"ValueError: boom \xff\n",
        b"10:00:02 DEBUG two\n",
        b"10:00:03 WARN three",
    )
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["-g", "boom"], slice(1, 5)),
        (["-vg", "BOOM|GREEN"], slice(0, 7)),
        (["-vg", "boom|green"], slice(5, 7)),
        (["-g", "green one", "-C1"], slice(0, 0)),  # a tab is more than one blank
        (["-g", "green +one", "-C1"], slice(0, 5)),
        (["-l", "warn"], [1, 2, 3, 4, 6]),
        (["-l", "error", "-g", "File"], slice(1, 5)),
        (["-l", "critical"], slice(0, 0)),
    ],
    ids=str,
)
def test_what_is_kept_is_unchanged(arguments: list[str], kept: slice | list[int], tmp_path: Path) -> None:
    """Byte for byte, also the last line without its end; a file and a pipe alike."""
    all_lines = LOG.splitlines(keepends=True)
    wanted = b"".join(all_lines[kept] if isinstance(kept, slice) else [all_lines[number] for number in kept])
    (tmp_path / "log").write_bytes(LOG)
    for source in ([], [str(tmp_path / "log")]):
        done = subprocess.run(
            [*REFLOWLOG, *arguments, *source],
            input=b"" if source else LOG,
            capture_output=True,
            env=environment(),
            timeout=TIMEOUT,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, wanted, b"")


def test_with_a_width_it_is_laid_out(tmp_path: Path) -> None:
    """Only kept records are laid out; the copy of the input is complete."""
    done = subprocess.run(
        [*REFLOWLOG, "-w", "20", "-l", "error", "-o", "copy"],
        input=LOG,
        capture_output=True,
        env=environment(),
        cwd=tmp_path,
        timeout=TIMEOUT,
        check=False,
    )
    rows = done.stdout.decode().splitlines()
    assert rows[0].startswith("10:00:01 ERROR")
    assert "boom" in done.stdout.decode()
    assert "three" not in done.stdout.decode()
    assert max(map(len, rows)) <= 20
    assert (tmp_path / "copy").read_bytes() == LOG


def test_two_files_are_two_logs(tmp_path: Path) -> None:
    """A last line without its end is not joined with the next file's first."""
    for name, data in (("a", b"red a"), ("b", b"  red b\n")):
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [*REFLOWLOG, "-g", "red", "a", "b"], capture_output=True, env=environment(), cwd=tmp_path, check=True
    )
    assert done.stdout == b"red a\n  red b\n"


@pytest.fixture
def live() -> Iterator[Callable[..., tuple[Callable[[bytes], None], Callable[[bytes], None]]]]:
    """Start a filter with a pipe on both sides: `write`, and `wait` for all that has come out."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> tuple[Callable[[bytes], None], Callable[[bytes], None]]:
        process = subprocess.Popen(
            [*REFLOWLOG, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), bufsize=0
        )
        started.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout
        os.set_blocking(stdout.fileno(), False)
        said = b""

        def wait(wanted: bytes) -> None:
            def there() -> bool:
                nonlocal said
                said += stdout.read() or b""
                return len(said) >= len(wanted)

            wait_for(there, describe=lambda: repr(said))
            assert said == wanted

        return lambda data: void(stdin.write(data)), wait

    yield start
    for each in started:
        each.kill()
        each.communicate()


def void(_: object) -> None:
    """Nothing."""


def test_a_live_stream(live: Callable[..., Any]) -> None:
    """While its writer goes on, each record comes out once it is known to be kept."""
    write, wait = live("-g", "red")
    write(b"10:00 one\n10:00 red\n")
    wait(b"10:00 red\n")
    write(b"  further\n10:00 t")
    wait(b"10:00 red\n  further\n")
    write(b"wo, red\n")
    wait(b"10:00 red\n  further\n10:00 two, red\n")


def test_a_live_stream_inverted(live: Callable[..., Any]) -> None:
    """A record that a later line could still exclude comes out after a moment without input."""
    write, wait = live("-vg", "red")
    write(b"10:00 one\n")
    wait(b"10:00 one\n")
    write(b"10:00 two\n  red\n10:00 three\n")
    wait(b"10:00 one\n10:00 three\n")


def test_a_bulk_that_ends_in_doubt(live: Callable[..., Any]) -> None:
    """Lines that wait for the next one do not wait for ever."""
    write, wait = live("-g", "Error")
    write(b"10:00 one\n" * 3000 + b"TypeError: a\n")
    wait(b"TypeError: a\n")


@pytest.mark.parametrize("size", [1, 1000])
def test_levels_of_headers_of_two_lines(size: int) -> None:
    """java.util.logging's level stands in the second line, and counts for its own record, line by line and at once."""
    first = b"Feb 17, 2022 2:47:53 PM io.acme.web.Probe start\nINFO: up\n"
    second = b"Feb 17, 2022 2:47:54 PM io.acme.web.Pool grow\nSEVERE: exhausted\n\tat a.B.c(B.java:1)\n"
    lines = (first + second + first).splitlines(keepends=True)
    kept = RecordFilter(level=40)
    found = [kept.feed(b"".join(lines[at : at + size])) for at in range(0, len(lines), size)]
    assert b"".join([*found, kept.rest()]) == second


def test_levels_of_records_of_json_over_several_lines() -> None:
    """The level of an object that is printed over several lines is that of the whole object."""
    good = b'{\n  "level": "info",\n  "msg": "ok"\n}\n'
    bad = b'{\n  "level": "error",\n  "msg": "it failed"\n}\n'
    assert RecordFilter(level=40).feed(good + bad + good) == bad


INTERLEAVED = b"""\
web-1  | 2024-05-01 10:00:00,000 ERROR app: it failed
web-1  | Traceback (most recent call last):
db-1   | 2024-05-01 10:00:00.100 UTC [1] LOG:  checkpoint starting
web-1  |   File "a.py", line 1, in f
db-1   | 2024-05-01 10:00:00.200 UTC [1] LOG:  checkpoint complete
web-1  | ValueError: boom
web-1  | 2024-05-01 10:00:01,000 INFO app: next
"""
TRACEBACK_OF_WEB = b"".join(line for line in INTERLEAVED.splitlines(True)[:6] if line.startswith(b"web"))


@pytest.mark.parametrize("by_lines", [False, True])
@pytest.mark.parametrize("pattern", ["boom", "it failed", "Traceback"])
def test_interrupted_records_come_out_whole(pattern: str, by_lines: bool) -> None:
    """A record of a service that lines of another service interrupt is kept whole, whichever of its lines matches."""
    kept = make(pattern)
    parts = INTERLEAVED.splitlines(True) if by_lines else [INTERLEAVED]
    assert b"".join([*map(kept.feed, parts), kept.rest()]) == TRACEBACK_OF_WEB


@pytest.mark.parametrize("by_lines", [False, True])
@pytest.mark.parametrize("context", [1, 2, 9])
def test_interrupted_records_come_out_whole_with_context(context: int, by_lines: bool) -> None:
    """The earlier lines of a record that is resumed are kept with it, once, though they may be context as well."""
    kept = make("boom", context=context)
    others = [b"db-1   | 2024-05-01 10:00:00.1%02d UTC [1] LOG:  x\n" % number for number in range(20)]
    lines = [*others[:10], *TRACEBACK_OF_WEB.splitlines(True)[:2], *others[10:], *TRACEBACK_OF_WEB.splitlines(True)[2:]]
    parts = lines if by_lines else [b"".join(lines)]
    found = b"".join([*map(kept.feed, parts), kept.rest()]).splitlines(True)
    assert sorted(found) == sorted([*others[20 - context :], *TRACEBACK_OF_WEB.splitlines(True)])


def test_interrupted_records_keep_their_level() -> None:
    """Lines that resume a record have its level, not that of the line before them."""
    kept = RecordFilter(level=40)
    assert kept.feed(INTERLEAVED) + kept.rest() == TRACEBACK_OF_WEB
    kept = RecordFilter(level=20)
    assert sorted((kept.feed(INTERLEAVED) + kept.rest()).splitlines()) == sorted(INTERLEAVED.splitlines())


@pytest.mark.parametrize(
    "lines",
    [
        [
            b"2024-05-01T10:00:00Z stdout P it has fai\n",
            b"2024-05-01T10:00:00Z stderr F another\n",
            b"2024-05-01T10:00:00Z stdout F led again\n",
            b"2024-05-01T10:00:01Z stdout F next\n",
        ],
        [
            b'{"log":"it has fai","stream":"stdout","time":"2024-05-01T10:00:00Z"}\n',
            b'{"log":"another\\n","stream":"stderr","time":"2024-05-01T10:00:00Z"}\n',
            b'{"log":"led again\\n","stream":"stdout","time":"2024-05-01T10:00:00Z"}\n',
            b'{"log":"next\\n","stream":"stdout","time":"2024-05-01T10:00:01Z"}\n',
        ],
    ],
)
def test_pieces_of_a_line_are_searched_as_one_text(lines: list[bytes]) -> None:
    """A text that a container runtime has cut is found across the cut, kept whole, and excluded whole."""
    data = b"".join(lines)
    around = data + b"2024-05-01T10:00:02Z stdout F more of it\n" * 3000
    for source in ("failed again", "has failed"):
        kept = make(source)
        assert kept.feed(data) + kept.rest() == lines[0] + lines[2]
        large = make(source)
        assert large.feed(around) + large.rest() == lines[0] + lines[2]
        dropped = make(source, invert=True)
        assert dropped.feed(data) + dropped.rest() == lines[1] + lines[3]


def test_excluded_lines_of_interrupted_records() -> None:
    """What resumes a record is excluded if it matches."""
    kept = make("boom", invert=True)
    assert b"boom" not in kept.feed(INTERLEAVED) + kept.rest()


SERVICES = [b"web-1  | ", b"db-1   | ", b"Jun 14 15:16:01 host cron[7]: "]
BODIES = [
    *(b"10:00:00 INFO one\n", b"10:00:01 ERROR boom\n", b"  indented\n", b"  a secret, indented\n", b"plain\n"),
    *(
        b"a secret\n",
        b"Traceback (most recent call last):\n",
        b'  File "a.py", line 1, in f\n',
        b"ValueError: secret\n",
    ),
]
lines_of_services = st.lists(st.tuples(st.sampled_from(SERVICES), st.sampled_from(BODIES)).map(b"".join), max_size=12)


def records_of_services(lines: Sequence[bytes]) -> list[list[int]]:
    """Return the numbers of the lines of each record, computed with all lines at hand."""
    records: list[list[int]] = []
    last: dict[bytes, list[int]] = {}
    for number, line in enumerate(grouped([line.rstrip(b"\n") for line in lines])[0]):
        if number and (line.goes_on or (line.resumes and line.service in last)):
            last[line.service].append(number)
        else:
            last[line.service] = [number]
            records.append(last[line.service])
    return records


@given(lines_of_services, st.data())
def test_excluded_records_of_services_are_dropped_whole(lines: list[bytes], data: st.DataObject) -> None:
    """Of an excluded record no line comes out, and all others do in their order, however the input is cut."""
    kept = RecordFilter([RecordTest(compile_pattern("secret"), exclude=True, is_hidden=True)])
    dropped = {n for record in records_of_services(lines) if any(b"secret" in lines[n] for n in record) for n in record}
    cuts = sorted(data.draw(st.sets(st.integers(0, len(lines)))) | {0, len(lines)})
    found = b"".join([*(kept.feed(b"".join(lines[start:end])) for start, end in pairwise(cuts)), kept.rest()])
    assert found == b"".join(line for number, line in enumerate(lines) if number not in dropped)


def test_a_pause_decides_what_a_service_may_resume() -> None:
    """Lines of an interrupted record are held while they may be excluded, with those after them, up to a pause."""
    kept = RecordFilter([RecordTest(compile_pattern("secret"), exclude=True, is_hidden=True)])
    lines = INTERLEAVED.splitlines(True)
    assert b"".join(kept.feed(line, now) for now, line in enumerate(lines[:4])) == b""
    assert kept.pending == lines[0]
    assert kept.undecided_since == 0.0
    assert kept.pause() == b"".join(lines[:4])
    assert kept.undecided_since is None
    assert kept.feed(b"web-1  | ValueError: secret\n") == b""


def test_lines_of_a_live_input_are_not_held_for_long() -> None:
    """While others arrive without an end, held lines are decided about once they are old."""
    kept = RecordFilter([RecordTest(compile_pattern("secret"), exclude=True, is_hidden=True)])
    first, others = b"web-1  | 10:00:00 ERROR boom\n", [b"db-1   | 10:00:00 INFO x%d\n" % number for number in range(9)]
    assert kept.feed(first, 0.0) + kept.pause_if_old(0.0) == b""
    found = [kept.feed(line, at / 100) + kept.pause_if_old(at / 100) for at, line in enumerate(others, 1)]
    assert found[:2] == [b"", b""]
    assert found[2] == first + b"".join(others[:3])


@pytest.mark.parametrize("exclude", [False, True])
@pytest.mark.parametrize("first", [b"a.b.BadError: failed\n", b"10:00:00 ERROR failed\n"])
@pytest.mark.parametrize("others", [b"a.b.BadError: failed\n", b"\n"])
def test_lines_that_wait_for_the_next_one_are_not_held_for_long(first: bytes, others: bytes, exclude: bool) -> None:
    """While such lines arrive without an end, each is decided about once the first of them is old."""
    kept = RecordFilter([RecordTest(compile_pattern("secret" if exclude else "failed"), exclude, is_hidden=True)])
    lines = [first, *[others] * 9]
    found = [kept.feed(line, at / 100) + kept.pause_if_old(at / 100) for at, line in enumerate(lines)]
    assert b"".join(found[:4]).startswith(first)


def test_a_line_that_has_waited_stays_as_old_as_it_is() -> None:
    """The next line, which decides its role, does not make the record younger that begins with it."""
    for is_on_screen, age in ((True, 0.03), (False, 1.0)):
        kept = RecordFilter([RecordTest(compile_pattern("secret"), exclude=True, is_hidden=True)])
        kept.is_on_screen = is_on_screen
        assert kept.feed(b"a.b.BadError: it failed\n", 0.0) + kept.pause_if_old(0.0) == b""
        assert kept.feed(b"    at a.b.c(d.java:1)\n", age) == b""
        assert kept.undecided_since == 0.0
        assert kept.pause_if_old(age) == b"a.b.BadError: it failed\n    at a.b.c(d.java:1)\n"


def test_a_resumed_record_keeps_the_order_of_its_lines_with_context() -> None:
    """Its later lines are context of a match at first, and then a match themselves, which shows its earlier ones."""
    lines = [
        b"db  | 2024-01-02 10:00:41 ERROR boom\n",
        b"web | 2024-01-02 10:00:42 INFO a\n",
        b"web | 2024-01-02 10:00:43 INFO needle\n",
        b"db  | Traceback (most recent call last):\n",
        b"db  |   needle\n",
    ]
    whole, by_lines = (RecordFilter([RecordTest(compile_pattern("needle"), exclude=False)], 1) for _ in range(2))
    found = b"".join([*map(by_lines.feed, lines), by_lines.rest()])
    assert found == whole.feed(b"".join(lines)) + whole.rest()
    assert found == b"".join([*lines[1:3], lines[0], *lines[3:]])


@pytest.mark.parametrize("context", [0, 1])
def test_excluded_lines_are_no_context_once_their_record_is_resumed(context: int) -> None:
    """A record that a service resumes with an excluded line is neither kept nor context."""
    tests = [
        RecordTest(compile_pattern("checkpoint")),
        RecordTest(compile_pattern("boom"), exclude=True, is_hidden=True),
    ]
    kept = RecordFilter(tests, context)
    found = b"".join([*map(kept.feed, INTERLEAVED.splitlines(True)), kept.rest()])
    rest = [line for line in INTERLEAVED.splitlines(True) if line not in TRACEBACK_OF_WEB]
    assert found == b"".join(rest if context else rest[:2])


def test_decided_lines_behind_undecided_ones_are_bounded() -> None:
    """Whatever a service may still write, no more than some lines are held behind its last record."""
    kept = RecordFilter([RecordTest(compile_pattern("secret"), exclude=True, is_hidden=True)])
    first, more = b"web-1  | 10:00:00 ERROR boom\n", b"db-1   | 10:00:00 INFO x\n" * 400
    assert kept.feed(first) == b""
    count = next(number for number in range(1000) if kept.feed(more))
    assert 200 < count < 800


TRACE_OF_WEB = (
    b"web-1  | 10:00:00 ERROR secret\n",
    b"web-1  | Traceback (most recent call last):\n",
    b'web-1  |   File "a.py", line 1, in f\n',
    b"web-1  | ValueError: needle\n",
)


@pytest.mark.parametrize("services", [1, 200])
@pytest.mark.parametrize(("chunk", "cut"), [(1 << 16, 1), (1 << 18, 1), (1 << 18, 2), (1 << 18, 3), (1 << 22, 3)])
@pytest.mark.parametrize(
    ("tests", "level", "is_kept"),
    [
        ([("needle", False)], None, True),
        ([("secret", False)], None, True),
        ([("secret", False), ("needle", False)], None, True),
        ([("needle", False)], 40, True),
        ([("needle", True)], None, False),
        ([("secret", True)], None, False),
        ([("secret", False), ("needle", True)], None, False),
        ([("needle", False), ("secret", True)], 30, False),
        ([], 40, True),
    ],
)
def test_a_record_is_whole_however_much_other_services_write_in_between(
    tests: list[tuple[str, bool]], level: int | None, is_kept: bool, cut: int, chunk: int, services: int
) -> None:
    """Two chunks and more, or lines of many services, stand between its lines."""
    others = [b"db-%d   | 10:00:00 INFO statement %d is done\n" % (at % services, at) for at in range(15_000)]
    lines = [*others, *TRACE_OF_WEB[:cut], *others, *TRACE_OF_WEB[cut:], *others[:10]]
    data = b"".join(lines)
    patterns = [RecordTest(compile_pattern(each), exclude) for each, exclude in tests]
    kept, cutter = RecordFilter(patterns, 0, level), LineSplitter()
    found = b"".join(kept.feed(cutter.feed(data[at : at + chunk])) for at in range(0, len(data), chunk)) + kept.rest()
    wanted = list(TRACE_OF_WEB) if is_kept else []
    if not level and all(exclude for _, exclude in tests):
        wanted = [*others, *others, *others[:10]]
    assert sorted(found.splitlines(True)) == sorted(wanted)


def test_lines_that_were_passed_over_are_bounded() -> None:
    """A record that began further back than these is not found again."""
    others = b"db-1   | 10:00:00 INFO statement is done\n" * 6000
    kept = make("needle")
    found = [
        kept.feed(data) for data in (others + TRACE_OF_WEB[0] + others, *[others] * 20, b"".join(TRACE_OF_WEB[1:]))
    ]
    assert b"".join(found) + kept.rest() == b"".join(TRACE_OF_WEB[1:])


def test_a_level_belongs_to_its_service_however_the_input_is_cut() -> None:
    """Of services that take turns, the first line of one has no level of another's record."""
    names = (b"web-1", b"db-1", b"worker-1")
    bodies = (b"10:00:00 ERROR boom", b"listening", b"10:00:01 INFO fine", b"  at line 7")
    rng = random.Random(7)
    parts = [b"%s | %s\n" % (rng.choice(names), rng.choice(bodies)) for _ in range(400)]

    def kept(cuts: int) -> bytes:
        keep = make(level=40)
        return b"".join([keep.feed(b"".join(parts[at : at + cuts])) for at in range(0, len(parts), cuts)]) + keep.rest()

    whole = kept(len(parts))
    assert [kept(cuts) == whole for cuts in (1, 2, 7, 50)] == [True] * 4
    assert b"INFO" not in whole
    assert whole.count(b"ERROR") == b"".join(parts).count(b"ERROR")


@pytest.mark.parametrize("times", [1, 2000])
def test_a_record_without_level_has_none_of_another_service(times: int) -> None:
    """After an error of a process, its own lines without a level are kept, and those of others are not."""
    wanted = (b"Jun 14 15:16:01 host sshd[1]: error: boom\n", b"Jun 14 15:16:01 host sshd[1]: more of it\n")
    others = (b"Jun 14 15:16:02 host cron[2]: started\n", b"Jun 14 15:16:02 host su[3]: session opened\n")
    keep = make(level=40)
    assert keep.feed(b"".join(wanted + others) * times) + keep.rest() == b"".join(wanted) * times


MIXED = [
    *(b"2024-05-01 10:00:00 INFO one\n", b"2024-05-01 10:00:01 ERROR red and much more of it\n", b"no level here\n"),
    *(b'{"level":"error","msg":"red"}\n', b'{"level":"info","msg":"x"}\n', b"level=error msg=red\n", b"\n"),
    *(b"Jun 14 15:16:01 host a[1]: ERROR: red\n", b"Jun 14 15:16:01 host a[1]: x\n", b"Jun 14 15:16:02 host b: y\n"),
    *(b"Jun 14 15:16:01 host a[1]: Traceback (most recent call last):\n", b"Jun 14 15:16:01 host a[1]:   at x\n"),
    *(b"2024-05-01T10:00:00Z 2024-05-01 10:00:00 ERROR red\n", b"2024-05-01T10:00:00Z red\n", b"  indented\n"),
    *(b"\x1b[31m2024-05-01 10:00:01 ERROR\x1b[0m red or not\n", b"2024-05-01 10:00:00 a.b.C f\n", b"SEVERE: red\n"),
    *(b"10:00:00 WARN x\n", b"<27>Jun 14 15:16:01 host x[1]: y\n", b"{\n", b"web-1 | ERROR red\n", b"web-1 |   at x\n"),
]


HEADLESS = (b"no level here\n", b"\n", b"  indented\n", b"{\n")


@given(
    st.lists(st.lists(st.sampled_from(MIXED), max_size=12), max_size=4),
    st.sampled_from([30, 40]),
    st.sampled_from([None, "red", "^no"]),
    st.booleans(),
)
def test_lines_read_at_once_are_those_read_one_by_one(
    chunks: list[list[bytes]], level: int, source: str | None, invert: bool
) -> None:
    """The short cut for chunks without continuations keeps the same lines as finding all records.

    But for a line without a prefix and a header behind one with a prefix: it resumes a record that the short cut may
    have passed over.
    """
    all_lines = [line for lines in chunks for line in lines]
    assume(not any(has_prefix(one) and two in HEADLESS for one, two in pairwise(all_lines)))
    options = fix({"source": source, "invert": invert, "level": level})
    quick, thorough = make(**options), make(**options)
    for lines in chunks:
        data = b"".join(lines)
        kept = quick.feed(data)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("reflowlog.text.search.record_heads.may_continue", lambda _: True)
            assert kept == thorough.feed(data)
    assert quick.rest() == thorough.rest()
