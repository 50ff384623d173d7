"""Searching many lines at once: the same lines as one search for each, however they are found."""

from __future__ import annotations

import re
import sys
import warnings
from itertools import accumulate
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.strategies import nasty

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.search import pattern as module
from reflowlog.text.search import shown_text
from reflowlog.text.search.pattern import Pattern, compile_pattern
from reflowlog.text.search.pattern_source import PatternError

WORDS = (
    "error",
    "k",
    "is",
    "sick",
    "日本",
    "straße",
    "ß",
    "blk_",
    "a b",
    r"a\.b",
    "e|k",
    "one|two three",
    "K",
    "Error",
    "İ",
    "ſ",
)
PATTERNS = (
    *("^", "$", "^$", r"\A", r"\Z", r"\Aerror\Z", r"\bk\b", r"\Bk", r"\B", "^k", "k$", "^ ", " $", "^ *$"),
    *(
        r"\s",
        r"\S+\s\S+",
        r"[\s,]k",
        r"[^\s]k",
        r"[^a]k",
        r"[^a]*",
        "[^a]$",
        r"\W",
        r"\D+k",
        r"[\W_]k",
        r"[^\W\d]",
        r"\d+",
    ),
    *(
        "(?<=k) ",
        "(?<!k)i",
        r"(?<!\s)k",
        r"(?<![^k])e",
        "k(?!i)",
        r"k(?!\s)",
        r"k(?=[^i])",
        "e(?=.*k)",
        "(?!.)",
        "(?=$)",
    ),
    *(
        "(k)i\\1",
        "(?P<n>i)(?P=n)",
        "(?i)K",
        "(?i)[A-K]",
        "(?s)a.*k",
        "(?m)^k",
        "(?i:K)r",
        "(?-i:k)",
        "(?s:a.*k)",
        "(?a)\\w+$",
    ),
    *(
        "[@-_]",
        "[ -~]k",
        "[!-`]r",
        "[a-k]+$",
        "[^a-z]k",
        r"\x6b",
        r"[\x00-\x20]k",
        r"[\t-k]",
        r"\n",
        r"a\nb",
        r"k\t",
        "k.",
        ".k",
    ),
    *(
        "a{,2}k",
        "k{1,2}",
        "k{",
        "a*?k",
        "(a|k)*e",
        "[]k]",
        "[^]k]",
        "[[:alpha:]]",
        "[a&&k]",
        "日|k",
        "[日k]",
        "(?i)ß",
        "s+",
        "i.",
    ),
    *(
        r"\w+k",
        r"[\w.]+ ",
        r"[\d:]+",
        r"^\s*at ",
        "e.*o.*r",
        "fail|err",
        "(?x) k i",
        "(?#k)i",
        "é",
        "[é-ü]",
        "É",
        "␛",
        "(?:k|^)e",
    ),
)
LETTERS = "kKsSiIıİſKaeEro .,:\tßéÉ日\x1c\x85\u2028_1٣\u00a0"
PARTS = st.one_of(
    nasty.map(lambda line: line.encode("utf-8", "surrogatepass")),
    st.text(LETTERS, max_size=8).map(str.encode),
    st.sampled_from(
        [
            b"error",
            b"\r",
            b"\r\r",
            b"\x1b[31m",
            b"\x1b[0m",
            b"\xe2\x84",
            b"\xff",
            b"\xc5",
            b"\xbf",
            b"\x1b[K",
            b"\b",
            b"\t",
        ]
    ),
)
lines = st.lists(PARTS, max_size=4).map(lambda parts: b"".join(parts).replace(b"\n", b""))
ends = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\x1b[m\n", b"\n\n"])
pieces = st.builds(
    lambda pairs, last: b"".join(line + end for line, end in pairs) + last,
    st.lists(st.tuples(lines, ends), max_size=6),
    st.one_of(st.just(b""), lines),
)
"""Pieces of many lines, of all that a line may hold."""
plain_pieces = st.lists(st.text("kKsaeEro .,:1", max_size=8)).map("\n".join).map(str.encode)


def by_definition(pattern: Pattern, data: bytes) -> list[int]:
    """One search in each line's text as it is shown."""
    found, at = [], 0
    for line in data.split(b"\n")[: data.count(b"\n") + bool(data and not data.endswith(b"\n"))]:
        if pattern._plan.line.search(sanitize(line.decode("utf-8", "replace"))[0]):
            found.append(at)
        at += len(line) + 1
    return found


def by_source(source: str) -> re.Pattern[str] | None:
    """Return the matches of a source, computed naively."""
    letters = re.sub(r"\\.|\(\?P[<=]\w+|\(\?[a-zA-Z-]+", "", source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(source, 0 if letters != letters.lower() else re.IGNORECASE)
        except re.error:
            return None


@pytest.mark.parametrize("re2", [True, False], ids=["re2 if there", "re"])
@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(WORDS + PATTERNS), min_size=12, max_size=12), st.one_of(pieces, pieces, plain_pieces))
@example(list(PATTERNS), b"k\nsick \xe2\x84\xaa\n\nerror\tx\r\n\x1b[31mkin\x1b[0m\n")
@example(list(WORDS), b"stra\xc3\x9fe\n\xc5\xbfic\xe2\x84\xaa\nab\rk\n\x1b[1mer\x1b[mror")
def test_whole_pieces_give_the_lines_that_single_searches_give(re2: bool, sources: list[str], data: bytes) -> None:
    """For words and expressions of every kind, and text of every kind."""
    for source in sources:
        if by_source(source) is not None:
            pattern = compile_pattern(source, re2=re2)
            assert pattern.matching(data) == by_definition(pattern, data), source


