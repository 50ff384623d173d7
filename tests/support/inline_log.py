"""Log that is shown inline in a terminal, with checks of its screen and scrollback."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from typing import TYPE_CHECKING

import reflowlog
from support.terminals import Feed, PyteTerminal, Tmux, modes_left_on, picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
ERASE_SCROLLBACK = b"\x1b[3J"
BEFORE = ["$ echo before the log", "before the log", "$ ./log"]
_WORDS = [
    "connection",
    "closed",
    "by",
    "peer",
    "while",
    "reading",
    "the",
    "response",
    "of",
    "upstream",
    "pool",
    "worker",
]


def squeezed(rows: Iterable[str]) -> str:
    """Return all characters that are not blank, in order: independent of how the rows are wrapped."""
    return re.sub(r"\s+", "", "\n".join(rows))


def records(count: int, *, seed: int = 1, longest: int = 45, first: int = 0) -> list[str]:
    """Return log lines of many lengths, some with time and level, some with words longer than a row."""
    chance = random.Random(seed)
    lines = []
    for number in range(first, first + count):
        words = chance.choices(_WORDS, k=chance.randint(0, longest))
        if chance.random() < 0.1:
            words.insert(len(words) // 2, f"https://example.org/{'/'.join(chance.choices(_WORDS, k=8))}")
        prefix = f"2026-03-04 12:{number % 60:02}:07,{number % 1000:03} INFO pool: " if chance.random() < 0.3 else ""
        lines.append(" ".join([f"{prefix}<{number:04}", *words, f"{number:04}>"]))
    return lines


def laid_out(lines: Iterable[str], width: int) -> list[str]:
    """Return the rows of `lines` at `width` as a screen shows them, without trailing blanks."""
    return [row.rstrip() for line in lines for row in reflowlog.wrap(line, width)]


def is_tail(rows: Sequence[str], expected: Sequence[str], before: Sequence[str] = ()) -> bool:
    """Return whether `rows` are the tail of `expected`, with nothing but the tail of `before` above it."""
    count = min(len(rows), len(expected))
    above = squeezed(rows[: len(rows) - count])
    return list(rows[len(rows) - count :]) == list(expected[len(expected) - count :]) and squeezed(before).endswith(
        above
    )


class Log:
    """`cat feed | reflowlog` in a terminal, with the records that were written to it.

    Args:
        terminal: the terminal it runs in.
        feed: the input.
        before: rows on the screen above the log.
    """

    def __init__(self, terminal: Tmux | PyteTerminal, feed: Feed, before: Sequence[str] = BEFORE) -> None:
        self.terminal = terminal
        self.feed = feed
        self.before = before
        self.lines: list[str] = []

    def write(self, lines: Sequence[str]) -> None:
        """Write records and wait until they are shown."""
        self.feed.write("".join(f"{line}\n" for line in lines))
        self.lines += lines
        self.wait_tail()

    def wait_tail(self, least: int = 1) -> list[str]:
        """Wait until the screen is the tail of the layout at its width, with at least `least` rows, and return it."""
        expected = laid_out(self.lines, self.terminal.columns)
        least = min(least, len(expected), self.terminal.rows - 1)
        try:
            return self.terminal.wait_screen(
                lambda rows: len(rows) >= least and is_tail(rows, expected, self.before), timeout=10
            )
        except AssertionError as error:
            wanted = picture(expected[-self.terminal.rows :])
            raise AssertionError(f"{error}\nnot the tail ({least} rows or more) of\n{wanted}") from None

    def resize(self, columns: int | None = None, rows: int | None = None) -> list[str]:
        """Change the size, wait until the screen is right for it and the output is quiet, and return the rows."""
        on_screen = len(set(re.findall(r"(\d{4})>", squeezed(self.terminal.screen()))))
        wider = (columns or self.terminal.columns) >= self.terminal.columns
        higher = (rows or self.terminal.rows) >= self.terminal.rows
        # A screen that grows loses no record, so all that were visible must be visible again.
        keep = max(1, on_screen) if wider and higher else 1
        self.terminal.resize(columns, rows)
        self.wait_tail(len(laid_out(self.lines[-keep:], self.terminal.columns)))
        self.terminal.settle()
        return self.wait_tail()

    def copies(self) -> tuple[Counter[str], Counter[str]]:
        """Return how often the start and the end of each record are in scrollback and screen."""
        text = squeezed(self.terminal.scrollback())
        return Counter(re.findall(r"<(\d{4})", text)), Counter(re.findall(r"(\d{4})>", text))

    def extra(self) -> int:
        """Return the number of duplicates in scrollback and screen, of all records together."""
        return max(sum(counts.values()) - len(counts) for counts in self.copies())

    def check_complete(self) -> None:
        """Check that the whole text of every record is in scrollback and screen, in order."""
        text = squeezed(self.terminal.scrollback())
        place = 0
        for line in self.lines:
            found = text.find(squeezed([line]), place)
            assert found >= 0, f"lost, or not in order: {line!r}\n{picture(self.terminal.scrollback())}"
            place = found + 1

    def check_order(self, repeats: int) -> None:
        """Check that starts of records follow one another without a gap, with at most `repeats` duplicates."""
        starts = [int(number) for number in re.findall(r"<(\d{4})", squeezed(self.terminal.scrollback()))]
        assert starts[0] == 0
        assert starts[-1] == len(self.lines) - 1
        steps = Counter(after - before for before, after in itertools.pairwise(starts))
        assert set(steps) <= {0, 1}, steps
        assert steps[0] <= repeats, f"{steps[0]} copies after {repeats} resizes"


def finish(log: Log) -> None:
    """End the input, and check that the prompt is right under the log and the terminal is restored."""
    settings = log.terminal.settings
    log.feed.close()
    rows = log.terminal.wait_screen(Tmux.at_prompt)
    expected = [*laid_out(log.lines, log.terminal.columns), "$"]
    assert is_tail(rows, expected, log.before), f"{picture(rows)}\nnot the tail of\n{picture(expected[-len(rows) :])}"
    log.terminal.settle()
    assert log.terminal.settings_now() == settings
    assert modes_left_on(log.terminal.output()) == set()


def check_untouched_scrollback(log: Log) -> None:
    """Check that output from before the log is still there, and that the scrollback was never erased."""
    assert squeezed(log.terminal.scrollback()).startswith(squeezed(log.before))
    assert ERASE_SCROLLBACK not in log.terminal.output()


def start_log(terminal: Tmux, feed: Feed) -> Log:
    """Start `./log` under what `BEFORE` says: a command of the shell and its output."""
    terminal.send("echo before the log\n")
    terminal.wait_screen(lambda rows: rows[-1:] == ["$"] and len(rows) > 1)
    terminal.send("./log\n")
    terminal.wait_screen(lambda rows: rows[-1:] == ["$ ./log"])
    return Log(terminal, feed)
