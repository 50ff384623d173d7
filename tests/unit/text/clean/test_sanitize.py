"""Untrusted text: the output acts on no terminal, and looks as a terminal would have shown the input."""

from __future__ import annotations

import re
import time
from itertools import groupby

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.strategies import clean, nasty, plain

from reflowlog.core.records import PLAIN, Spans, Style
from reflowlog.text.clean import sanitize as module
from reflowlog.text.clean.cursor_line import MAX_COLUMN
from reflowlog.text.clean.sanitize import is_plain, is_plain_bytes, mark_controls, sanitize

BAD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
ACTING = ["\r", "\b", "\t", "\x1b[K", "\x1b[0K", "\x1b[1K", "\x1b[2K"]
MOVES = [
    *(
        "\x1b[G",
        "\x1b[1G",
        "\x1b[7G",
        "\x1b[C",
        "\x1b[3C",
        "\x1b[D",
        "\x1b[0D",
        "\x1b[4D",
        "\x1b[X",
        "\x1b[3X",
        "\x1b[P",
    ),
    *("\x1b[2P", "\x1b[J", "\x1b[2A", "\x1b[B", "\x1b[E", "\x1b[2F", "\x1b[9999C", "\x1b[999G", "\x1b[999D", "\x1b[9X"),
]
HOUSEKEEPING = [
    *("\x1b[?25l", "\x1b[?2026h", "\x1b[?1;7l", "\x1b[2 q", "\x1b[ q", "\x1b=", "\x1b>", "\x1b(0", "\x1b)B", "\x0f"),
    *(
        "\x1b7",
        "\x1b8",
        "\x1b[s",
        "\x1b[u",
        "\x1b]9;4;1;50\x07",
        "\x1b]133;A\x1b\\",
        "\x1b]633;E;ls\x07",
        "\x1bP=1s\x1b\\",
    ),
]


def assert_spans_are_proper(text: str, spans: Spans) -> None:
    """In order, apart, within the text, none empty, none plain, none with a control character."""
    at = 0
    for start, end, style in spans:
        assert at <= start < end <= len(text)
        assert style != PLAIN
        assert re.fullmatch(r"[0-9;:]*", style.sgr)
        assert not BAD.search(style.link)
        assert not style.link or re.match(r"id=[^;:]+;.", style.link)
        at = end


@settings(deadline=None, max_examples=500)
@given(nasty)
def test_nothing_that_acts_comes_out(line: str) -> None:
    """Whatever comes in, the text holds no control character, and the spans are proper."""
    text, spans = sanitize(line)
    assert not BAD.search(text)
    text.encode()
    assert_spans_are_proper(text, spans)


@settings(deadline=None, max_examples=200)
@given(nasty)
def test_clean_text_stays_as_it_is(line: str) -> None:
    """Sanitizing is idempotent."""
    text, _ = sanitize(line)
    assert sanitize(text) == (text, ())


@settings(deadline=None, max_examples=200)
@given(st.one_of(clean, plain))
def test_text_without_controls_is_not_touched(line: str) -> None:
    """Text of any script goes through to the letter."""
    assert sanitize(line) == (line, ())


@settings(deadline=None, max_examples=200)
@given(st.text())
def test_plain_is_printable_ascii(text: str) -> None:
    """The fast path's gate lets in printable ASCII only; that for bytes lets newlines in too."""
    assert is_plain(text) == all(" " <= character <= "~" for character in text)
    data = text.encode("utf-8", "surrogatepass")
    assert is_plain_bytes(data) == all(0x20 <= byte <= 0x7E or byte == 10 for byte in data)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(ACTING), st.sampled_from(["ab", "x", "日本", "12345", " "])), max_size=20))
def test_a_line_ends_up_as_on_a_terminal(parts: list[str]) -> None:
    """Carriage return, backspace, tab and erasing have the effect that they have on a terminal."""
    screen = pyte.Screen(400, 1)
    line = "".join(parts)
    stream = pyte.Stream(screen)
    for index, part in enumerate(parts):
        # pyte keeps the other half when half of a wide character is overwritten, which terminals do not: avoid it.
        if "日本" in parts[: index + 1] and (part in ACTING or "\b" in parts[:index] or "\x1b[1K" in parts[:index]):
            return
        stream.feed(part)
    assert sanitize(line)[0].rstrip(" ") == screen.display[0].rstrip(" ")