TOKENS = (
    *(
        "k",
        "i",
        "s",
        "a",
        ".",
        " ",
        "^",
        "$",
        r"\s",
        r"\S",
        r"\w",
        r"\W",
        r"\d",
        r"\D",
        r"\b",
        r"\B",
        r"\A",
        r"\Z",
        "|",
        "*",
        "+",
    ),
    *(
        "?",
        "(",
        ")",
        "(?:",
        "(?=",
        "(?!",
        "(?<=",
        "(?<!",
        "[",
        "]",
        "[^",
        "-",
        "{1,2}",
        "{,1}",
        "\\1",
        "(?>",
        "(?i:",
        "K",
        "é",
        "\\.",
    ),
)


@pytest.mark.parametrize("re2", [True, False], ids=["re2 if there", "re"])
@settings(deadline=None, max_examples=500)
@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=8).map("".join), pieces)
def test_made_up_expressions_too(re2: bool, source: str, data: bytes) -> None:
    """Whatever the source is: the lines of its definition, or an error where `re` has one."""
    meaning = by_source(source)
    if meaning is None:
        with pytest.raises(PatternError):
            compile_pattern(source, re2=re2)
        return
    pattern = compile_pattern(source, re2=re2)
    assert pattern._plan.line.flags & re.IGNORECASE == meaning.flags & re.IGNORECASE
    assert pattern.matching(data) == by_definition(pattern, data)
    for line in data.decode("utf-8", "replace").split("\n"):
        text = sanitize(line)[0]
        spans = pattern.spans(text)
        assert bool(spans) <= bool(meaning.search(text))
        assert all(0 <= start < end <= len(text) for start, end in spans)


@settings(deadline=None, max_examples=300)
@given(pieces)
def test_a_piece_is_shown_as_its_lines_are(data: bytes) -> None:
    """Searched text is the sanitized text of each line."""
    shown = [sanitize(line.decode("utf-8", "replace"))[0] for line in data.split(b"\n")]
    for few in (shown_text.FEW, 0, -1):  # whichever way it is made
        with mock.patch.object(module, "FEW", few):
            text, same = shown_text.shown_text(data)
        assert text.decode().split("\n") == shown
        assert not same or text == data


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["an error", "Errors: error", "fine", "", "x" * 400]), min_size=100, max_size=300))
def test_words_that_are_in_most_lines(texts: list[str]) -> None:
    """Where a word is in most lines, another way gives the same."""
    data = "\n".join(texts).encode()
    pattern = compile_pattern("error")
    assert pattern.matching(data) == by_definition(pattern, data)


