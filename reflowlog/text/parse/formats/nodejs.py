"""Formats of JavaScript tools and frameworks."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "NestJS",
        "https://docs.nestjs.com/techniques/logger",
        r"\[ \w+ \] \ +\d+ \ +-\ +{time} \ +{level} \ + (?: \[ {logger} \] \ )?",
        r"""
        2024-05-01T10:00:00 ERROR ExceptionsHandler » [Nest] 12345  - 05/01/2024, 10:00:00 AM   ERROR [ExceptionsHandler] §boom
        2024-05-01T22:00:01 INFO NestFactory » [Nest] 12345  - 05/01/2024, 10:00:01 PM     LOG [NestFactory] §Starting
        2024-05-01T10:00:02 WARNING - » [Nest] 12345  - 05/01/2024, 10:00:02 AM    WARN §slow
        """,
        starts="[",
        needs=(" - ",),
    ),
    Format(
        "npm",
        "npm 10",
        r"npm \ +{level}!? \ +",
        r"""
        - ERROR - » npm ERR! §code ENOENT
        - ERROR - » npm error §code ENOENT
        - WARNING - » npm warn §deprecated inflight@1.0.6: This module is not supported
        """,
        starts="a",
        needs=("npm ",),
    ),
    Format(
        "icon and level (signale, consola)",
        "signale 1.4, consola 3",
        r"\?{1,3} \ + {level} (?: \ + (?P<logger>\[[\w:.-]+\]) \ + | \ \ + | : \ )",
        r"""
        - INFO - » ℹ  info      §started
        - ERROR - » ✖  error     §it failed
        - ERROR - » ✗ error [app] §it failed
        - WARNING - » ⚠  warning   §slow
        """,
        starts="?",
        needs=("? ",),
    ),
    Format(
        "bunyan, long",
        "bunyan 1.8",
        r"{LEVEL}: \ {logger} /\d+ \ on \ [^\s:]+ (?: \ \( [^()]* \) )? : \ ",
        r"""
        2024-05-01T10:00:00.123 INFO app » [2024-05-01T10:00:00.123Z]  INFO: app/1234 on h: §started
        2024-05-01T10:00:01.123 ERROR app » [2024-05-01T10:00:01.123Z] ERROR: app/1234 on h: §it failed
        2024-05-01T10:00:02.123 WARNING app » [2024-05-01T10:00:02.123Z]  WARN: app/1234 on h (a.js:12): §slow
        """,
        starts="A",
        needs=(" on ",),
    ),
    Format(
        "PM2",
        "pm2 5",
        r"\d+ \| {logger} \ * \| \ ?",
        r"""
        - INFO app » 0|app      | INFO: §started
        2024-05-01T10:00:01 - app » 0|app      | 2024-05-01T10:00:01: §hello
        - - app » 12|app     | §hello
        """,
        starts="0",
        needs=("0|",),
        carries=True,
    ),
)
