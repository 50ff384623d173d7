"""Shapes around a level that many programs write, in the order of their certainty."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "level between separators",
        "logging, format='%(asctime)s:%(levelname)s:%(name)s:%(message)s'",
        r"{LEVEL} (?P<mark>[:;,|]) (?=\S) (?: (?P<logger>[\w?$./@+~\#*-]+) (?P=mark) (?=\S) )?",
        r"""
        2020-07-17T19:20:02.857 ERROR app.db » 2020-07-17 19:20:02,857:ERROR:app.db:§the pool is full
        2024-05-01T10:00:00.123 ERROR - » 2024-05-01 10:00:00,123;ERROR;§it failed
        2024-05-01T10:00:00.123 INFO - » 2024-05-01 10:00:00.123,INFO,§ok
        """,
        starts="A",
        needs=(":", ";", ",", "|"),
    ),
    Format(
        "name[LEVEL]:",
        "https://cloudinit.readthedocs.io",
        r"(?: - \ )? {logger} \[ {LEVEL} \] : \ ",
        r"""
        2024-05-01T10:00:00.123 DEBUG util.py » 2024-05-01 10:00:00,123 - util.py[DEBUG]: §Cloud-init v. 23.4
        2024-05-01T10:00:01.123 WARNING cc_x.py » 2024-05-01 10:00:01,123 - cc_x.py[WARNING]: §odd
        - ERROR app » app[ERROR]: §it failed
        """,
        starts="aA-_",
        needs=("]: ",),
    ),
    Format(
        "level in marks: *ERROR*, <Error>, (error), !!! FATAL:",
        "common scripts",
        r"(?: [*]{1,3}\ ? {level} \ ?[*]{1,3} | < {level} > | \( {level} \) | !{2,4}\ ? {level} ) :? \ +",
        r"""
        - ERROR - » *ERROR* §it failed
        - ERROR - » <Error> §it failed
        - ERROR - » (error) §it failed
        - CRITICAL - » !!! FATAL: §gone
        """,
        starts="*<(!",
        needs=("*", ">", ")", "!!"),
    ),
    Format(
        "LEVEL>",
        "Log4perl",
        r"{LEVEL} > \ +",
        r"""
        2024-05-01T10:00:00 INFO - » 2024/05/01 10:00:00 INFO> §a.pl:12 main::f - hello
        2024-05-01T10:00:01 ERROR - » 2024/05/01 10:00:01 ERROR> §a.pl:12 main::f - it failed
        - WARNING - » WARN> §slow
        """,
        starts="A",
        needs=("> ",),
    ),
    Format(
        "name;LEVEL;",
        "logging, format='%(asctime)s;%(name)s;%(levelname)s;%(message)s'",
        r"(?P<logger>[A-Za-z_][\w.-]*) (?P<mark>[;|]) {LEVEL} (?P=mark)",
        r"""
        2024-05-01T10:00:00 ERROR app » 2024-05-01 10:00:00;app;ERROR;§it broke
        2024-05-01T10:00:00.5 INFO app.db » 2024-05-01 10:00:00,500;app.db;INFO;§ok
        2024-05-01T10:00:00 WARNING x » 2024-05-01 10:00:00;x;WARN;§slow
        """,
        starts="aA_",
        needs=(";", "|"),
        behind_time=True,
    ),
    Format(
        "CSV with quotes",
        "csv.writer, QUOTE_ALL",
        r'" {time} " (?P<mark>[,;]) (?: "[^"\n]{0,40}" (?P=mark) ){0,2}? " {level} " (?P=mark) "?',
        r"""
        2024-05-01T10:00:00 ERROR - » "2024-05-01 10:00:00","ERROR","§it broke"
        2024-05-01T10:00:00 INFO - » "2024-05-01 10:00:00";"app";"info";"§ok"
        2024-05-01T10:00:00 WARNING - » "2024-05-01 10:00:00","WARN","§slow"
        """,
        starts='"',
        needs=('","', '";"'),
    ),
    Format(
        "logback status: |-LEVEL in",
        "https://logback.qos.ch/manual/configuration.html",
        r"\|? - {LEVEL} \ in \ (?P<logger>\S+) \ - \ ",
        r"""
        2026-01-01T00:00:00.123 ERROR ch.qos.logback.A@1b » 00:00:00,123 |-ERROR in ch.qos.logback.A@1b - §it broke
        2026-01-01T00:00:00.123 INFO ch.qos.logback.A » 00:00:00,123 |-INFO in ch.qos.logback.A - §ok
        2026-01-01T00:00:00.123 WARNING ch.qos.logback.A » 00:00:00,123 |-WARN in ch.qos.logback.A - §odd
        """,
        starts="-|",
        needs=(" in ",),
        behind_time=True,
    ),
    Format(
        "Erlang SASL report",
        "https://www.erlang.org/docs/20/apps/sasl/error_logging",
        r"= {LEVEL} \ REPORT=+ \ {time} \ =+",
        r"""
        2024-05-01T10:00:00 ERROR - » =ERROR REPORT==== 1-May-2024::10:00:00 ===
        2024-05-01T10:00:00 INFO - » =INFO REPORT==== 1-May-2024::10:00:00 ===
        2024-05-01T10:00:00 CRITICAL - » =CRITICAL REPORT==== 1-May-2024::10:00:00 ===
        """,
        starts="=",
        needs=("REPORT=",),
    ),
)