@settings(deadline=None, max_examples=500)
@given(st.lists(st.sampled_from([*ACTING, *MOVES, "ab", "x", "12345", " ", "\x1b[31m"]), max_size=24))
def test_a_line_with_moves_ends_up_as_on_a_terminal_of_one_row(parts: list[str]) -> None:
    """CSI C D E F G J K P X act within the line; A and B, which leave it, do nothing."""
    screen = pyte.Screen(MAX_COLUMN + 1, 1)
    stream = pyte.Stream(screen)
    for part in parts:
        if screen.cursor.x >= MAX_COLUMN:  # at its edge this terminal wraps; a line here has no edge
            return
        stream.feed(part)
    assert sanitize("".join(parts))[0].rstrip(" ") == screen.display[0].rstrip(" ")


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*HOUSEKEEPING, *ACTING, *MOVES, "ab", "日本", "e\u0301", "\x1b[1m"]), max_size=20))
def test_housekeeping_draws_nothing(parts: list[str]) -> None:
    """Sequences that concern the terminal alone leave no trace, wherever they stand."""
    assert sanitize("".join(parts)) == sanitize("".join(part for part in parts if part not in HOUSEKEEPING))


@settings(deadline=None, max_examples=200)
@given(nasty)
def test_in_a_record_nothing_overwrites(line: str) -> None:
    """Every character that is not a part of a colour, a link or a tab is there, as itself or as a mark."""
    line = re.sub(r"\x1b\[[0-9;:]*m\x0f?|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[0?K|\x1b\(B|[\t ]", "", line).rstrip(
        "\r"
    )
    text, spans = sanitize(line, overwrites=False)
    assert text == mark_controls(line)
    assert spans == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("10%\rdone", "10%␍done"),
        ("ab\bx\x1b[1G\x1b[?25l", "ab␈x␛[1G␛[?25l"),
        ("\x1b[31ma\x1b[m\x1b[K\tb\r", "a       b"),
        ("_\bx", "_␈x"),
        ("\x1b]8;;http://a\x07x\x1b]8;;\x07\r\x1b[2K", "x␍␛[2K"),
    ],
)
def test_records_by_example(line: str, expected: str) -> None:
    """Colours, links and tabs act in a record; all else is a mark."""
    assert sanitize(line, overwrites=False)[0] == expected


LOOKS = ["0", "", "1", "3", "4", "7", "9", "22", "23", "24", "27", "29", "31", "97", "39", "42", "103", "49"]
LOOKS += ["38;5;123", "48;5;7", "38;2;1;2;3", "48;2;250;0;9", "01;31", "1;4;33", "0;7", "38;5;300", "38;2;1", "77"]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(LOOKS), st.sampled_from(["a", "bc", "", "日"])), max_size=12))
def test_a_span_says_in_one_sequence_what_several_said(parts: list[tuple[str, str]]) -> None:
    """Each character looks as if all the sequences before it had been sent."""
    text, spans = sanitize("".join(f"\x1b[{parameters}m{run}" for parameters, run in parts))
    one_by_one = pyte.Screen(80, 1)
    stream = pyte.Stream(one_by_one)
    for parameters, run in parts:
        stream.feed(("" if parameters in ("38;5;300", "38;2;1", "77") else f"\x1b[{parameters}m") + run)
    at_once = pyte.Screen(80, 1)
    stream = pyte.Stream(at_once)
    at = 0
    for start, end, style in spans:
        stream.feed(f"{text[at:start]}\x1b[{style.sgr}m{text[start:end]}\x1b[0m")
        at = end
    stream.feed(text[at:])
    assert one_by_one.buffer[0] == at_once.buffer[0]


@pytest.mark.parametrize(
    ("sequences", "sgr"),
    [
        (["1", "31"], "1;31"),
        (["31", "1"], "1;31"),
        (["1;31", "0;4"], "4"),
        (["1;31", ""], ""),
        (["1;2", "22"], ""),
        (["4:3"], "4:3"),
        (["4:3", "4:0"], ""),
        (["4", "21"], "21"),
        (["01;038;5;007"], "1;38;5;7"),
        (["38:5:9"], "38;5;9"),
        (["38:2:1:2:3"], "38;2;1;2;3"),
        (["48:2::1:2:3"], "48;2;1;2;3"),
        (["58;2;1;2;3"], "58:2::1:2:3"),
        (["58:5:3"], "58:5:3"),
        (["58;5;3", "59"], ""),
        (["31", "38;5;256"], "31"),
        (["31", "38"], "31"),
        (["38;5", "1"], "1"),
        (["38;7;1"], "1"),
        (["8"], ""),
        (["53", "9", "55"], "9"),
        (["7", "27", "5", "25", "3", "23", "9", "29"], ""),
        (["9" * 10_000], ""),
        ([":", ";;", "1:1", "38:", "38:2", "38:2:a", "48:5:1:2"], ""),
    ],
)
def test_looks_by_example(sequences: list[str], sgr: str) -> None:
    """Sequences fold into the one that leads to the same look from the reset state."""
    text, spans = sanitize("".join(f"\x1b[{each}m" for each in sequences if "a" not in each) + "x")
    assert text == "x"
    assert spans == (((0, 1, Style(sgr)),) if sgr else ())


