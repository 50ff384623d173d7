"""How fast lines are wrapped, beside the blind slices that no wrap can beat and `wcwidth.wrap`.

    python tests/bench/wrap.py [--width CELLS] [--lines N]

Prints a Markdown table. All ways take turns on the same lines; each figure is the best of several rounds, as others
use the machine too. The words of a line come from a small list, as in real logs; its time and one id do not.
"""

from __future__ import annotations

import argparse
import random
from time import perf_counter
from typing import TYPE_CHECKING

import wcwidth

from reflowlog.render.ansi import draw_rows
from reflowlog.render.public_wrap import wrap
from reflowlog.text.clean.sanitize import is_plain, is_plain_bytes, sanitize
from reflowlog.text.clean.wrap import rows, wrap_plain
from reflowlog.text.layout.hanging_indent import hang

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = [
    *("request", "handled", "connection", "pool", "retry", "after", "timeout", "user", "session", "opened"),
    *("closed", "cache", "miss", "hit", "shard", "replica", "commit", "rollback", "waiting", "for", "lock", "on"),
    *("table", "in", "because", "version", "mismatch", "latency_ms=37", "path=/api/v2/orders/8812/items"),
    *("bytes=18233", "peer=10.4.17.93:5432"),
]
WIDE = [
    *(
        "接続がタイムアウトしました",
        "数据库连接池已满",
        "사용자세션이종료되었습니다",
        "再試行します",
        "👩‍💻",
        "👨‍👩‍👧‍👦",
        "🏳️‍🌈",
        "👍🏽",
        "🇯🇵",
        "✅",
        "⚠️",
    ),
    *("résumé", "re\u0301sume\u0301", "Zürich", "สวัสดีครับ", "नमस्ते", "straße", "Ελλάδα"),
    *("path=/документы/отчёт", "user=Łukasz"),
]
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGERS = ("app.http", "app.db.pool", "app.worker.queue", "auth.session")


def head(number: int, rng: random.Random) -> str:
    """Time, level and logger, padded as most formatters do."""
    clock = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02},{rng.randrange(1000):03}"
    return f"2025-03-01 {clock} {rng.choice(LEVELS):<8} {rng.choice(LOGGERS):<18}"


def body(words: list[str], rng: random.Random) -> str:
    """Words of about 130 characters in the mean, some lines much longer."""
    size = int(rng.triangular(20, 400, 70))
    found: list[str] = []
    while size > 0:
        found.append(rng.choice(words))
        size -= len(found[-1]) + 1
    return " ".join(found)


def coloured(line: str, rng: random.Random) -> str:
    """Some words in colours, each reset after it."""
    words = line.split(" ")
    for index in range(0, len(words), 4):
        words[index] = f"\x1b[{rng.choice(['1', '2', '1;31', '38;5;' + str(rng.randrange(256))])}m{words[index]}\x1b[0m"
    return " ".join(words)


def corpus(kind: str, count: int) -> list[str]:
    """Return the lines to wrap; deterministic."""
    rng = random.Random(kind)
    words = WIDE + WORDS[:12] if kind == "unicode" else WORDS
    lines = [f"{head(number, rng)} {body(words, rng)} {rng.getrandbits(32):08x}" for number in range(count)]
    if kind == "json":
        return ['{"ts":"' + line[:23] + '","msg":"' + line[24:].replace(" ", "_", 3) + '"}' for line in lines]
    return [coloured(line, rng) for line in lines] if kind == "ansi" else lines


def microseconds(ways: dict[str, Callable[[str], object]], lines: list[str]) -> dict[str, float]:
    """Best time per line of each way."""
    best = dict.fromkeys(ways, float("inf"))
    block = 250
    for _ in range(7):
        spent = dict.fromkeys(ways, 0.0)
        for start in range(0, len(lines), block):
            for name, way in ways.items():
                some = lines[start : start + (block if name != "wcwidth.wrap" else block // 10)]
                begun = perf_counter()
                for line in some:
                    way(line)
                spent[name] += (perf_counter() - begun) / len(some)
        best = {name: min(best[name], spent[name] * block / len(lines)) for name in ways}
    return {name: 1e6 * seconds for name, seconds in best.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=80)
    parser.add_argument("--lines", type=int, default=1000)
    arguments = parser.parse_args()
    width: int = arguments.width
    print(f"Microseconds per line at {width} cells; {arguments.lines} lines of each kind.\n")
    names = ["slices", "wcwidth.wrap", "wrap", "sanitize", "hang", "rows", "draw"]
    print(f"| kind | {' | '.join(names)} | lines/s | x slices | x wcwidth.wrap |")
    print("|---|" + "---:|" * (len(names) + 3))
    for kind in ("plain", "json", "unicode", "ansi"):
        lines = corpus(kind, arguments.lines)
        clean = {line: sanitize(line) for line in lines}
        laid = {line: rows(clean[line][0], width, 2) for line in lines}
        cut = (lambda line: wrap_plain(line, width, 2)) if kind in ("plain", "json") else None
        spent = microseconds(
            {
                "slices": lambda line: [line[at : at + width] for at in range(0, len(line), width)],
                "wcwidth.wrap": lambda line: wcwidth.wrap(line, width),
                "wrap": lambda line: wrap(line, width),
                "sanitize": is_plain if cut else sanitize,
                "hang": lambda line, clean=clean: hang(clean[line][0], width),
                "rows": cut or (lambda line, clean=clean: rows(clean[line][0], width, 2)),
                "draw": lambda line, clean=clean, laid=laid: draw_rows(*clean[line], laid[line]),
            },
            lines,
        )
        figures = " | ".join(f"{spent[name]:.2f}" for name in names)
        ours = spent["wrap"]
        slices, peer = spent["slices"] / ours, spent["wcwidth.wrap"] / ours
        print(f"| {kind} | {figures} | {1e6 / ours:,.0f} | {slices:.2f} | {peer:.1f} |")
    chunk = "\n".join(corpus("plain", 4000)).encode()
    begun = perf_counter()
    for _ in range(20):
        is_plain_bytes(chunk)
    print(f"\nis_plain_bytes: {20 * len(chunk) / (perf_counter() - begun) / 1e6:,.0f} MB/s")


if __name__ == "__main__":
    main()
