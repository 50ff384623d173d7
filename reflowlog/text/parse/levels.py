"""Severity levels: names, letters and numbers of many systems as numbers of `logging`. Pure; any thread.

Invariants:
- TRACE is 5, NOTICE 25, every level above ERROR is 50. Names of syslog, Java, glog, logcat, nginx, MySQL and serilog
  are known, in any case, and single letters; the caller decides whether a letter may be a level.
- A number is read in its dialect. Where the dialect is not known, tens are pino's and bunyan's (30 is INFO), hundreds
  Monolog's, thousands logback's, and 0 to 7 syslog's.
"""

from __future__ import annotations

__all__ = [
    "ICONS",
    "LOCAL_NAMES",
    "MARKED",
    "NUMBERS",
    "PRIORITIES",
    "STANDARD",
    "TENS",
    "UNNAMED_PREFIX",
    "numeric",
    "otel",
    "parse_level",
    "python",
    "severity",
    "suggest_level",
    "syslog",
    "windows",
]

TRACE, DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL = 5, 10, 20, 25, 30, 40, 50

_NAMES = {  # of the tables in: logging, syslog, log4j, slf4j, java.util.logging, glog, logcat, nginx, MySQL, PostgreSQL
    TRACE: "trace trc trac trce verbose verb vrb finest finer silly sill subdebug t v",  # of npm, serilog, dnf
    DEBUG: "debug deb debg debug0 debug1 debug2 debug3 debug4 debug5 ddebug dbg debu dbug fine d",
    INFO: "info information informational inf log statement detail hint context system config http ii i",
    NOTICE: "notice note success n",  # loguru has SUCCESS between INFO and WARNING
    WARNING: "warn warning warni wrn ww w deprecated",
    ERROR: "error err erro eror failure fail severe ee e",
    CRITICAL: "critical criti crit crt fatal fata ftl panic pani pnc dpanic alert emerg emergency c f a",
}
_PHP_NAMES = {  # https://www.php.net/manual/en/errorfunc.constants.php
    ERROR: "parse error|core error|compile error|user error",
    CRITICAL: "fatal error|catchable fatal error|recoverable fatal error",
    WARNING: "strict standards|core warning|compile warning|user warning",
}
LOCAL_NAMES = {
    # of java.util.logging (sun.util.logging.resources), PostgreSQL (po/de.po ...), gcc; in capitals as they write them
    INFO: "INFOS INFORMACIÓN INFORMAZIONI INFORMAÇÕES 情報 信息 資訊 资讯 정보 СООБЩЕНИЕ ИНФОРМАЦИЯ ИНФО",
    NOTICE: "HINWEIS ЗАМЕЧАНИЕ 通知 注意",
    WARNING: "WARNUNG AVERTISSEMENT ADVERTENCIA AVVERTENZA ADVERTÊNCIA AVISO OSTRZEŻENIE ПРЕДУПРЕЖДЕНИЕ 警告 경고",
    ERROR: "FEHLER SCHWERWIEGEND ERREUR GRAVE ERRORE BŁĄD ОШИБКА エラー 重大 错误 錯誤 严重 嚴重 심각 오류",
    CRITICAL: "PANIK ПАНИКА ВАЖНО 致命错误",
    DEBUG: "调试 デバッグ ОТЛАДКА",
}
"""Names of levels in other languages, in capitals where the script has them."""

ICONS = {
    **dict.fromkeys("✖⨯✘✗❌🚨⛔", ERROR),
    "💀": CRITICAL,
    "⚠": WARNING,
    "✔": NOTICE,
    "✅": NOTICE,
    "ℹ": INFO,
    "🐞": DEBUG,
    "🐛": DEBUG,
}
"""Icons of consola, signale, logdown, pino-colada and Next.js, for a level at the start of a line or behind a time."""

NUMBERS = {
    **{name: number for number, names in _NAMES.items() for name in names.split()},
    **ICONS,
    "attention": WARNING,  # French, with a colon
    **{name.lower(): number for number, names in LOCAL_NAMES.items() for name in names.split()},
    **{name: number for number, names in _PHP_NAMES.items() for name in names.split("|")},
}
"""Names in lower case, and their numbers."""

STANDARD = {
    TRACE: "TRACE",
    DEBUG: "DEBUG",
    INFO: "INFO",
    NOTICE: "NOTICE",
    WARNING: "WARNING",
    ERROR: "ERROR",
    CRITICAL: "CRITICAL",
}
"""The short standard name of each number."""

PRIORITIES = (CRITICAL, CRITICAL, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG)
"""Syslog's severities, which are the last three bits of its priorities."""

