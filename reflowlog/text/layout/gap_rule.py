"""Rules across the width of a log, for gaps in time and for dated marks, and texts of durations. Pure functions.

Invariants:
- A rule is one row, exactly as wide as the width it is drawn for (tests/unit/text/layout/test_gap_rule.py).
- A duration is rounded down: ``2 m 05 s`` has passed entirely.
"""

from __future__ import annotations

from reflowlog.text.clean.cells import cells, clip

__all__ = ["duration_text", "elapsed_text", "parse_duration", "rule"]

_LINE = "─"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


def rule(label: str, width: int) -> str:
    """Return a row of `width` cells: a horizontal line with a label near its start.

    >>> rule("2 m 05 s", 20), rule("2 m 05 s", 9)
    ('── 2 m 05 s ────────', '─ 2 m 05 ')
    """
    start = _LINE * (2 if width >= cells(label) + 6 else 1)
    text = clip(f"{start} {label} ", width)
    return text + (_LINE if cells(text) < width and len(text) > len(label) + 1 else " ") * (width - cells(text))


def duration_text(seconds: float) -> str:
    """Return a duration in its two largest units.

    >>> [duration_text(each) for each in (0.25, 7.25, 42.9, 125, 7320, 180_000)]
    ['250 ms', '7.2 s', '42 s', '2 m 05 s', '2 h 02 m', '2 d 02 h']
    """
    milliseconds = int(seconds * 1000 + 0.0005)  # a decimal fraction may be a hair too small
    whole = milliseconds // 1000
    if whole < 1:
        return f"{milliseconds} ms"
    if whole < 10:
        return f"{whole}.{milliseconds % 1000 // 100} s"
    for unit, large, below, small in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= unit:
            return f"{whole // unit} {large} {whole % unit // below:02} {small}"
    return f"{whole} s"


def elapsed_text(seconds: float, width: int) -> str:
    """Return a signed duration as a clock shows it, as exactly as fits into a width in cells, aligned to its right.

    >>> [elapsed_text(each, 8) for each in (2.35, -0.5, 125.25, 7325.0, 100_000.0)]
    ['  +2.350', '  -0.500', '   +2:05', '+2:02:05', '  +1d03h']
    >>> elapsed_text(125.25, 12), elapsed_text(125.25, 3)
    ('   +2:05.250', '+2m')
    """
    sign = "-" if seconds < 0 else "+"
    milliseconds = int(abs(seconds) * 1000 + 0.0005)
    whole, rest = divmod(milliseconds, 1000)
    days, hours, minutes = whole // 86_400, whole // 3_600, whole // 60
    if minutes == 0:
        clock = str(whole)
    elif hours == 0:
        clock = f"{minutes}:{whole % 60:02}"
    else:
        clock = f"{hours}:{minutes % 60:02}:{whole % 60:02}"
    coarse = f"{days}d{hours % 24:02}h" if days else f"{hours}h{minutes % 60:02}m" if hours else f"{minutes}m"
    short = f"{days}d" if days else f"{hours}h" if hours else f"{minutes}m" if minutes else f"{whole}s"
    for text in (f"{clock}.{rest:03}", clock, coarse, short):
        if len(text) < width:
            return (sign + text).rjust(width)
    return clip(sign + short, width).ljust(width)


def parse_duration(text: str) -> float | None:
    """Return the seconds of a duration as a user types it, such as ``30s``, ``2m``, ``1h30m`` or ``500ms``.

    A number alone is in seconds. None: it is not a duration, or it is 0.

    >>> parse_duration("2m"), parse_duration("1h 30 min"), parse_duration("500ms"), parse_duration("soon")
    (120.0, 5400.0, 0.5, None)
    """
    import re  # start-up cost: only with such an option

    text = text.strip().lower()
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text):
        return float(text) or None
    part = r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?(?![a-z])\s*"
    if not re.fullmatch(f"(?:{part})+", text):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(part, text)) or None