def link(address: str, parameters: str = "", end: str = "\x1b\\") -> str:
    """The sequence that opens a link, or with an empty address closes it."""
    return f"\x1b]8;{parameters};{address}{end}"


def links(line: str) -> list[tuple[str, str]]:
    """Text and link of each linked part."""
    text, spans = sanitize(line)
    return [(text[start:end], style.link) for start, end, style in spans if style.link]


def test_links_become_styles() -> None:
    """A link keeps its id, ends with its closing, and may be ended by BEL or ST."""
    assert links(f"{link('http://a/?x=1;2', 'id=me:other=1')}here{link('')} plain") == [
        ("here", "id=me;http://a/?x=1;2")
    ]
    assert links(f"{link('http://a', 'id=me', chr(7))}here{link('', '', chr(7))}") == [("here", "id=me;http://a")]
    assert links(f"{link('http://a')}never closed") != []


def test_links_without_an_id_get_one() -> None:
    """Two links in a line differ, even to the same address, unless one goes on where the other stopped."""
    apart = links(f"{link('u')}one{link('')} and {link('u')}two{link('')}")
    assert len({style for _, style in apart}) == 2
    touching = links(f"{link('u')}one{link('')}{link('u')}\x1b[1mtwo{link('')}")
    assert len({style for _, style in touching}) == 1
    other = links(f"{link('u')}one{link('')}{link('v')}two{link('')}")
    assert len({style.partition(";")[0] for _, style in other}) == 2
    line = f"{link('u')}one{link('')}"
    assert links(line) == links(line)


@pytest.mark.parametrize(
    "address", ["a\x07b", "a\x9cb", "a\u202eb", "a\ud800b", "a\nb".replace("\n", "\x0b"), "a\x1bb"]
)
def test_links_with_controls_in_their_address_are_none(address: str) -> None:
    """Addresses that would end the sequence early, or reverse the text order, are dropped."""
    assert all(not BAD.search(style) and len(style.partition(";")[2]) < 3 for _, style in links(link(address) + "x"))


def test_an_unterminated_link_is_shown() -> None:
    """It may not swallow the rest of the line."""
    assert sanitize("\x1b]8;;http://a text") == ("␛]8;;http://a text", ())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("10%\r50%\rdone", "done"),
        ("12345\rab", "ab345"),
        ("crlf\r", "crlf"),
        ("two\r\r", "two"),
        ("12345\r\x1b[Kab", "ab"),
        ("12345\x1b[2K\rab", "ab"),
        ("12345\b\b\x1b[1Kx", "   x5"),
        ("a\tb", "a       b"),
        ("日\tb", "日      b"),
        ("\x1b[1m12345678\x1b[m\tb", "12345678        b"),
        ("12345\r\tb", "12345   b"),
        ("12345678901\r\tb", "12345678b01"),
        ("日本\r1", "1 本"),
        ("日本\b1", "日 1"),
        ("日本\b\b1", "日1"),
        ("日本\b\b", "日本"),
        ("e\u0301x\b\bab", "ab"),
        ("x\b\b\b\by", "y"),
        ("a_\b_b", "a_b"),
        ("\x1b[01;31m\x1b[Kmatch\x1b[m\x1b[K rest", "match rest"),
        ("bold\x1b(B\x1b[m\x0f plain", "bold plain"),
        ("\x00\x07\x7f\x85\x9b\ud800\u2028\u202e\u2066", "␀␇␡������"),
        ("\x1b[2J\x1b[1;1H\x1bc\x1b", "␛[2J␛[1;1H␛c␛"),
        ("\x1b[?25l\x1b[>4;2m\x1b[31", "␛[>4;2m␛[31"),
        ("\x1b[5J\x1b[3K\x1b[2;3H\x1b[99999C", "␛[5J␛[3K␛[2;3H␛[99999C"),
        ("⠙\x1b[1G⠹\x1b[1G\x1b[0Kdone", "done"),
        ("日本\x1b[4Gx", "日 x"),
        ("日本\x1b[4G\x1b[Cx", "日本x"),
        ("日本\x1b[1G\x1b[Xx", "x 本"),
        ("日本x\x1b[1G\x1b[P", " 本x"),
        ("a\x1b[600Cb", "a" + " " * 511 + "b"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("👩‍💻 ⚠️ e\u0301\t", "👩‍💻 ⚠️ e\u0301 "),
    ],
)
def test_lines_by_example(line: str, expected: str) -> None:
    """Line discipline and replacement marks, case by case."""
    assert sanitize(line)[0] == expected


