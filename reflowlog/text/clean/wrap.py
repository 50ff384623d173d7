"""Line breaking: a sanitized text and a width in cells -> rows.

Invariants:
- Everything here is pure. `wcwidth` is imported (by `text/clean/cells.py`) only for a text that is not ASCII, because
  importing it takes longer than starting most programs.
- Text is the output of `text/clean/sanitize.py`: one line without any control character or tab. A blank is U+0020
  alone: a no-break space never breaks, and an ideographic space (U+3000) is an ordinary wide character.
- Three algorithms give the same rows. Printable ASCII without a long word is cut by one regular expression
  (`wrap_plain`), other printable ASCII by searching blanks (`_ascii_cuts`), all other text by measured words
  (`_fill`). A change of one is a change of all; tests/unit/text/clean/test_wrap.py compares them with each other and
  with a slow reference.
- The width of a text is the sum of its clusters, so rows can be added up from words. A zero-width cluster goes with
  the one before it.
- No step looks at a whole line once per row: a line of 100 MB takes linear time.

Where a row ends, for width W (cells), hang H and room W - H in the rows after the first: at the last blank that leaves
it within its room; blanks around a break are not drawn. A word longer than the room of the later rows starts in the
row it is met in and is cut between clusters, in the last third of the row after one of ``,;&?/|}])`` or before one of
``{[(`` if there is one (`_end_of_part`), else at the edge; but behind other text a row has more of it than its name
(``key=``), else it starts in the next one. If a line's indentation leaves its first word no room, and
the next row does, then the first row is empty rather than the word cut. A line of markers (``    ~~~^^^``, as a
traceback has under a source line) that is too long is one row, because no row of the source line stands above the rest:
it is cut at the edge, and markers that begin beyond the edge are moved to it. A cluster wider than an empty row is a
row ``"?"``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from reflowlog.core.frames import Row
from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.memo import Memo
from reflowlog.text.clean.cells import (
    AWKWARD,
    BLOCK,
    MAX_MEMO_CHARS,
    cells,
    clip,
    cluster_blocks,
    joins_after,
    joins_before,
    measure_word,
    sum_of_clusters,
    word_cells,
)
from reflowlog.text.clean.joined_emoji import JOINED, SEPARATOR, Joins, has_joints, separate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Mode", "rows", "whole", "wrap_plain"]

Mode = Literal["word", "char", "none", "terminal"]
"""Where rows break: ``"word"`` at blanks, ``"char"`` between any two clusters; ``"none"`` is one row, cut at the edge.
``"terminal"`` breaks as ``"char"`` and never hangs, as a terminal does with a line that is too long for it."""

_MARK = "?"  # replaces a cluster that is wider than the whole row
_LEAST_ROOM = 2  # cells that a hanging indent must leave: any usual cluster fits into them
_WINDOW = 65_536  # characters of a long line that are laid out at a time


# --- printable ASCII ---

_Cutter = tuple["Callable[[str, int], list[str]]", int, str]
_cutters: Memo[tuple[int, int], _Cutter] = Memo(limit=256)


def _cutter(width: int, hang: int) -> _Cutter:
    """Return a row finder for a width: a function, the offset it starts at, and the separator between rows.

    The function finds all rows of a text that ends in a blank. A row is as many characters as there is room for, the
    last of them no blank, and the blanks after it. From the first word that does not fit into a row on, everything is
    one last match without text. All rows have the length of the later ones, so the search starts ``hang`` characters
    into the text: these go before the first row, as the indent goes before the others.
    """
    if width - hang < _LEAST_ROOM:
        hang = 0
    find = re.compile(f"(?s)(.{{0,{width - hang - 1}}}[^ ])  *|.+").findall
    return _cutters.remember((width, hang), (find, hang, "\n" + " " * hang))


def wrap_plain(text: str, width: int, hang: int) -> list[str]:
    """Wrap printable ASCII into finished rows: those after the first begin with their hanging indent.

    Args:
        text: printable ASCII (`is_plain`).
        width: cells, 1 or more.
        hang: blanks before the rows after the first, in cells; 0 is taken where less than 2 cells are left.

    Returns:
        One string or more, none wider than ``width`` and none ending in a blank.

    Examples:
        >>> wrap_plain("one two three", 9, 2)
        ['one two', '  three']
    """
    return fold_plain(text, width, hang).split("\n")


def fold_plain(text: str, width: int, hang: int) -> str:
    """Wrap printable ASCII as `wrap_plain` does, and return one string with a newline between rows."""
    if len(text) <= width:
        return text.rstrip(" ")
    find, hang, joint = _cutters.get((width, hang)) or _cutter(width, hang)
    found = find(text + " ", hang)
    if found[-1]:
        return text[:hang] + joint.join(found)
    # A word is too long, or there is nothing but blanks.
    cuts = _ascii_cuts(text.rstrip(" "), width, hang)
    return joint.join([text[start:end] for start, end in cuts])


def fold_lines(lines: list[str], width: int, hang: Callable[[str], int]) -> list[str]:
    """Wrap many lines as `fold_plain` does; its body is inlined here, because a pipe brings millions of lines.

    Args:
        lines: printable ASCII (`is_plain`).
        width: cells, 1 or more.
        hang: returns the hanging indent, in cells, of a line that is longer than ``width``.

    Returns:
        One string a line.
    """
    folded = lines.copy()
    cutters = _cutters
    for number, line in enumerate(lines):
        if len(line) > width:
            cells = hang(line)
            find, start, joint = cutters.get((width, cells)) or _cutter(width, cells)
            parts = find(line + " ", start)
            folded[number] = line[:start] + joint.join(parts) if parts[-1] else fold_plain(line, width, cells)
        elif line[-1:] == " ":
            folded[number] = line.rstrip(" ")
    return folded


def _ascii_cuts(text: str, width: int, hang: int) -> list[tuple[int, int]]:
    """Return the (start, end) offsets of the rows of printable ASCII without blanks at its end."""
    start, end, room = 0, len(text), width
    if text[:1] == " " and _marker_line.fullmatch(text) and end > width:
        return [_marker_cut(text, width)]
    cuts: list[tuple[int, int]] = []
    while end - start > room:
        cut = text.rfind(" ", start, start + room + 1)
        if cut >= 0:
            drawn = cut
            while drawn > start and text[drawn - 1] == " ":
                drawn -= 1
            cuts.append((start, drawn))
            start = cut + 1
            if text[start] == " ":
                start = _after_blanks(text, start)
        elif start and text[start - 1] == " " and (part_end := _end_in_last_row(text, start, cuts, width, hang)):
            start = part_end  # a long word: it starts in the row before, as far as there is room
            cuts[-1] = (cuts[-1][0], start)
        else:
            part_end = _end_of_part(text, start + max(room - room // 3, 1), start + room) or start + room
            cuts.append((start, part_end))
            start = part_end
        room = width - hang
    cuts.append((start, end))
    return cuts


_marker_line = lazy_pattern(" +[~^]+")


def _marker_cut(text: str, width: int) -> tuple[int, int]:
    """Return the offsets of the part of a line of markers that is drawn; blanks before it are left out."""
    first = text.rfind(" ") + 1
    if first < width:
        return 0, width
    start = min(first, len(text) - width)
    return start, start + width


def _end_in_last_row(text: str, start: int, cuts: list[tuple[int, int]], width: int, hang: int) -> int:
    """Return the end of the part of a long word that stands in the row that was cut last; 0 if none does."""
    room = width if len(cuts) == 1 else width - hang
    edge = cuts[-1][0] + room
    if edge <= start:
        return 0
    end = _end_of_part(text, max(edge - room // 3, start + 1), edge) or edge
    if end - start > _MAX_NAME_LENGTH or cuts[-1][0] == cuts[-1][1]:
        return end
    return 0 if end - start <= _name_length(text, start) < width - hang else end


_MAX_NAME_LENGTH = 43
_name = lazy_pattern(r'"?[A-Za-z_][A-Za-z0-9_.@-]{0,39}"?[=:]')


def _name_length(text: str, start: int) -> int:
    """Return the length of the name at the beginning of a long word, ``key=``; 0 if there is none."""
    found = _name.match(text, start)
    return found.end() - start if found is not None else 0


# The last place before the end where a person would break a long word: between two parts of it.
_last_part_end = lazy_pattern(r"(?s).*(?:(?<=[,;&?/|}\])])(?=[^,;&?/|}\])])|(?<![{\[(])(?=[{\[(]))")


def _end_of_part(text: str, low: int, high: int) -> int | None:
    """Return the last offset from `low` to `high` at which a part of a long word ends; None if there is none.

    A part ends after the last of several closing or separating signs, and before the first of several opening ones.
    """
    found = _last_part_end.match(text, low, high + 1) if low <= high else None
    return None if found is None else found.end()


_blanks = lazy_pattern(" *")


def _after_blanks(text: str, start: int) -> int:
    found = _blanks.match(text, start)
    return found.end() if found else start


# --- all other text ---


def rows(text: str, width: int, hang: int, mode: Mode = "word", joins: Joins = JOINED) -> list[Row]:
    """Lay out any sanitized text as rows.

    Args:
        text: output of `sanitize`.
        width: cells, 1 or more.
        hang: blanks before the rows after the first, in cells; 0 is taken where less than 2 cells are left.
        mode: ``"word"`` breaks at blanks; ``"char"`` at the edge, between any two clusters, and draws all blanks but
            those at a row's end; ``"terminal"`` the same with a hang of 0; ``"none"`` gives the one row that fits.
        joins: emoji that the terminal draws as one cluster; the rows then fit into that terminal.

    Returns:
        One row or more. ``start`` and ``end`` are offsets in ``text`` and rise; the text between two rows, before
        the first or after the last is blanks that are not drawn (or, in mode ``"none"`` and after markers, text that
        did not fit).

    Examples:
        >>> [(row.start, row.end, row.indent, row.text) for row in rows("日本 one", 5, 2)]
        [(0, 2, 0, '日本'), (3, 6, 2, 'one')]
    """
    if joins != JOINED and mode != "word" and has_joints(text) and (parted := separate(text, joins)) != text:
        return _without_separators(text, parted, rows(parted, width, hang, mode))
    text = text.rstrip(" ")
    if width - hang < _LEAST_ROOM or mode == "terminal":
        hang = 0
    if mode == "none":
        return [_clipped(text, width)]
    if text.isascii():
        return _ascii_rows(text, width, hang) if mode == "word" else _edge_rows(text, width, hang)
    return _word_rows(text, width, hang, joins) if mode == "word" else _by_clusters(text, width, hang)


def _without_separators(text: str, parted: str, laid: list[Row]) -> list[Row]:
    """Return the rows of a text, from those of the same text with separators between the parts of its emoji."""
    before = list(accumulate((character == SEPARATOR for character in parted), initial=0))
    found: list[Row] = []
    for row in laid:
        start, end = row.start - before[row.start], row.end - before[row.end]
        is_mark = row.text == _MARK and parted[row.start : row.end] != _MARK
        found.append(Row(start, end, row.indent, row.cells, _MARK if is_mark else text[start:end]))
    return found


def whole(text: str) -> Row:
    """Return a sanitized text unchanged as one row of unlimited width; its cells are not measured (0)."""
    return Row(0, len(text), 0, 0, text)


def _clipped(text: str, width: int) -> Row:
    shown = clip(text, width).rstrip(" ")
    if not shown and text[:1].strip(" "):
        first = next(cluster_blocks(text, width))[0][0]
        return Row(0, len(first), 0, 1, _MARK)
    return Row(0, len(shown), 0, cells(shown), shown)


def _ascii_rows(text: str, width: int, hang: int) -> list[Row]:
    """Lay out printable ASCII as `wrap_plain` does, with offsets."""
    size = len(text)
    if size <= width:
        return [Row(0, size, 0, size, text)]
    find, hang, _ = _cutters.get((width, hang)) or _cutter(width, hang)
    parts = find(text + " ", hang)
    if not parts[-1]:
        return [
            Row(start, end, hang if number else 0, end - start, text[start:end])
            for number, (start, end) in enumerate(_ascii_cuts(text, width, hang))
        ]
    parts[0] = text[:hang] + parts[0]
    laid: list[Row] = []
    start = indent = 0
    for shown in parts:
        size = len(shown)
        laid.append(Row(start, start + size, indent, size, shown))
        indent = hang
        start += size + 1
        if text[start : start + 1] == " ":
            start = _after_blanks(text, start)
    return laid


def _edge_rows(text: str, width: int, hang: int) -> list[Row]:
    """Lay out ASCII as rows that are cut at the edge."""
    laid: list[Row] = []
    start, edge = 0, width
    while start < len(text) or not laid:
        shown = text[start:edge].rstrip(" ")
        laid.append(Row(start, start + len(shown), hang if start else 0, len(shown), shown))
        start, edge = edge, edge + width - hang
    return laid


def _by_clusters(text: str, width: int, hang: int) -> list[Row]:
    """Lay out a text as rows that are cut at the edge, between any two clusters."""
    found: list[Row] = []
    start = base = 0
    size = cells(text)
    for end, wide, mark in _segments(text, size, width, width - hang, fresh=True):
        indent = hang if found else 0
        found.append(Row(start, end, indent, 1, _MARK) if mark else _row(text, start, end, wide - base, indent))
        start, base = end, wide
    if start < len(text) or not found:
        found.append(_row(text, start, len(text), size - base, hang if found else 0))
    return found


def _row(text: str, start: int, end: int, width: int, indent: int, offset: int = 0) -> Row:
    """Return the row of ``text[start:end]`` without its trailing blanks; ``width`` is in cells and includes them."""
    shown = text[start:end]
    if shown[-1:] == " ":
        shown = shown.rstrip(" ")
        width -= end - start - len(shown)
        end = start + len(shown)
    return Row(offset + start, offset + end, indent, width, shown)


def _segments(
    text: str, size: int, left: int, room: int, fresh: bool, first_room: int | None = None
) -> Iterator[tuple[int, int, bool]]:
    """Cut a text that is too long for a row between its clusters.

    Args:
        text: the text to cut, of ``size`` cells.
        size: cells of the whole text.
        left: cells left for it in the row it starts in.
        room: cells of each later row.
        fresh: whether the text is at the start of that row.
        first_room: cells of the row that it starts in; rows end at the end of a part of a word, where there is one in
            the last third. None: they end at the edge.

    Yields:
        For each segment but the last: its end, in characters and in cells of the text, and whether it is one cluster
        that is wider than the row. The first segment is empty if nothing of the text fits into ``left``.
        The last segment is not yielded; it takes ``room`` or less, and is empty after a cluster that is too wide.
    """
    row_start, limit = 0, left  # offset and cells
    row_room = first_room
    char_ends, cell_ends = [0], [0]  # of the clusters from the row's start on
    for clusters, widths in cluster_blocks(text, BLOCK):
        passed = bisect_left(char_ends, row_start)
        cell_ends = cell_ends[passed:-1] + list(accumulate(widths, initial=cell_ends[-1]))
        char_ends = char_ends[passed:-1] + list(accumulate(map(len, clusters), initial=char_ends[-1]))
        while True:
            fits = max(bisect_right(cell_ends, limit) - 1, 0)
            if fits == len(cell_ends) - 1:
                break
            mark = fresh and char_ends[fits] == row_start
            if mark:
                fits += 1
            elif row_room is not None:
                least = max(bisect_left(cell_ends, limit - row_room // 3), bisect_right(char_ends, row_start))
                fits = _part_before(text, char_ends, least, fits)
            row_start, row_base = char_ends[fits], cell_ends[fits]
            yield row_start, row_base, mark
            if size - row_base <= room:
                return
            fresh, limit = True, row_base + room
            row_room = None if first_room is None else room


def _part_before(text: str, char_ends: list[int], least: int, most: int) -> int:
    """Return the number of the last cluster end from `least` to `most` that ends a part of a word; `most` if none."""
    if least >= most:
        return most
    end = _end_of_part(text, char_ends[least], char_ends[most])
    while end is not None:
        number = bisect_left(char_ends, end)
        if char_ends[number] == end:
            return number
        end = _end_of_part(text, char_ends[least], end - 1)  # a combining mark follows
    return most


@cache
def _word_ends() -> re.Pattern[str]:
    """Return a pattern for ends of words where a long line may be split: no cluster can span the blank after them.

    Compiled at the first long line, as that takes 3 ms.
    """
    letter = r"[!-~\u00c0-\u024f\u0391-\u03c9\u0410-\u044f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]"
    return re.compile(f"{letter}(?= {letter})")


@cache
def _measured_words(joins: Joins) -> Memo[str, int]:
    """Return `word_cells` for a terminal that draws the parts of some emoji side by side."""
    if joins.sequences and joins.modifiers:
        return word_cells
    return Memo(lambda word: measure_word(separate(word, joins)), limit=word_cells.limit, max_key_length=MAX_MEMO_CHARS)


def _word_rows(text: str, width: int, hang: int, joins: Joins) -> list[Row]:
    """Lay out a line by measured words.

    A long line is laid out a window at a time; the last row of each window is laid out again with the next one.
    """
    laid: list[Row] = []
    start, end, window = 0, len(text), _WINDOW
    while end - start > window:
        word_end = _word_ends().search(text, start + window)
        if word_end is None:
            break
        _fill(laid, text[start : word_end.end()], start, width, hang, joins)
        last = laid.pop()
        window = _WINDOW if last.start > start else 2 * window
        start = last.start
    _fill(laid, text[start:] if start else text, start, width, hang, joins)
    return laid


def _fill(laid: list[Row], text: str, offset: int, width: int, hang: int, joins: Joins) -> None:
    """Append the rows of a text that starts at an offset of its line and at the start of a row, and ends in a word.

    Cells are counted along the text as if it were one endless row: a word ends at its sum of cells, and fits if that
    is no further than the room from where the row starts.
    """
    words = text.split(" ")
    cell_ends = list(accumulate(map(_measured_words(joins).__getitem__, words)))
    if cell_ends[-1] >= AWKWARD:
        words = _merged(words)
        cell_ends = list(accumulate(sum_of_clusters(separate(word, joins)) + 1 for word in words))
    count = len(words)
    lengths = list(accumulate(map(len, words)))  # the blanks between words come on top
    rest = width - hang
    room, indent = (rest, hang) if laid else (width, 0)
    first = start = base = 0  # word, offset and cells where the row starts
    while True:
        past = bisect_right(cell_ends, base + room + 1, first)  # the first word that does not fit
        if past == count:
            laid.append(Row(offset + start, offset + len(text), indent, cell_ends[-1] - 1 - base, text[start:]))
            return
        word_base = cell_ends[past - 1] if past > first else base
        size = cell_ends[past] - 1 - word_base
        if past > first and size <= rest:
            end = lengths[past - 1] + past - 1
            if text[end - 1 : end] != " ":
                laid.append(Row(offset + start, offset + end, indent, word_base - 1 - base, text[start:end]))
            else:
                laid.append(_row(text, start, end, word_base - 1 - base, indent, offset))
        else:
            word_start = lengths[past - 1] + past if past > first else start
            word_end = lengths[past] + past
            left = base + room - word_base
            word = text[word_start:word_end]
            parted = separate(word, joins)
            if past > first and text[start:word_start].strip(" "):
                name = _name_length(word, 0)
                is_near = left - room // 3 <= name < rest
                if is_near and (left <= name or next(_segments(parted, size, left, rest, False, room))[0] <= name):
                    laid.append(_row(text, start, word_start, word_base - base, indent, offset))
                    first, start, base, room, indent = past, word_start, word_base, rest, hang
                    continue
            separator = "" if parted == word else SEPARATOR  # the word may hold that character itself
            for chars, wide, mark in _segments(parted, size, left, rest, past == first, room):
                end = word_start + chars - (parted.count(separator, 0, chars) if separator else 0)
                laid.append(
                    Row(offset + start, offset + end, indent, 1, _MARK)
                    if mark
                    else _row(text, start, end, word_base + wide - base, indent, offset)
                )
                indent = hang
                start, base = end, word_base + wide
            first = past
        room, indent = rest, hang
        if first == past:  # within a word
            if start < lengths[past] + past:
                continue
            past += 1
            if past == count:
                return
        while not words[past]:
            past += 1
        first, start, base = past, lengths[past - 1] + past, cell_ends[past - 1]


def _merged(words: list[str]) -> list[str]:
    """Join words at the blanks that are part of a cluster: no row may break there."""
    groups: list[list[str]] = []
    for word in words:
        if groups and (joins_before(word) or joins_after(groups[-1][-1])):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [" ".join(group) for group in groups]