@pytest.mark.parametrize("re2", [True, False])
@pytest.mark.parametrize("word", ["Error", "error", "ERROR", "xylem", "Q7", "a b", "Error|Kilo"])
@given(st.lists(st.sampled_from(["an Error ", "xylem", "Q7 ", "ERROR", "a b", "eRRor", "kilo", "Error"])))
@settings(deadline=None, max_examples=30)
def test_words_in_long_texts_with_and_without_common_letters(re2: bool, word: str, odd: list[str]) -> None:
    """The ways for rare letters, for google-re2 and for common words find the same lines."""
    filler = [f"{number:06} nothing to be said of it" for number in range(2_500)]
    lines = [line for text in odd for line in (*filler[: 2_500 // len(odd)], text)] or filler
    data = ("\n".join(lines) + "\n").encode()
    pattern = compile_pattern(word, re2=re2)
    low = word == word.lower()
    words = word.split("|")
    expected = [any(each in (line.lower() if low else line) for each in words) for line in lines]
    starts = [data.rfind(b"\n", 0, at) + 1 for at in pattern.matching(data)]
    assert len(data) > module.MIN_RE2_BYTES
    assert starts == [at for at, is_match in zip(_starts(lines), expected) if is_match]


def _starts(lines: list[str]) -> list[int]:
    return list(accumulate((len(line) + 1 for line in lines), initial=0))


def test_smart_case() -> None:
    """Upper-case letters count, but not those of escapes and names."""
    data = b"error\nError\nERROR\n"
    assert compile_pattern("error").matching(data) == [0, 6, 12]
    assert compile_pattern("Error").matching(data) == [6]
    assert compile_pattern(r"\Aerro\S").matching(data) == [0, 6, 12]
    assert compile_pattern("(?P<Name>erro)r").matching(data) == [0, 6, 12]
    assert compile_pattern("(?i)ERROR").matching(data) == [0, 6, 12]


def test_what_is_searched_is_what_is_shown() -> None:
    """Colours are stripped, overwritten text is not found, tabs are blanks."""
    data = b"con\x1b[1mnect\x1b[0m\n10%\r99%\nis\ta tab\n"
    assert compile_pattern("connect").matching(data) == [0]
    assert compile_pattern("10%").matching(data) == []
    assert compile_pattern("99%").matching(data) == [16]
    assert compile_pattern("is      a").matching(data) == [24]
    assert compile_pattern("1m").matching(data) == []
    assert compile_pattern(r"\d%$").matching(data) == [16]


def test_nothing_has_no_lines() -> None:
    """No data, no line; an empty line is one."""
    assert compile_pattern("^").matching(b"") == []
    assert compile_pattern("^").matching(b"\n") == [0]
    assert compile_pattern("^").matching(b"\n\nx") == [0, 1, 2]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "an empty pattern"),
        ("a(b", "a ( without a ), at character 2"),
        ("[a", "a [ without its ], at character 1"),
        ("a)", "a ) without a (, at character 2"),
        ("*", "nothing to repeat before this, at character 1"),
        ("a\\", "a \\ with nothing after it, at character 2"),
    ],
)
def test_error_messages(source: str, message: str) -> None:
    """They name the mistake and its position."""
    with pytest.raises(PatternError) as raised:
        compile_pattern(source)
    assert str(raised.value) == message


def test_too_much_is_an_error_too() -> None:
    """Whatever Python's compiler raises is an error in the pattern."""
    for source in ("a{99999999999999999999}", "(" * 50_000 + ")" * 50_000):
        with pytest.raises(PatternError):
            compile_pattern(source)


def test_spans_of_words_and_expressions() -> None:
    """All matches in one text, but for empty ones."""
    assert compile_pattern("or").spans("error or ERROR") == [(3, 5), (6, 8), (12, 14)]
    assert compile_pattern("x*").spans("axxb") == [(1, 3)]
    assert compile_pattern("日本").spans("a日本") == [(1, 3)]
    assert compile_pattern("[a-z]+n").spans("日本 kin KIN 日in") == [(3, 6), (7, 10), (12, 14)]


def test_words_need_no_guard() -> None:
    """Plain words are linear; expressions are with google-re2 at best."""
    assert compile_pattern("error").linear
    assert compile_pattern("one|two").linear
    assert not compile_pattern("(a+)+b", re2=False).linear
    assert not compile_pattern(r"(a)\1").linear


def test_re2_takes_what_means_the_same() -> None:
    """With google-re2 a pattern that would run for ever does not."""
    pytest.importorskip("re2")
    pattern = compile_pattern("(a+)+$")
    assert pattern.linear
    assert pattern.matching(b"a" * 5000 + b"b\nbaa\n") == [5002]
    assert compile_pattern(r"\d+ms\s").linear
    assert not compile_pattern(r"\bk").linear
    assert not compile_pattern("(?<=a)b").linear


def test_it_works_without_re2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where google-re2 is not installed, `re` does it all."""
    monkeypatch.setitem(sys.modules, "re2", None)
    pattern = compile_pattern("a+b")
    assert not pattern.linear
    assert pattern.matching(b"x\naab\n") == [2]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('say "hi"', rb'{"msg":"say \"hi\" to all"}'),
        ("été", rb'{"msg":"\u00e9t\u00e9"}'),
        ("😀$", rb'web | {"x":"\uD83D\ude00'),
        (r"^.*C:\\temp", rb'{"msg":"in C:\\temp"}'),
        ("one two", rb'{"msg":"one\ntwo"}'),
        (r"\\n", rb'{"msg":"one\ntwo"}'),
    ],
)
def test_json_is_found_as_it_reads(source: str, line: bytes) -> None:
    """It is found in its decoded and in its written form, between other lines too."""
    pattern = compile_pattern(source)
    assert pattern.matching(line) == [0]
    data = b"first \\ {\n" + line + b"\n{ last \\u00e\n"
    assert pattern.matching(data) == [len(b"first \\ {\n")]


def test_escapes_that_are_none() -> None:
    """Half a pair, too few digits, a backslash at the end: nothing is raised, and the rest is found."""
    for tail in (rb"\ud83d", rb"\udc00 x", rb"\u12", b"\\", rb"\x41", rb"\ud83dx"):
        line = b'{"msg":"here ' + tail
        assert compile_pattern("here").matching(line) == [0]
        assert compile_pattern("there").matching(line) == []