def test_bytes_that_are_no_text() -> None:
    """A terminal's worst: a title, clearing the screen, invalid UTF-8 and a C1 control; only the colour acts."""
    data = b"\x1b]0;x\x07\x1b[2J\x1b[31mred\x1b[0m \xff\xfe\x00\x9b2J"
    text, spans = sanitize(data.decode(errors="replace"))
    assert text == "␛]0;x␇␛[2Jred ��␀�2J"
    assert [(text[start:end], style) for start, end, style in spans] == [("red", Style("31"))]


def test_overwriting_takes_the_look_along() -> None:
    """Remaining text keeps its style, and new text has its own."""
    text, spans = sanitize("\x1b[31mred red\r\x1b[32mgrn\x1b[0m")
    assert text == "grn red"
    assert spans == ((0, 3, Style("32")), (3, 7, Style("31")))


def test_neighbours_that_look_alike_are_one_span() -> None:
    """However often a look is set again, there is one span for it."""
    for line in ("\x1b[1ma\x1b[1mb\x1b[m", "\x1b[1ma\x1b[m\x1b[1mb", "\x1b[1ma\x1b[1m\tb\r\x1b[K\x1b[1mab"):
        text, spans = sanitize(line)
        assert [list(group) for _, group in groupby(spans, key=lambda span: span[2])] == [[(0, 2, Style("1"))]]
        assert text == "ab"


def test_looks_do_not_pile_up() -> None:
    """A rainbow of colours leaves no more behind than the memo may hold, and stays right."""
    for number in range(2 * module._REMEMBERED):
        colour = f"38;2;{number >> 8};{number & 255};7"
        assert sanitize(f"\x1b[{colour}mx\x1b[1my")[1] == ((0, 1, Style(colour)), (1, 2, Style(f"1;{colour}")))
    assert len(module._sgr_states) <= module._REMEMBERED + 1
    assert sum(map(len, module._sgr_states.values())) <= 4 * module._REMEMBERED


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        *("\x1b[", "\x1b]8;;", "\x1b]8;;x", "\x1b[1m", "\x1b[31mx\x1b[0m", "\ra", "a\b", "\b", "\t", "\x00", "\x1b"),
        *(
            "a\x1b[1K",
            "\x1b[2Kab",
            "\x1b[1G\x1b[999Cx",
            "\x1b[999C\x1b[1G",
            "\x1b[P",
            "x\x1b[9X",
            "\x1b[?",
            "\x1b]133;",
            "日\r",
            "\x1b]8;;u\x07x",
            "e\u0301\b",
            "\r",
            "1;",
            "x\ty\r",
        ),
    ],
)
def test_nothing_takes_more_than_linear_time(unit: str) -> None:
    """Forty thousand characters of the worst are done in a second, also after a long line and an open sequence."""
    begun = time.process_time()
    for head in ("", "x" * 16_000, "\x1b[", "\x1b]8;;", "日" * 4_000 + "\r"):
        text, spans = sanitize(head + unit * (8_000 // len(unit)))
        assert not BAD.search(text)
        assert_spans_are_proper(text, spans)
    assert time.process_time() - begun < 8


def test_what_is_struck_twice_is_bold_and_over_a_line_is_underlined() -> None:
    """As man pages have it; other backspaces only move."""
    bold, under = Style("1"), Style("4")
    assert sanitize("t\bti\bim\bme _\bx_\bé |\b/") == ("time xé /", ((0, 3, bold), (5, 7, under)))
    assert sanitize("\x1b[31mr\br\x1b[0mx") == ("rx", ((0, 1, Style("1;31")),))