MARKED = {
    "Em(": CRITICAL,
    "Al(": CRITICAL,
    "Cr(": CRITICAL,
    "Er(": ERROR,
    "Wa(": WARNING,
    "No(": NOTICE,
    "In(": INFO,
    "Db(": DEBUG,
    "e:": ERROR,
    "w:": WARNING,
    "Msg]": INFO,
    "<e>": ERROR,
    "<w>": WARNING,
    "<i>": INFO,
    "<t>": TRACE,
}
"""Names that are levels with their mark only: of ESXi 8 (``Wa(180)``), Kotlin (``e: file:///``), Gazebo, webpack."""

TENS = {1: TRACE, 2: DEBUG, 3: INFO, 4: WARNING, 5: ERROR, 6: CRITICAL}
"""Tens, of pino and bunyan."""

UNNAMED_PREFIX = "level "
"""Text that `logging` writes before a number that has no name, in lower case."""

_SLOG = {"DEBUG": DEBUG, "INFO": INFO, "WARN": WARNING, "ERROR": ERROR}


def severity(name: str) -> int | None:
    """Return the number of a level's name, also of slog's names with an offset and those that `logging` makes up.

    Examples:
        >>> severity("warn"), severity("Alert"), severity("DEBUG-4"), severity("Level 35"), severity("loud")
        (30, 50, 5, 30, None)
    """
    if len(name) > 24:
        return None
    number = NUMBERS.get(name) or NUMBERS.get(name.lower())
    if number is not None:
        return number
    if " " in name:
        digits = name.lower().removeprefix(UNNAMED_PREFIX)
        return python(int(digits)) if digits.isascii() and digits.isdigit() else None
    base, sign, steps = name.partition("+") if "+" in name else name.partition("-")
    if sign and base in _SLOG and steps.isascii() and steps.isdigit() and len(steps) < 3:
        distance = int(sign + steps) * 5 // 2  # slog counts four from level to level
        return min(max(_SLOG[base] + distance, TRACE), CRITICAL)
    return None


def numeric(number: int) -> int | None:
    """Return the level of a number of pino, bunyan, Monolog, logback or syslog; None if it is none.

    Examples:
        >>> numeric(30), numeric(300), numeric(30000), numeric(3), numeric(1234)
        (20, 30, 30, 40, None)
    """
    if 0 <= number <= 7:
        return PRIORITIES[number]
    if number < 0:
        return DEBUG if number >= -8 else None  # slog's and zap's
    if number <= 69:
        return TENS.get(number // 10)
    if number <= 999:
        return python(number // 10)
    return python(number // 1000) if number % 1000 == 0 and number <= 50_000 else None


def python(number: int) -> int | None:
    """Return the standard level at or below a number of `logging`; None outside of 1 to 100.

    Examples:
        >>> python(35), python(25), python(0)
        (30, 25, None)
    """
    if not 0 < number <= 100:
        return None
    return max((level for level in STANDARD if level <= number), default=TRACE)


def syslog(number: int) -> int | None:
    """Return the level of a syslog severity, from 0 to 7; None for any other number.

    Examples:
        >>> syslog(3), syslog(8)
        (40, None)
    """
    return PRIORITIES[number] if 0 <= number <= 7 else None


def windows(number: int) -> int | None:
    """Return the level of the Windows event log's number: 1 to 5, and 0 (LogAlways) as INFO; None for any other.

    Examples:
        >>> windows(2), windows(4), windows(6)
        (40, 20, None)
    """
    return (INFO, CRITICAL, ERROR, WARNING, INFO, TRACE)[number] if 0 <= number <= 5 else None


def otel(number: int) -> int | None:
    """Return the level of OpenTelemetry's severity number, from 1 to 24; None for any other number.

    Examples:
        >>> otel(9), otel(18), otel(0)
        (20, 40, None)
    """
    return (TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL)[(number - 1) // 4] if 1 <= number <= 24 else None


def parse_level(name: str) -> int | None:
    """Return the level of a user's input: a name, a letter, or a number of `logging`; None for anything else.

    Examples:
        >>> parse_level("warn"), parse_level("E"), parse_level("30"), parse_level("loud")
        (30, 40, 30, None)
    """
    name = name.strip()
    if name.isascii() and name.isdigit() and len(name) <= 3:
        return int(name)
    return NUMBERS.get(name.lower())


def suggest_level(name: str) -> str:
    """Return the standard name of a level that a misspelt one resembles; empty if it resembles none.

    >>> suggest_level("erorr"), suggest_level("WARNIGN"), suggest_level("loud")
    ('error', 'warning', '')
    """
    from difflib import get_close_matches  # start-up cost: only for a mistake

    names = [each.lower() for each in STANDARD.values()]
    return next(iter(get_close_matches(name.strip().lower(), names, 1)), "")
