"""Weights of the start of the message, computed from the lists of formats in ``tests/data/formats``.

``python tests/support/message_weights.py`` prints the table; ``--write`` stores it in the package, ``--check`` compares
it with the table there, and ``--unseen`` judges each list by weights that were computed without it. Each takes about
half a minute, but for the last one.

The method is multinomial logistic regression over the places of a line, with few weights: those that stay small are
left out, the others are fitted again and rounded. Nothing is random. Each header is read twice more with messages
of other kinds, so that no weight depends on the messages of the lists. A format counts by the root of its number of
lines.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reflowlog.text.clean.sanitize import sanitize
from reflowlog.text.parse import message_weights
from reflowlog.text.parse.further_fields import FurtherFields
from reflowlog.text.parse.grammar import END, FOLD_DIGITS, HEADER_CHARS, HeaderParts
from reflowlog.text.parse.header import header
from reflowlog.text.parse.message_start import HeadTokens, best_start, candidates, read_tokens
from reflowlog.text.parse.recognizer import Recognizer
from support import DATA_DIR
from support.formats import listed_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["computed_weights", "examples", "fitted"]

SCALE = 2
"""Units of a weight for one unit of the logarithm of odds."""

REPLACED_SHARE = 0.15
"""Share of a line with another message than in its list, of the weight of a line."""

HELD_OUT = ("unseen-19",)
"""The newest list, by which formats are judged that the weights do not know."""

LEAST = 0.25
"""Smallest weight, before it is scaled, that is kept."""

MESSAGES = (
    *("Connection closed - retrying in 3 s", "user logged in: alice", "config.json was read", "Server started"),
    *("Cannot open /etc/passwd: no such file", "GET /health 200", "10.0.0.7 connected", "found 3 items", "starting up"),
    *("Error while reading file", "Retrying (2/3)", "Failed to load module a.b.c", "user=alice action=login", "ready"),
    *("got 200 OK from http://x/y", "Task app.add[12] received", "3 workers ready", "Worker 7 exited with 1", "OK"),
    *("worker-7 exited", "the pool is full", "DB connection lost", "java.io.IOException: broken pipe", "Done."),
    *("Started App in 3.1 seconds", "not found: a.txt", 'Application "x" stopped', "Reading /srv/a.py:12 again"),
    *("thread pool resized", "cache miss for key a.b", "no such table", "waiting for lock", "Shutting down"),
)
"""Messages of words that replace those of the lists."""

VARIED_MESSAGES = (
    *("/var/lib/app is 91% full", "81 items", "-> GET /v1/items", '"blue shoes" added', "{'a': 1, 'b': [2, 3]}"),
    *(
        "TypeError: unsupported operand",
        "10.0.0.7:5432 refused",
        "'x' is missing",
        "order 81: payment refused",
        "[a] b",
    ),
    *("<none> given", "(1, 2)", "https://x.org/a answered 500", "exited: web (status 1)", "done", "KeyError: 'a'"),
    *(
        "SELECT 1",
        "ENOENT: no such file, open 'a'",
        "app.json: not found",
        "HTTP GET /a",
        "--- end ---",
        "<Steve> hello",
    ),
)
"""Messages of other kinds that replace them."""


class Example(NamedTuple):
    """A line as its weights see it.

    Attributes:
        family: name of its list.
        format: name of its format.
        text: the line; empty for one with another message than in the list.
        right: number of the right place.
        places: for each place the names of its weights, with how often each counts.
    """

    family: str
    format: str
    text: str
    right: int
    places: tuple[tuple[tuple[str, int], ...], ...]


class _Recorder(FurtherFields):
    """Further fields without scores, which keeps the end of the header before them, and the head that was read."""

    def __init__(self) -> None:
        super().__init__()
        self.column = 0
        self.head = b""

    def scored(self, head: bytes, parts: HeaderParts) -> HeaderParts:
        self.column, self.head = parts.column, head
        return parts


class _Unscored(Recognizer):
    def __init__(self) -> None:
        super().__init__()
        self._further = self.recorder = _Recorder()  # type: ignore[misc]  # in place of the cached property

    def base(self, head: bytes) -> int:
        """Return the end of a header before its scores are read; 0 if they are not."""
        self.recorder.column = 0
        self.read(head)
        return self.recorder.column


def head_of(text: str) -> bytes:
    """Return the head of a line, as `text/parse/header.py` does."""
    return text[:HEADER_CHARS].encode("ascii", "replace").translate(FOLD_DIGITS) + END


def _places(line: HeadTokens, base: int) -> tuple[list[int], tuple[tuple[tuple[str, int], ...], ...]]:
    """Return the columns of the places of a line, and the names of their weights."""
    passed: Counter[str] = Counter()
    columns, places = [], []
    for place in candidates(line, base):
        passed.update(place.passed)
        columns.append(line.starts[place.token])
        places.append(tuple(sorted((passed + Counter(place.own)).items())))
    return columns, tuple(places)


def _first_anchor(line: HeadTokens, base: int) -> int:
    """Return the end of the first time or level of a header."""
    for number, kind in enumerate(line.kinds):
        if line.starts[number] >= base:
            break
        if kind in ("time", "level", "level colon") and number + 1 not in line.joined:
            return line.starts[number + 1]
    return base


def examples() -> list[Example]:
    """Return all lines of all lists whose message start is scored, each as read from its first time or level, too."""
    recognizer = _Unscored()
    found = []
    for family, name, text, original, column in _texts():
        head = head_of(text)
        base = recognizer.base(head)
        if base:
            tokens = read_tokens(head)
            for start in sorted({_first_anchor(tokens, base), base}):
                columns, places = _places(tokens, start)
                if column in columns and len(columns) > 1:
                    found.append(Example(family, name, original, columns.index(column), places))
    return found


def _texts() -> Iterator[tuple[str, str, str, str, int]]:
    """Yield lines: list, format, text, the text of the list (empty for one with another message), and the column."""
    seen = set()
    number = 0
    for family, name, text, column in _truth():
        yield family, name, text, text, column
        header = re.sub(r"\d", "0", text[:column])
        if column and family != "logs" and text[column : column + 1] not in '"{[<' and (name, header) not in seen:
            seen.add((name, header))
            for messages in (MESSAGES, VARIED_MESSAGES):
                yield family, name, text[:column] + messages[number % len(messages)], "", column
            number += 1


def _truth() -> Iterator[tuple[str, str, str, int]]:
    """Yield lines of the lists of formats, and of the sample logs: list, format, text and column."""
    for family, case in listed_cases():
        for line in case.lines if family not in HELD_OUT else ():
            if line.column is not None:
                yield family, case.name, sanitize(line.text)[0], line.column
    for path in sorted(DATA_DIR.glob("*.columns.tsv")):
        name = path.name.removesuffix(".columns.tsv")
        rows = path.read_text(encoding="utf-8").splitlines()[1:]
        lines = (DATA_DIR / f"{name}.log").read_text(encoding="utf-8").splitlines()
        for text, row in zip(lines, rows):
            yield "logs", name, text, int(row.partition("\t")[0])


def fitted(lines: list[Example]) -> dict[str, int]:
    """Return the weights that a list of lines gives."""
    sizes = Counter((each.family, each.format) for each in lines)
    merged: dict[tuple[int, tuple[tuple[tuple[str, int], ...], ...]], float] = defaultdict(float)
    for each in lines:
        share = 1.0 if each.text else REPLACED_SHARE
        merged[each.right, each.places] += share / math.sqrt(sizes[each.family, each.format])
    total = sum(merged.values())
    names = sorted({name for _, places in merged for place in places for name, _ in place})
    numbers = {name: number for number, name in enumerate(names)}
    data = [
        (right, [[(numbers[name], times) for name, times in place] for place in places], weight / total)
        for (right, places), weight in merged.items()
    ]
    kept = [abs(weight) > LEAST for weight in _descended(data, [True] * len(names), 150, 0.0005)]
    weights = _descended(data, kept, 150, 0.0)
    return {name: round(SCALE * weights[number]) for name, number in numbers.items() if round(SCALE * weights[number])}


_Data = list[tuple[int, list[list[tuple[int, int]]], float]]


def _descended(data: _Data, kept: list[bool], steps: int, sparsity: float) -> list[float]:
    """Return the weights that fit lines best, by gradient descent with moments (Adam)."""
    count = len(kept)
    weights, first, second = [0.0] * count, [0.0] * count, [0.0] * count
    for step in range(1, steps + 1):
        slopes = [0.0002 * weight + sparsity * math.tanh(20 * weight) for weight in weights]
        for right, places, share in data:
            scores = [sum([weights[number] * times for number, times in place]) for place in places]
            highest = max(scores)
            odds = [math.exp(score - highest) for score in scores]
            scale = share / sum(odds)
            for index, place in enumerate(places):
                slope = odds[index] * scale - (share if index == right else 0.0)
                if abs(slope) > 1e-9:
                    for number, times in place:
                        slopes[number] += slope * times
        for number in range(count):
            if kept[number]:
                slope = slopes[number]
                first[number] = 0.9 * first[number] + 0.1 * slope
                second[number] = 0.99 * second[number] + 0.01 * slope * slope
                moment = first[number] / (1 - 0.9**step)
                weights[number] -= 0.15 * moment / (math.sqrt(second[number] / (1 - 0.99**step)) + 1e-8)
    return weights


def computed_weights() -> dict[str, int]:
    """Return the weights that all lists give."""
    return fitted(examples())


def _start(head: bytes, base: int, weights: dict[str, int]) -> int:
    line = read_tokens(head)
    return best_start(line, base, weights)[0] if base in line.starts else base


def unseen() -> str:
    """Return the share of columns that are right in each list, by weights computed without it.

    Lines without scores, and those of which only a part is scored, count as they are read with all weights.
    """
    lines = examples()
    recognizer = _Unscored()
    by_family: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for family, _, text, column in _truth():
        by_family[family].append((text, column))
    right = total = 0
    for family, samples in sorted(by_family.items()):
        texts = {text for text, _ in samples}
        weights = fitted([each for each in lines if each.family != family and each.text not in texts])
        good = 0
        for text, column in samples:
            head = head_of(text)
            base = recognizer.base(head)
            is_scored = base and recognizer.recorder.head == head  # not as the header behind another one
            found = _start(head, base, weights) if is_scored else header(text).column
            good += min(found, len(text)) == column
        right, total = right + good, total + len(samples)
        print(f"{family:24} {100 * good / len(samples):6.1f} % of {len(samples)}", flush=True)
    return f"{'all':24} {100 * right / total:6.1f} % of {total}"


def table(weights: dict[str, int]) -> str:
    """Return the source of the table: each weight with a place where it counts, before the § where it is wrong."""
    samples = _samples(weights)
    rows = "".join(f'    "{name}": {weight},  # {samples[name]}\n' for name, weight in sorted(weights.items()))
    rest = _source().partition("WEIGHTS: dict[str, int] = {")
    return f"{rest[0]}{rest[1]}\n{rows}}}\n"


def _samples(weights: dict[str, int]) -> dict[str, str]:
    """Return for each weight a short text with a § at a place where it counts: a right place for one above 0."""
    found: dict[str, tuple[bool, str]] = {}
    recognizer = _Unscored()
    for _, _, text, column in _truth():
        head = head_of(text)
        base = recognizer.base(head)
        if not base or not text.isascii():
            continue
        line = read_tokens(head)
        passed: set[str] = set()
        for place in candidates(line, _first_anchor(line, base)):
            passed.update(place.passed)
            start = line.starts[place.token]
            for name in (*passed, *place.own):
                is_good = (start == column) == (weights.get(name, 0) > 0)
                if name in weights and (name not in found or (is_good and not found[name][0])):
                    found[name] = is_good, " ".join(f"{text[:start][-36:]}§{text[start:][:14]}".split())
    return {name: sample for name, (_, sample) in found.items()}


def _source() -> str:
    return Path(message_weights.__file__).read_text(encoding="utf-8")


if __name__ == "__main__":
    if "--unseen" in sys.argv:
        print(unseen())
        sys.exit()
    made = table(computed_weights())
    if "--write" in sys.argv:
        Path(message_weights.__file__).write_text(made, encoding="utf-8")
    elif "--check" in sys.argv:
        sys.exit(0 if made == _source() else "the table is not what the lists give")
    else:
        print(made, end="")
