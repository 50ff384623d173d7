"""Cost of highlighting: microseconds a line, with and without it, and time for hostile texts.

    python tests/bench/highlight.py [--width CELLS] [LOG]...
    python tests/bench/highlight.py --inline [MB] [--width CELLS]

Prints Markdown tables. Without LOGs the samples of the tests are taken. Figures are processor time, the best of several
rounds, as others use the machine too.

- ``wrap``: `LineRenderer.lines`, without highlighting.
- ``known``: `TemplateCache.lines` with the templates of all shapes, as in a log that has run for a while.
- ``second half``: the second half of the log with the templates of the first; these logs are short, so this is the cost
  of highlighting in the first moments.
- ``fresh``: the share of that half's lines without a template.
- ``words``: a line without a template whose header and words are cached; where words do not suffice, one by one.
- ``spans``, ``one by one``: `highlight` alone; and a whole line without templates, as the viewer does it.

``--inline`` runs the program on a terminal of its own, on logs of each kind, with ``--color never`` and with a theme,
in turns; ``x`` is the throughput with it in units of that without. ``unique`` is the worst case: no template is ever
reused.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from _harness import KINDS, REFLOWLOG, in_turns, log_file, middle, ratio, scratch, table
from pipe import show

from reflowlog.config.themes import load_theme
from reflowlog.render.renderer import LineRenderer
from reflowlog.render.template_cache import TemplateCache
from reflowlog.render.templates import TemplateMaker
from reflowlog.text.clean.digits import DIGITS_TO_ZERO
from reflowlog.text.clean.sanitize import is_plain, sanitize
from reflowlog.text.highlight.marks import highlight
from reflowlog.text.highlight.shapes import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.text.highlight.themes import Theme

SAMPLES = Path(__file__).parent.parent / "data"
ROUNDS = 7
HOSTILE = (
    '"',
    "'a ",
    "a.",
    "1,",
    "::",
    "1:",
    "a=",
    "a://",
    " /.",
    "ab1",
    "00000000-0000-",
    "Jan ",
    "GET /",
    "~/",
    "a-",
)


def best(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Processor time in seconds of the fastest of several rounds, ``before`` each of which something is done."""
    fastest = float("inf")
    for _ in range(ROUNDS):
        before()
        begun = time.process_time()
        work()
        fastest = min(fastest, time.process_time() - begun)
    return fastest


def joined(lines: list[str]) -> bytes:
    """Lines as a pipe brings them."""
    return "".join(f"{line}\n" for line in lines).encode()


class Learning(TemplateCache):
    """Template cache that counts the lines without a template."""

    fresh = 0

    def _fresh(self, line: str, shape: bytes, places: list[tuple[int, int]]) -> str:
        self.fresh += 1
        return super()._fresh(line, shape, places)


def measured(path: Path, width: int, theme: Theme) -> list[str]:
    """A row of the table."""
    lines = [sanitize(line)[0] for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    lines = [line for line in lines if is_plain(line)]
    half = len(lines) // 2
    if not half:
        return []
    data, second = joined(lines), joined(lines[half:])
    renderer, known = LineRenderer(width), TemplateCache(TemplateMaker(width, "auto", theme))
    drawn = known.lines(data, lines), known.lines(data, lines)
    if drawn[0] != drawn[1]:
        raise SystemExit(f"{path}: templates change what is drawn")
    learning = Learning(width, "auto", theme)

    def learn() -> None:
        nonlocal learning
        learning = Learning(width, "auto", theme)
        learning.lines(joined(lines[:half]), lines[:half])
        learning.fresh = 0

    plain = best(lambda: renderer.lines(data))
    warm = best(lambda: known.lines(data, data.decode().split("\n")[:-1]))
    later = best(lambda: learning.lines(second, lines[half:]), learn)
    shapes = [fold(shape) for shape in data.translate(DIGITS_TO_ZERO).split(b"\n")]
    words = best(lambda: [known._fresh(line, *shape) for line, shape in zip(lines, shapes)])
    spans = best(lambda: [highlight(line, theme) for line in lines])
    single = best(lambda: [known._draw(line) for line in lines])
    micro = 1e6 / len(lines)
    return [
        path.stem,
        f"{len(data) / len(lines):.0f}",
        f"{plain * micro:.2f}",
        f"{warm * micro:.2f}",
        f"{later * 1e6 / len(lines[half:]):.2f}",
        f"{100 * learning.fresh / len(lines[half:]):.0f} %",
        f"{words * micro:.1f}",
        f"{spans * micro:.1f}",
        f"{single * micro:.1f}",
    ]


def inline(megabytes: int, width: int, rounds: int = 3) -> None:
    """The program itself, with and without."""
    ways = {"without": (*REFLOWLOG, "--color", "never"), "with": (*REFLOWLOG, "--theme", "dark")}
    rows = []
    with scratch() as folder:
        for command in ways.values():
            show(command, log_file(folder, "plain", 1000), width)  # compiles
        for name in KINDS:
            source = log_file(folder, name, megabytes * 1_000_000)
            took = in_turns(rounds, ways, lambda way, source=source: show(ways[way], source, width)[0])
            without, lit = middle(took["without"]), middle(took["with"])
            size = source.stat().st_size / 1e6
            rows.append((name, size / without if without else None, size / lit if lit else None, ratio(without, lit)))
    head = ("log", "MB/s without", "MB/s with", "x")
    table(f"inline, {megabytes} MB of each, {width} columns, {rounds} rounds", head, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=80)
    parser.add_argument("--inline", type=int, nargs="?", const=12, metavar="MB")
    parser.add_argument("logs", nargs="*", type=Path)
    arguments = parser.parse_args()
    if arguments.inline:
        inline(arguments.inline, arguments.width)
        return
    theme = load_theme("dark", {}, 256)
    print(f"Microseconds a line at {arguments.width} cells, theme {theme.name}.\n")
    print("| log | bytes a line | wrap | known | second half | fresh | words | spans | one by one |")
    print("|---|" + "---:|" * 8)
    for path in arguments.logs or sorted(SAMPLES.glob("*.log")):
        row = measured(path, arguments.width, theme)
        if row:
            print(f"| {' | '.join(row)} |")
    print("\nMilliseconds for a line of 100,000 characters that repeats:\n")
    worst = {part: best(lambda part=part: highlight(part * (100_000 // len(part)), theme)) for part in HOSTILE}
    print(", ".join(f"`{part}` {1e3 * seconds:.1f}" for part, seconds in worst.items()))


if __name__ == "__main__":
    main()
