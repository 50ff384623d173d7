"""Headers and levels of usual forms are those that the general way finds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.formats import cases, cases_of_table

from reflowlog.text.parse.field_names import USUAL
from reflowlog.text.parse.grammar import END, FOLD_DIGITS, HeaderParts, fixed_words
from reflowlog.text.parse.line_levels import level_of
from reflowlog.text.parse.recognizer import Recognizer
from reflowlog.text.parse.usual_header import usual_header
from reflowlog.text.parse.usual_levels import usual_levels

LEVELS = ("TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL")
TIMES = ("2024-05-01 10:00:00", "2024-05-01T10:00:00.123Z", "2024-05-01 10:00:00,123")
times = st.sampled_from(TIMES)
gaps = st.sampled_from([" ", " ", " ", "  ", "    "])
words = st.one_of(
    st.sampled_from(sorted(word.decode() for word in fixed_words())),
    st.sampled_from(
        ["in", "Main", "main", "a.b", "app.db.pool", "A", "key=value", "path=/a/b", "12", "x:", "[a]", "(b)"]
    ),
    st.sampled_from(
        ["I/Tag:", "[ERROR]", "*ERROR*", "WARN>", "[main/WARN]", "::", "<3>", "{", "10:00:00", "é", "last"]
    ),
    st.sampled_from(["Zürich", "日本", "日", "✅", "ä.b", "Größe:", "weiß", "user=Łukasz", "è|", "éé ERROR", "août"]),
    st.text("abcdeinrst", min_size=1, max_size=8),
)
names = st.one_of(st.sampled_from(["main", "error", "trc", "http-nio-8", "kernel", "su(pam_unix)", "note"]), words)
headers = st.one_of(
    st.builds(
        lambda time, gap, level: time + gap + level,
        times,
        gaps,
        st.sampled_from([*LEVELS, *(f"- app.db - {level} -" for level in LEVELS)]),
    ),
    st.builds("2024-05-01 10:00:00,123 [{}] {}  a.b.{} -".format, names, st.sampled_from(LEVELS), names),
    st.builds("[10:00:00] [{}/{}]:".format, names, st.sampled_from(LEVELS)),
    st.builds("{} 14 10:00:00 {} {}[12]:".format, st.sampled_from(["Jan", "May"]), names, names),
    st.builds("{} 14 10:00:00 {} {}:".format, st.sampled_from(["Jan", "May"]), names, names),
    st.builds('10.0.0.7 - - [01/May/2024:10:00:00 +0000] "GET /{} HTTP/1.1" 200 12'.format, names),
    st.builds("{} {} {} {}".format, words, words, words, words),
)
lines = st.builds(
    lambda header, rest: header + "".join(blank + word for blank, word in rest),
    headers,
    st.lists(st.tuples(gaps, words), min_size=1, max_size=8),
)


def head_of(line: str, size: int) -> bytes:
    """The head of a line, see `text/parse/header.py`."""
    text = line.encode("ascii", "replace")
    return text[:size].translate(FOLD_DIGITS) + (END if len(text) <= size else b"")


def general_parts(head: bytes) -> HeaderParts:
    """The header that is found in the general way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reflowlog.text.parse.recognizer.usual_header", lambda _: None)
        return Recognizer().parts(head)


def assert_same(line: str) -> None:
    """A line has the same header and the same level in both ways, if it is of a usual form."""
    for size in (48, 96, 400):
        head = head_of(line, size)
        found = usual_header(head)
        assert found is None or found == general_parts(head), head
    data = line.encode() + b"\n"
    for start, end, level in usual_levels(data):
        assert (start, end) == (0, len(data))
        assert level == level_of(line.encode()), line


@given(lines)
@example("2024-05-01 10:00:00 INFO app.db   the pool is full")
@example("2024-05-01 10:00:00 INFO E/AndroidRuntime( 1234): it failed")
@example("2024-05-01 10:00:00 WARNING - ERROR: it failed")
@example("2024-05-01 10:00:00 WARN 2024-05-01 10:00:00,123 1234 INFO db odoo.modules: loading")
def test_usual_lines_are_read_as_in_the_general_way(line: str) -> None:
    """Whatever words stand in them."""
    assert_same(line)


pairs = st.builds(
    "{}={}".format,
    st.sampled_from(
        ["level", "msg", "time", "ts", "status", "at", "s", "l", "log", "error", "user", "a.b", "@m", "type"]
    ),
    st.sampled_from(
        ["info", "error", '"warn"', "12", '"it failed"', "a=b", '"level=x"', "/a?b=c", "'x'", "", '"', "[a", "é"]
    ),
)


@given(st.lists(st.one_of(pairs, words), min_size=1, max_size=6).map(" ".join))
@example("at=error level=info s=warn l=e")
def test_usual_logfmt_has_the_level_of_its_pairs(line: str) -> None:
    """Whatever other fields and words it has."""
    assert_same(line)


