"""Shapes around a level that many programs write, in the order of their certainty."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "LEVEL:time:",
        "logging, format='%(levelname)s:%(asctime)s:%(message)s'",
        r"{LEVEL} (?P<mark>[:;,|]) {time} (?P=mark) \ *",
        r"""
        2024-03-09T07:05:03 DEBUG - » DEBUG:2024-03-09 07:05:03:§x
        2024-03-09T07:05:03.123 ERROR - » ERROR|2024-03-09 07:05:03,123|§it failed
        2024-03-09T07:05:03 INFO - » INFO;2024-03-09T07:05:03; §up
        """,
        starts="A",
        needs=(":0000-", "|0000-", ";0000-", ",0000-"),
    ),
    Format(
        "LEVEL:a.b text",
        "logging, format='%(levelname)s:%(name)s %(message)s'",
        r"{LEVEL} : (?P<logger>[a-z_]\w*(?:\.\w+)+) \ +",
        r"""
        - INFO app.db » INFO:app.db §started on port 8080
        - ERROR app.db.pool » ERROR:app.db.pool §it failed
        - WARNING a.b » WARNING:a.b §slow
        """,
        starts="A",
        needs=("DEBUG:", "INFO:", "WARNING:", "ERROR:", "CRITICAL:"),
    ),
    Format(
        "level between separators",
        "logging, format='%(asctime)s:%(levelname)s:%(name)s:%(message)s'",
        r"{LEVEL} (?P<mark>[:;,|]) (?=\S) (?: (?P<logger>[\w?$./@+~\#*-]+) (?P=mark) (?: (?=\S) (?: \w+:\d+: \ + | (?!\w*(?:Error|Exception|Warning):) [A-Za-z_<][\w<>]* (?P=mark) (?=[A-Za-z]) )? | \ (?=\*\ ) ) )?",
        r"""
        2020-07-17T19:20:02.857 ERROR app.db » 2020-07-17 19:20:02,857:ERROR:app.db:§the pool is full
        2024-05-01T10:00:00.123 ERROR - » 2024-05-01 10:00:00,123;ERROR;§it failed
        2024-05-01T10:00:00.123 INFO - » 2024-05-01 10:00:00.123,INFO,§ok
        2024-05-01T10:00:00.123 INFO orders » 2024-05-01 10:00:00.123:INFO:orders:read_all:50: §ok
        - INFO shop.Cart » INFO:shop.Cart:add:§one item
        """,
        starts="A",
        needs=(":", ";", ",", "|"),
    ),
    Format(
        "time:name:text",
        "logging, format='%(asctime)s:%(name)s:%(message)s'",
        r"(?<=0:) (?P<logger>[A-Za-z_]\w*(?:\.\w+)*) : (?=\S)",
        r"""
        2024-05-01T10:00:00.123 - app.db » 2024-05-01 10:00:00,123:app.db:§started on port 8080
        2024-05-01T10:00:01.123 - worker » 2024-05-01 10:00:01,123:worker:§it failed
        2024-05-01T10:00:02 - root » 2024-05-01 10:00:02:root:§slow
        """,
        starts="aA_",
        needs=(":",),
        behind_time=True,
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
        r"(?: [*]{1,3}\ ? {level} \ ?[*]{1,3} | < {level} > | \( {level} \) | !{2,4}\ ? {level}"
        r" | (?: ={2,3}> | >{2,3} | [*]{3} ) \ {LEVEL} | ={2,5} \ ?{LEVEL} \ ?={2,5} ) :? \ + (?: \[ {time} \] \ +)?",
        r"""
        - ERROR - » *ERROR* §it failed
        - ERROR - » <Error> §it failed
        - ERROR - » (error) §it failed
        - CRITICAL - » !!! FATAL: §gone
        - ERROR - » ==> ERROR: §it failed
        - WARNING - » *** WARNING: §slow
        2025-07-08T09:10:11 ERROR - » 2025-07-08 09:10:11 === ERROR === §it failed
        - WARNING - » >>> WARN §slow
        2024-05-01T10:00:00.1234 INFO - » <info>  [1714557600.1234] §NetworkManager (version 1.46.0) is starting...
        """,
        starts="*<(!=>",
        needs=("*", ">", ")", "!!", "=="),
    ),
    Format(
        "LEVEL>",
        "Log4perl",
        r"{LEVEL} > \ +",
        r"""
        2024-05-01T10:00:00 INFO - » 2024/05/01 10:00:00 INFO> a.pl:12 main::f - §hello
        2024-05-01T10:00:01 ERROR - » 2024/05/01 10:00:01 ERROR> a.pl:12 main::f - §it failed
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
    Format(
        "letter and time",
        "logging, format='%(levelname).1s %(asctime)s %(name)s: %(message)s'; CUPS",
        r"{letter} \ [\[(]? {time} [\])]? \ + (?: {logger} : \ +)?",
        r"""
        2024-05-01T10:00:00 INFO app.db » I 20240501 10:00:00 app.db: §started on port 8080
        2024-05-01T10:00:00 ERROR - » E [01/May/2024:10:00:00 +0000] §[Job 12] Stopping job
        2024-05-01T10:00:00.123 WARNING x » W 2024-05-01 10:00:00,123 x: §slow
        """,
        starts="A",
        needs=(" 0", " [0"),
    ),
    Format(
        "time in braces or angle brackets",
        "scripts; datefmt='%c'",
        r"[{<] {time} [}>] \ * (?: [{<\[(] \ * {level} \ * [}>\])] :? \ * )?",
        r"""
        2024-05-01T10:00:00 INFO - » {Wed May  1 10:00:00 2024} {INFO} §started
        2024-05-01T10:00:00 ERROR - » <2024-05-01 10:00:00> [error] §it failed
        2024-05-01T10:00:00 - - » {2024-05-01 10:00:00} §slow
        """,
        starts="{<",
        needs=("0:00",),
    ),
    Format(
        "name, time, level",
        "badger 4; date",
        r"(?P<logger>(?!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)[A-Za-z_][\w.-]*) :? \ +{time} \ +[\[(<]? {LEVEL} [\])>]? (?: \ +[-|] | : )? \ +",
        r"""
        2024-05-01T10:00:00 INFO badger » badger 2024/05/01 10:00:00 INFO: §All 0 tables opened in 0s
        2024-05-01T10:00:01 ERROR myapp » myapp: 2024-05-01 10:00:01 [ERROR] §it failed
        2024-05-01T10:00:02.5 WARNING web » web 2024-05-01T10:00:02.5Z WARN §slow
        """,
        starts="aA_",
        needs=(" 0000-00-00", " 0000/00/00", " 00:00:00"),
    ),
    Format(
        "name LEVEL time:",
        "logging, format='[X] %(name)s %(levelname)s %(asctime)s: %(message)s'",
        r"(?: \[ [^][\n]{1,40} \] \ + )? (?! TRACE|DEBUG|INFO|NOTICE|WARN|ERROR|CRITICAL|FATAL ) {logger} \ + {LEVEL} \ + {time} :? \ + (?: - \ + )?",
        r"""
        2026-11-30T07:40:10.110 INFO app.db » [HOLBERTON] app.db INFO 2026-11-30 07:40:10,110: §started on port 8080
        2026-11-30T07:40:10.110 WARNING worker » [X] worker WARNING 2026-11-30 07:40:10,110: §slow
        2026-11-30T07:40:10 ERROR app.db » app.db ERROR 2026-11-30 07:40:10 §it failed
        """,
        starts="aA[_",
        needs=(" DEBUG 0", " INFO 0", " WARNING 0", " WARN 0", " ERROR 0", " CRITICAL 0"),
    ),
    Format(
        "name and level",
        "logging, format='%(name)s %(levelname)s %(message)s'",
        r"(?: (?P<logger>[a-z_]\w*(?:[./]\w+)+) \ + (?:[-:|]\ +)? | (?P<logger2>[A-Za-z_]\w*) \ +[-:|]\ + )"
        r"{LEVEL} (?: \ *[-:|](?=\ ) )? \ +",
        r"""
        - ERROR app.db » app.db ERROR §it failed: no such table
        - WARNING app.db » app.db      : WARNING  §slow query: 3 s
        - WARNING distributed.nanny » distributed.nanny - WARNING - §Restarting worker
        """,
        starts="aA_",
        needs=(" DEBUG ", " INFO ", " WARN", " ERROR", " CRITICAL", " FATAL"),
    ),
    Format(
        "level/name:",
        "Icinga 2",
        r"{level} / {logger} : \ +",
        r"""
        2024-05-01T10:00:00 INFO cli » [2024-05-01 10:00:00 +0000] information/cli: §Icinga application loader
        2024-05-01T10:00:01 CRITICAL config » [2024-05-01 10:00:01 +0000] critical/config: §it failed
        2024-05-01T10:00:02 WARNING ApiListener » [2024-05-01 10:00:02 +0000] warning/ApiListener: §odd
        """,
        starts="aA",
        needs=("information/", "critical/", "warning/", "notice/", "debug/", "error/"),
        behind_time=True,
    ),
    Format(
        "L:",
        "apt 2.6",
        r"{letter} : \ (?= [A-Z/\[] )",
        r"""
        - ERROR - » E: §Unable to locate package x
        - WARNING - » W: §Some index files failed to download
        - NOTICE - » N: §Download is performed unsandboxed as root
        """,
        starts="A",
        needs=("E: ", "W: ", "N: "),
    ),
    Format(
        "L[time]",
        "clangd 17",
        r"{letter} \[ {time} \] \ +",
        r"""
        2026-01-01T00:00:00.123 INFO - » I[00:00:00.123] §Starting LSP over stdin/stdout
        2026-01-01T00:00:01.123 ERROR - » E[00:00:01.123] §it failed
        2024-05-01T10:00:02 WARNING - » W[2024-05-01 10:00:02] §slow
        """,
        starts="A",
        needs=("[00:", "[0000-"),
    ),
    Format(
        "L(pid)",
        "adb logcat -v process",
        r"{letter} \( \ * \d+ \) \ +",
        r"""
        - ERROR - » E( 1234) §it failed  (MyTag)
        - INFO - » I(12345) §started  (MyTag)
        - WARNING - » W(  123) §slow  (MyTag)
        """,
        starts="A",
        needs=("( ", "(0"),
    ),
    Format(
        "[L][name]:",
        "ESPHome 2024",
        r"\[ {letter} \] \[ (?P<logger>[\w.-]+) (?: :\d+ )? \] : \ +",
        r"""
        2026-01-01T00:00:00 INFO wifi » [00:00:00][I][wifi:123]: §WiFi connected
        2026-01-01T00:00:01 ERROR api » [00:00:01][E][api:12]: §it failed
        2026-01-01T00:00:02 DEBUG sensor » [00:00:02][D][sensor:094]: §'x': Sending state 1.0
        """,
        starts="[",
        needs=("][",),
    ),
    Format(
        "L (uptime) name:",
        "ESP-IDF 5",
        r"{letter} \ \( [\d:.]+ \) \ {logger} : \ +",
        r"""
        - INFO wifi » I (1234) wifi: §wifi driver task
        - ERROR app » E (2345) app: §it failed
        - WARNING spi » W (345) spi: §slow
        """,
        starts="A",
        needs=(" (0",),
    ),
    Format(
        "[L file:line]",
        "PyTorch 2.2, c10 logging",
        r"\[ {letter} \ [\w./-]+:\d+ \] \ + (?: \[\w+\] \ +)?",
        r"""
        - WARNING - » [W socket.cpp:464] [c10d] §The server socket cannot be initialized
        - ERROR - » [E a.cpp:4] §it failed
        - INFO - » [I ProcessGroupNCCL.cpp:587] §x
        """,
        starts="[",
        needs=("[E ", "[W ", "[I ", "[F "),
    ),
    Format(
        "[LEVEL|file:line] time >>",
        "transformers 4.40",
        r"\[ {LEVEL} \| [^][\s]+ \] \ {time} \ >> \ +",
        r"""
        2024-05-01T10:00:00.123 WARNING - » [WARNING|logging.py:329] 2024-05-01 10:00:00,123 >> §odd
        2024-05-01T10:00:00.123 INFO - » [INFO|trainer.py:1812] 2024-05-01 10:00:00,123 >> §***** Running training *****
        2024-05-01T10:00:00.123 ERROR - » [ERROR|x.py:1] 2024-05-01 10:00:00,123 >> §it failed
        """,
        starts="[",
        needs=(" >> ",),
    ),
    Format(
        "L/name",
        "Firefox, MOZ_LOG=timestamp",
        r"{letter} / {logger} \ +",
        r"""
        2024-05-01T10:00:00.123456 DEBUG * » 2024-05-01 10:00:00.123456 UTC - [Parent 12345: Main Thread]: D/nsHttp nsHttpHandler::Init
        2024-05-01T10:00:01.123456 ERROR * » 2024-05-01 10:00:01.123456 UTC - [Child 12345: Main Thread]: E/nsSocketTransport it failed
        2024-05-01T10:00:02.123456 WARNING * » 2024-05-01 10:00:02.123456 UTC - [Child 1: Main Thread]: W/nsHttp odd
        """,
        starts="A",
        needs=("]: ",),
        behind_time=True,
    ),
    Format(
        "pairs with a bare message",
        "logging, format='time=%(asctime)s level=%(levelname)s msg=%(message)s'",
        r'(?:time|ts|timestamp|asctime|date)="?{time}"? \ +(?:(?:name|logger|module)={logger}\ +)? (?:level|lvl|levelname|severity)={level} \ +(?:(?:name|logger|module)=(?P<logger2>[\w.-]+)\ +)? (?:msg|message)=(?!")',
        r"""
        2024-05-01T10:00:00.123 INFO - » time=2024-05-01 10:00:00,123 level=INFO msg=§started on port 8080
        2024-05-01T10:00:01.123 ERROR app.db » time="2024-05-01 10:00:01,123" level=error logger=app.db message=§it failed
        2024-05-01T10:00:02 WARNING - » ts=2024-05-01T10:00:02Z level=WARN msg=§slow query: 3 s
        """,
        starts="a",
        needs=(" msg=", " message="),
    ),
    Format(
        "[LEVEL time] file:line:",
        "log.lua",
        r"\[ {LEVEL} \ +{time} \] \ +(?: [\w./-]+:\d+: \ +)?",
        r"""
        2026-01-01T00:00:00 INFO - » [INFO  00:00:00] main.lua:12: §hello
        2026-01-01T00:00:01 ERROR - » [ERROR 00:00:01] main.lua:13: §it failed
        2024-05-01T10:00:02 WARNING - » [WARN 2024-05-01 10:00:02] §slow
        """,
        starts="[",
        needs=(" 0",),
    ),
    Format(
        "(L) time -",
        "qBittorrent 4.6",
        r"\( {letter} \) \ {time} \ - \ +",
        r"""
        2024-05-01T10:00:00 NOTICE - » (N) 2024-05-01T10:00:00 - §qBittorrent v4.6.4 started
        2024-05-01T10:00:01 WARNING - » (W) 2024-05-01T10:00:01 - §odd
        2024-05-01T10:00:01 CRITICAL - » (C) 2024-05-01T10:00:01 - §gone
        """,
        starts="(",
        needs=(") 0",),
    ),
    Format(
        "uptime, level",
        "log4j and logback %r, log4cplus TTCCLayout, Rust tracing with uptime()",
        r"(?: (?!\d{10}[.])\d+[.]\d{3,9}s? | (?!(?:\d{10}|\d{13})\ )\d+ ) \ +"
        r" (?: \[ [^][\n]{1,60} \] \ + {LEVEL} \ + | {LEVEL} \ +"
        r" (?: [\w$]+ (?: (?:[.$]|::) [\w$]+ )+ \ + | (?: \w+ (?: \{ [^{}\n]* \} )? : )* \ * \w+ (?:::\w+)* : \ + ) )",
        r"""
        - INFO - » 257 [main] INFO com.example.App [] - §started
        - ERROR - » 0 [140688106888832] ERROR com.example.App <> - §it failed
        - WARNING - » 0 WARN My.App §slow
        - DEBUG - »    0.000142003s DEBUG app: §x = 1
        - TRACE - »    0.000169805s TRACE req{id=4}: app: §entering
        """,
        starts="0",
        needs=(" TRACE ", " DEBUG ", " INFO ", " WARN ", " ERROR ", " FATAL "),
    ),
    Format(
        "pairs, then a text",
        "log4j '%d level=%p thread=%t %m'; Heroku",
        r"(?= [^\n]{0,160}? \b(?:level|lvl|levelname|severity|at)= )"
        r" (?: (?:date|time|ts|timestamp|asctime|at)= (?: {time} | \x22{time}\x22 | \[{time}\] ) \ +"
        r" | (?:level|lvl|levelname|severity|at)= (?: {level} | \x22{level}\x22 ) \ +"
        r" | [a-zA-Z][\w.-]* = (?:[^\s'\x22=]+|\x22[^\x22\n]*\x22) \ + ){2,8} (?= [A-Za-z?\['\x22(/<] ) (?= [^\s=]+ \ )",
        r"""
        2024-05-01T10:00:00.533 INFO - » date=2024-05-01 10:00:00,533 level=INFO thread=main §started on port 8080
        - ERROR - » at=error pid=6498 §it failed: no such table
        2024-05-01T10:00:02 WARNING - » ts=2024-05-01T10:00:02Z level=WARN req=12 §slow query
        """,
        starts="aA",
        needs=("level=", "lvl=", "levelname=", "severity=", "at="),
    ),
    Format(
        "name level:",
        "libEGL, Firefox, console.error of Deno and Firefox",
        r"(?: console\. | (?= lib\w | [\w-]*[a-z][A-Z] | [\w.-]*\d ) [A-Za-z][\w.+-]* \ ) (?P<level>error|warning|warn|fatal|info|debug) : \ +",
        r"""
        - WARNING - » libEGL warning: §failed to open /dev/dri/card0
        - ERROR - » console.error: §it failed
        - ERROR - » JavaScript error: §https://example.org/a.js, line 12: TypeError: x
        """,
        starts="aA",
        needs=("error: ", "warning: ", "warn: ", "fatal: ", "info: ", "debug: "),
    ),
    Format(
        "<L>time",
        "murmur 1.5",
        r"< {letter} > {time} \ +",
        r"""
        2024-06-12T14:22:31.045 WARNING - » <W>2024-06-12 14:22:31.045 §1 => Server listening on [::]:64738
        2024-06-12T14:22:32.045 CRITICAL - » <F>2024-06-12 14:22:32.045 §gone
        2024-06-12T14:22:33.045 CRITICAL - » <C>2024-06-12 14:22:33.045 §it failed
        """,
        starts="<",
        needs=(">0000-00-00 ",),
        is_exact=True,
    ),
    Format(
        "LOG  text",
        "Metro 0.80",
        r"(?P<level>LOG) \ {2,} (?=\S)",
        r"""
        - INFO - »  LOG  §hello
        - INFO - » LOG  §hello
        - INFO - »  LOG   §{"a": 1}
        """,
        starts="L",
        needs=("LOG  ",),
    ),
    Format(
        "pairs ended by semicolons",
        "log4net, 'date=%utcdate;thread=%thread;level=%level;logger=%logger;%message'",
        r"(?: date|time|timestamp ) = {time} ; (?: (?:level|lvl)= {level} \ * ; | \w+=[^;\n]{0,80}; ){1,6}",
        r"""
        2026-11-30T07:40:10.556 INFO - » date=2026-11-30T07:40:10.556Z;thread=main;level=INFO ;logger=App;§started on port 8080
        2026-11-30T07:40:11.556 ERROR - » date=2026-11-30T07:40:11.556Z;thread=main;level=ERROR;logger=App;§it failed
        2026-11-30T07:40:12 WARNING - » time=2026-11-30T07:40:12Z;level=WARN;§slow
        """,
        starts="dt",
        needs=(";level=", ";lvl="),
    ),
    Format(
        "[time]-[LEVEL]-[part]-",
        "logback, '[%d]-[%level]-[%thread]-[%class:%line]- %msg'",
        r"\[ {time} \] - \[ \ * {level} \ * \] (?: - \[ [^][\n]{0,80} \] ){0,5} -? \ *",
        r"""
        2026-11-30T07:51:56.411 INFO - » [2026/11/30-07:51:56.411]-[INFO]-[main]-[com.example.App:3]- §started on port 8080
        2026-11-30T07:51:57 ERROR - » [2026-11-30 07:51:57]-[ERROR]-[main] §it failed
        2026-11-30T07:51:58 WARNING - » [2026-11-30 07:51:58]-[WARN ]- §slow
        """,
        starts="[",
        needs=("]-[",),
    ),
    Format(
        "host/LEVEL/name:",
        "locust 2",
        r"[\w.-]+ / {LEVEL} / {logger} : \ +",
        r"""
        2025-03-04T09:08:07.123 INFO locust.main » [2025-03-04 09:08:07,123] h1/INFO/locust.main: §Starting web interface
        2025-03-04T09:08:08.123 ERROR locust.user » [2025-03-04 09:08:08,123] h1/ERROR/locust.user: §it failed
        2025-03-04T09:08:09.123 WARNING root » [2025-03-04 09:08:09,123] worker-2/WARNING/root: §slow
        """,
        starts="aA0",
        needs=("/DEBUG/", "/INFO/", "/WARNING/", "/ERROR/", "/CRITICAL/"),
        behind_time=True,
    ),
    Format(
        "name: LEVEL text",
        "wandb 0.16",
        r"(?P<logger>[a-z][\w.-]*) : \ {LEVEL} \ +(?=\S)",
        r"""
        - ERROR wandb » wandb: ERROR §Error communicating with wandb process
        - WARNING wandb » wandb: WARNING §Serializing object of type str that is 1 bytes
        - INFO app » app: INFO §started
        """,
        starts="a",
        needs=(": DEBUG ", ": INFO ", ": WARN", ": ERROR ", ": CRITICAL ", ": FATAL "),
    ),
    Format(
        "LEVEL: (name) time",
        "wireguard-go",
        r"{LEVEL} : \ \( (?P<logger>[^()\s]{1,40}) \) \ {time} \ +",
        r"""
        2025-03-04T09:08:07 DEBUG wg0 » DEBUG: (wg0) 2025/03/04 09:08:07 §Interface state was Down, requested Up, now Up
        2025-03-04T09:08:08 ERROR wg0 » ERROR: (wg0) 2025/03/04 09:08:08 §Failed to create TUN device
        2025-03-04T09:08:09 INFO wg1 » INFO: (wg1) 2025/03/04 09:08:09 §ok
        """,
        starts="A",
        needs=(") 0000/", ") 0000-"),
    ),
    Format(
        "[name time]",
        "VS Code 1.85, code --verbose",
        r"\[ (?! {level} ) (?P<logger>[a-z][\w-]*) \ {time} \] \ +",
        r"""
        2025-03-04T09:08:07.123 - main » [main 2025-03-04T09:08:07.123Z] §update#setState idle
        2025-03-04T09:08:08.123 - shared » [shared 2025-03-04T09:08:08.123Z] §started
        2025-03-04T09:08:09 - app » [app 2025-03-04 09:08:09] §started
        """,
        starts="[",
        needs=(" 0000-", " 0000/"),
    ),
    Format(
        "Level - text",
        "common scripts",
        r"(?P<level>Error|Warning|Critical|Fatal|Info|Debug) \ - \ +",
        r"""
        - ERROR - » Error - §it failed
        - WARNING - » Warning - §slow
        - INFO - » Info - §started
        """,
        starts="A",
        needs=(" - ",),
    ),
    Format(
        "level and a separator: info =>, warn ---, Info :",
        "storybook 7, verdaccio 6, openocd 0.12",
        r"\A (?P<level>trace|debug|info|http|warn|warning|error|fatal|Trace|Debug|Info|Warn|Warning|Error|Fatal)"
        r" \ + (?: => | --- | <-- | : ) \ +",
        r"""
        - INFO - » info => §Starting manager..
        - WARNING - » warn --- §config file  - /srv/config.yaml
        - ERROR - » Error : §it failed
        """,
        starts="aA",
        needs=(" => ", " --- ", " <-- ", " : "),
    ),
    Format(
        "LEVEL name - function:",
        "logging, format='%(levelname)s %(name)s - %(funcName)s: %(message)s'",
        r"{LEVEL} \ (?P<logger>[a-z_]\w*) \ - \ (?!error|warn|warning|note) [a-z_]\w* : \ +",
        r"""
        2024-05-01T10:00:00 INFO orders » 2024-05-01 10:00:00 INFO orders - read_all: §started on port 8080
        2024-05-01T10:00:01 ERROR db » 2024-05-01 10:00:01 ERROR db - connect: §it failed
        2024-05-01T10:00:02 DEBUG a » 2024-05-01 10:00:02 DEBUG a - run: §x = 1
        """,
        starts="A",
        needs=(" - ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "LEVEL file line",
        "logging, format='%(levelname)s %(filename)s %(lineno)d %(process)d %(message)s'",
        r"{LEVEL} \ +[\w-]+\.py \ \d+ \ (?: \d{3,} \ +)?",
        r"""
        2024-05-01T10:00:00 INFO - » 2024-05-01 10:00:00 INFO a.py 12 4711 §started on port 8080
        2024-05-01T10:00:01 ERROR - » 2024-05-01 10:00:01 ERROR a.py 12 4711 §it failed
        2024-05-01T10:00:02 DEBUG - » 2024-05-01 10:00:02 DEBUG my-app.py 7 §x = 1
        """,
        starts="A",
        needs=(".py 0",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "name:level text",
        "prisma 5",
        r"\A (?P<logger>[a-z][\w-]*) : (?: (?P<level>info|warn|error) | query ) \ +",
        r"""
        - ERROR prisma » prisma:error §Invalid invocation
        - WARNING prisma » prisma:warn §There are already 10 instances
        - INFO prisma » prisma:info §Starting a pool
        """,
        starts="a",
        needs=(":error ", ":warn ", ":info ", ":query "),
    ),
    Format(
        "function -> LEVEL number",
        "op/go-logging, Hyperledger Fabric 2",
        r"(?: \d{4} \ {LEVEL} \ \[ (?P<logger>[\w.-]+) \] \ [\w.*()-]+ \ ->"
        r" | (?: \[ (?P<logger2>[\w.-]+) \] \ )? [\w.*()-]+ \ (?: -> | \? ) \ (?P<level2>DEBU|INFO|NOTI|WARN|ERRO|CRIT) \ [\da-f]{3,5} ) \ +",
        r"""
        2025-12-31T06:07:08.812 INFO - » 06:07:08.812 main ▶ INFO 001 §info
        2025-03-07T06:07:08.812 ERROR msp » 2025-03-07 06:07:08.812 UTC [msp] getMspConfig -> ERRO 00a §Failed loading certs: x
        2025-03-07T06:07:08.812 WARNING peer » 2025-03-07 06:07:08.812 UTC 0012 WARN [peer] DeliverBlocks -> §Got error
        """,
        starts="aA[0",
        needs=(" -> ", " ? "),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "thread in parentheses",
        "logging, format='(%(threadName)-10s) %(message)s'",
        r"\A \( (?: MainThread | Thread-\d+ | Dummy-\d+ | ThreadPoolExecutor-\d+_\d+ ) \ * \) \ +",
        r"""
        - - - » (Thread-1  ) §Waiting
        - - - » (MainThread) §Exiting
        - - - » (ThreadPoolExecutor-0_1) §81 items
        """,
        starts="(",
        needs=("(Thread", "(Main", "(Dummy"),
    ),
    Format(
        "LEVEL file:line -   function()",
        "logging, format='%(levelname)s %(filename)s:%(lineno)d - %(funcName)15s() %(message)s'",
        r"{LEVEL} \ [\w.-]+:\d+ \ - \ {3,} [\w<>]+\(\) \ +",
        r"""
        2024-05-01T10:00:00 INFO - » 2024-05-01 10:00:00 INFO a.py:12 -           run() §started on port 8080
        2024-05-01T10:00:01 ERROR - » 2024-05-01 10:00:01 ERROR a.py:12 -      <module>() §it failed
        2024-05-01T10:00:02 DEBUG - » 2024-05-01 10:00:02 DEBUG b.py:1 -    go() §x = 1
        """,
        starts="A",
        needs=("() ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "pairs with a level before a bare message",
        "logback, '%d thread=%t level=%p logger=%c %m'",
        r"(?: [a-z]+=\S+ \ + ){0,3} level={level} \ + (?: (?:logger|name|module|thread|pid)=\S+ \ + ){0,3} (?![\w.]+=)",
        r"""
        2024-05-01T10:00:00 INFO - » 2024-05-01 10:00:00 thread=main level=INFO logger=c.e.App §started
        2024-05-01T10:00:01 ERROR - » 2024-05-01 10:00:01 level=error §it failed
        2024-05-01T10:00:02 WARNING - » 2024-05-01 10:00:02 level=WARN thread=main §slow query
        """,
        starts="a",
        needs=("level=",),
        behind_time=True,
        is_exact=True,
    ),
)
