"""Formats of databases and servers."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "ClickHouse",
        "https://clickhouse.com/docs",
        r"\[ \ *\d+ \ * \] \ \{ [^{}]* \} \ < {level} > \ (?: {logger} : \ )?",
        r"""
        2024-05-01T10:00:00.123456 INFO Application » 2024.05.01 10:00:00.123456 [ 1 ] {} <Information> Application: §Ready
        2024-05-01T10:00:01.123456 ERROR TCPHandler » 2024.05.01 10:00:01.123456 [ 12 ] {4b1f} <Error> TCPHandler: §Code: 60
        2024-05-01T10:00:02.123456 DEBUG - » 2024.05.01 10:00:02.123456 [ 12 ] {4b1f} <Debug> §x
        """,
        starts="[",
        needs=("} <",),
    ),
    Format(
        "PostgreSQL on Amazon RDS: %t:%r:%u@%d:[%p]:",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html",
        r"{time} : [^\s:]* : [^\s:]* : \[\d+\] : {LEVEL} : \ +",
        r"""
        2024-05-01T10:00:02 CRITICAL - » 2024-05-01 10:00:02 UTC:10.0.0.7(51022):app@shop:[1234]:FATAL:  §no
        2024-05-01T10:00:03 INFO - » 2024-05-01 10:00:03 UTC::@:[1234]:LOG:  §checkpoint starting: time
        2024-05-01T10:00:04 ERROR - » 2024-05-01 10:00:04 UTC:10.0.0.7(51022):app@shop:[1234]:ERROR:  §no
        """,
        starts="0",
        needs=(":[",),
    ),
    Format(
        "CouchDB",
        "https://docs.couchdb.org/en/stable/config/logging.html",
        r"\[ {level} \] \ {time} \ \S+@\S+ \ <\d+\.\d+\.\d+> \ \S+ \ ",
        r"""
        2024-05-01T10:00:00.123456 INFO - » [info] 2024-05-01T10:00:00.123456Z couchdb@localhost <0.9.0> -------- §Apache CouchDB has started
        2024-05-01T10:00:01.123456 ERROR - » [error] 2024-05-01T10:00:01.123456Z couchdb@localhost <0.9.0> -------- §it failed
        2024-05-01T10:00:01.123456 NOTICE - » [notice] 2024-05-01T10:00:01.123456Z couchdb@localhost <0.9.0> 4b1f §x
        """,
        starts="[",
        needs=(".0> ",),
    ),
    Format(
        "name (level):",
        "puppet 8",
        r"{logger} \ \( {level} \) : \ ",
        r"""
        2024-05-01T10:00:00 NOTICE Puppet » 2024-05-01 10:00:00 +0000 Puppet (notice): §Applied catalog in 0.02 seconds
        2024-05-01T10:00:01 ERROR Puppet » 2024-05-01 10:00:01 +0000 Puppet (err): §Could not retrieve catalog
        2024-05-01T10:00:02 WARNING app.db » 2024-05-01 10:00:02 app.db (WARN): §slow
        """,
        starts="aA",
        needs=("): ",),
    ),
    Format(
        "Unreal Engine",
        "https://dev.epicgames.com/documentation",
        r"\[ {time} \] \[ \ *\d+ \] {logger} : \ (?: {level} : \ )?",
        r"""
        2024-05-01T10:00:00.123 - LogInit » [2024.05.01-10.00.00:123][  0]LogInit: §Build: 1
        2024-05-01T10:00:01.123 ERROR LogNet » [2024.05.01-10.00.01:123][ 12]LogNet: Error: §it failed
        2024-05-01T10:00:02.123 WARNING LogTemp » [2024.05.01-10.00.02:123][ 12]LogTemp: Warning: §odd
        """,
        starts="[",
        needs=("][",),
    ),
    Format(
        "telegraf: L!",
        "telegraf 1.30",
        r"{letter}! \ ",
        r"""
        2024-05-01T10:00:00 INFO - » 2024-05-01T10:00:00Z I! §Starting Telegraf 1.30
        2024-05-01T10:00:01 ERROR - » 2024-05-01T10:00:01Z E! §[outputs.influxdb] it failed
        2024-05-01T10:00:02 WARNING - » 2024-05-01T10:00:02Z W! §slow
        """,
        starts="A",
        needs=("! ",),
    ),
    Format(
        "etcd: L | name:",
        "etcd 3.3",
        r"{letter} \ \| \ (?: {logger} : \ )?",
        r"""
        2024-05-01T10:00:00.123456 INFO etcdmain » 2024-05-01 10:00:00.123456 I | etcdmain: §etcd Version: 3.3.10
        2024-05-01T10:00:01.123456 ERROR rafthttp » 2024-05-01 10:00:01.123456 E | rafthttp: §failed to dial
        2024-05-01T10:00:02.123456 WARNING etcdserver » 2024-05-01 10:00:02.123456 W | etcdserver: §slow
        """,
        starts="A",
        needs=(" | ",),
    ),
)
