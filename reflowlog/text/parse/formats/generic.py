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
)