@pytest.mark.slow
def test_no_format_is_mistaken_for_the_usual_form() -> None:
    """Nor behind a usual time and level, where the format of a transport or an application may follow."""
    for case in (*cases(), *cases_of_table()):
        for line in case.lines:
            text = line.text if isinstance(line.text, str) else line.text.decode()
            assert_same(text)
            assert_same(f"{TIMES[0]} INFO {text}")
            assert_same(f"{TIMES[2]} ERROR    app.db   {text}")


@given(st.lists(words, max_size=5))
def test_few_words_are_read_as_in_the_general_way(words: list[str]) -> None:
    """To the end of the line; whatever the words."""
    assert_same(" ".join(words))


@pytest.mark.parametrize(
    ("line", "is_usual"),
    [
        ("2024-05-01 10:00:00 INFO     app.db   the pool is full", True),
        ("2024-05-01 10:00:00,123 - app.db - ERROR - it failed", True),
        ("2024-05-01T10:00:00Z WARN app: slow query here", True),
        ("2024-05-01 10:00:00 INFO     app.db   done in 30 ms", True),
        ("2024-05-01 10:00:00 INFO     app.db   in a moment", False),
        ("2024-05-01 10:00:00 INFO     app.db   größer in a moment", False),
        ("2024-05-01 10:00:00 INFO     app.db   user=bob n=3 path=/a logged on", True),
        ("2024-05-01 10:00:00 INFO     app.db   user=bob n=3 in a moment", False),
        ("2024-05-01 10:00:00 INFO started the server", True),
        ("2024-05-01 10:00:00,123 [main] INFO  com.example.App - started the server", True),
        ("May  1 10:00:00 combo sshd(pam_unix)[19939]: check pass", True),
        ("May  1 10:00:00 combo kernel: klogd started", True),
        ('10.0.0.7 - - [01/May/2024:10:00:00 +0000] "GET /a HTTP/1.1" 200 12', True),
        ("[10:00:00] [Server thread/INFO]: player joined", True),
        ("words without any header or number", True),
        ("words without any error or number", False),
        ("done", True),
        ("the end is near", True),
        ("an error", False),
        ("2024-05-01 10:00:00 INFO     app.db   接続が 開始 しました", True),
        ("2024-05-01 10:00:00 INFO     app.db   Zürich straße", True),
        ("2024-05-01 10:00:00 INFO     app.db   января февраля", True),
        ("2024-05-01 10:00:00 INFO     app.db   user=Łukasz logged in", False),
        ("2024-05-01 10:00:00,123 [main] INFO  com.example.App - é ü", False),
        ("2024-05-01 10:00:00 INFO     app.db   août ✅✅ 10", False),
        ("[10:00:00] [trc-0/WARN]: it failed", False),
        ("2024-05-01 10:00:00 INFO in app: x y", False),
        ("10:00:00 INFO started the server", False),
    ],
)
def test_usual_forms(line: str, is_usual: bool) -> None:
    """The short cut is taken for the forms that most programs write."""
    assert (usual_header(head_of(line, 96)) is not None) == is_usual
    assert_same(line)


@pytest.mark.parametrize(
    ("lines", "levels"),
    [
        ([b'{"level":"error","msg":"x"}', b'{"msg":"x","level":"info"}'], [40, 20]),
        ([b'{"level":50,"pid":1}', b'{"level":30,"time":1,"hostname":"x"}\r'], [40, 20]),
        ([b'{"level":50}'], []),
        ([b'{"level":"error","msg":"x"}', b'{"level":"info","a":{"b":1}}'], []),
        ([b'{"level":"error"}', b'{"lvl":"info","x":"evel"}'], []),
        ([b'{"level":"error"}', b'{"msg":"\\"level\\":\\"info\\""}'], []),
        ([b'{"level":"odd"}'], []),
        (
            [b"\x1b[2m2024-05-01 10:00:00\x1b[0m \x1b[1mERROR\x1b[0m it failed", b"no", TIMES[0].encode() + b" INFO x"],
            [40, 20],
        ),
        ([b"2024-05-01 10:00:00 ERROR it failed level=info"], []),
        ([b'{"time": "x", "level": "error", "msg": "x"}', b'{"level": "info"}'], [40, 20]),
        ([b'ts=1 level=warn msg="it failed"', b"plain", b"level=info a=b\r", b"level=info"], [30, 20]),
        ([b'level="error" msg="level=info"', b"level=info it failed", b"a=1 level=loud", b'a="\\"" level=info'], []),
        ([b"level=info a=b", b"lvl=error a=b"], []),
        ([b"a= level=info"], []),
    ],
)
def test_levels_of_a_chunk(lines: list[bytes], levels: list[int]) -> None:
    """They are those of its lines, at their places; JSON is read where each line has exactly one level."""
    data = b"".join(line + b"\n" for line in lines)
    found = usual_levels(data)
    assert [level for _, _, level in found] == levels
    for start, end, level in found:
        assert level_of(data[start : end - 1], USUAL) == level
        assert data[start : end - 1] in lines
