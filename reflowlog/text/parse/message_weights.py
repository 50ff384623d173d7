"""Weights of the places where a message may start; see `text/parse/message_start.py`.

A place is between two tokens. ``passed X``: a token of kind X stands between the end of the header that the grammar has
read and the place; ``behind X``: it stands right before the place; ``before X``: right behind it. The comment beside a
weight is a text with such a place, at the §: a right one where the weight is above 0, a wrong one where it is below.

Computed by ``tests/support/message_weights.py --write`` from the lists of formats in ``tests/data/formats``.
"""

from __future__ import annotations

__all__ = ["WEIGHTS"]

WEIGHTS: dict[str, int] = {
    "before (word": 2,  # > <Warning> <Security> <BEA-090066> §<odd>
    "before [number": -3,  # 2024/05/01 10:00:00 §[1234] buildin
    "before [word": 1,  # ERROR §[vite] error w
    "before a separator as before": -6,  # 2024-05-01 10:00:00.1|Info§|Bootstrap|Sta
    "before a strong name": -2,  # 2024/05/01 10:00:02 INFO: syncthing §v1.27.0
    "before address": 5,  # INFO: §127.0.0.1:5102
    "before camel": 1,  # .apache.nifi.web.server.JettyServer §NiFi has start
    "before compound": 2,  # 2024-05-01 10:00:00.123 [info] §update#setStat
    "before exception": 3,  # 123 UTC] 00000001 WsServerImpl E §WSVR0009E: Err
    "before name colon": 3,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "before no word": -2,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "before nothing": -8,  # 10:00:00 INFO : a.txt: Copied (new)§
    "before number": 1,  # 1234] INFO - #c.i.i.AppStarter - §--------------
    "before open": 2,  # TC> <Error> <Deployer> <BEA-149265> §<Failure occur
    "before path": 2,  # .123:WARN :oejs.HttpChannel:qtp-12: §/x
    "before request": -4,  # 0:00:00.123Z [INFO] agent: Started §HTTP server: a
    "before separator": 3,  # 2023-11-02T09:14:11+0000 INFO §--- logging in
    "before small": -3,  # 5/01 10:00:01 ERROR : b.txt: Failed §to copy
    "before the last token": -2,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "before thread": -2,  # 05-01 10:00:00.123 o.a.s.d.n.Nimbus §main [INFO] St
    "before time": -3,  # INFO §[2024-05-01 10
    "before title": 1,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "before title colon": 2,  # [cfgwarn] log/input.go:89 §DEPRECATED: x
    "before word": 1,  # 2024/05/01 10:00:00 [1234] §building file
    "before word colon": -1,  # 23 +00:00] [INF] [1] Main: Jellyfin §version: 10.8.
    "before words": 1,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "before words and a level or time": -3,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "before words and a separator": -1,  # 1714557600.123456 read(3, §"x", 10) = 1
    "behind (dotted": 4,  # ERROR: (gcloud.run.deploy) §it failed
    "behind (place": 2,  # 05/01/24 10:00:01 (pid:1234) §x
    "behind [pairs": 4,  # 6876 sub=Vimsvc.TaskManager opID=1] §Task Created
    "behind [place": 1,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "behind [word": 2,  # [10.0.0.7][-][-][info][application] §started
    "behind [words": 1,  # ova.compute.manager [req-1 - - - -] §VM Started
    "behind bracket colon": 1,  # O] [cp.mo.mo.Launcher/MODLAUNCHER]: §ModLauncher ru
    "behind camel": -2,  # -01 10:00:01.1|Error|DownloadService§|it failed
    "behind compound": -3,  # 2024-05-01T10:00:00.123Z web1 §INFO [my.ns:12
    "behind error": -2,  # 2024-05-01 10:00:01.1|Error§|DownloadServi
    "behind last place": 6,  # FO 01-01 00:00:00 llm_engine.py:98] §Initializing a
    "behind letter": -2,  # -01 10:00:02,123 INFO: no action. I §am (web1), the
    "behind level colon": 5,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "behind name colon": 4,  # +00:00] [ERR] [12] MediaBrowser.X: §it failed
    "behind no separator": -2,  # 2024/05/01 10:00:00 INFO : a.txt: §Copied (new)
    "behind number": -3,  # 2024/05/01 10:00:01 [1234] sent 123 §bytes receive
    "behind padded": 2,  # RROR p.a.h.DefaultHttpErrorHandler §it failed
    "behind pair": -3,  # rd1] o.a.s.c.S.Request webapp=/solr §path=/select p
    "behind place colon": 1,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "behind process colon": 3,  # 00,000: INFO/MainProcess] ???[???]: §started on por
    "behind separator": 2,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "behind small": -7,  # ERROR: InvocationError for §command
    "behind time": -2,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "behind title": -4,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "behind uptime": 3,  # kern :err : [ 12.345678] §usb 1-1: devic
    "behind word": -4,  # 2024/05/01 10:00:00 [1234] building §file list
    "passed (number": 3,  # ] main.cpp:42 0| §Hello from mai
    "passed [dotted": 2,  # :00.123 INFO [Standalone.execute] - §Started Seleni
    "passed [number": 1,  # 2024/05/01 10:00:00 [1234] §building file
    "passed [place": 2,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "passed address": -3,  # 00:00:00.123456 IP 10.0.0.7.51022 §> 10.0.0.8.80:
    "passed behind a colon": -2,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "passed bracket behind a level in brackets": 1,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "passed bracket behind bracket": 2,  # [10.0.0.7][-][-][info][application] §started
    "passed bracket behind level": 2,  # 0:00:00.123Z web1 INFO [my.ns:12] - §started
    "passed bracket behind marked level": 1,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "passed bracket behind word": 2,  # 234] web1 corosync error [MAIN ] §it failed
    "passed camel": -2,  # -01 10:00:01.1|Error|DownloadService§|it failed
    "passed capitals": -3,  # 4/05/01 10:00:00 INFO: My ID: ABCDEF§
    "passed colon again": -1,  # ] [INF] [1] Main: Jellyfin version: §10.8.13
    "passed colon behind level": 4,  # INFO o.a.j.e.StandardJMeterEngine: §Running the te
    "passed colon behind marked level": 2,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "passed colon behind name": 1,  # OTICE[1234][C-00000001] chan_sip.c: §Registration f
    "passed colon behind word": -2,  # E] 2024/05/01 10:00:00 INFO: My ID: §ABCDEF
    "passed error": -2,  # 2024-05-01 10:00:01.1|Error§|DownloadServi
    "passed last place": 2,  # FO 01-01 00:00:00 llm_engine.py:98] §Initializing a
    "passed letter": 4,  # 123 UTC] 00000001 WsServerImpl E §WSVR0009E: Err
    "passed level": 7,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "passed level again": -7,  # 2024-05-01 10:00:00 error: [Error] §it failed
    "passed level colon": 3,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "passed marks": -2,  # 024-05-01T10:00:00+00:00] INFO: *** §Chef Infra Cli
    "passed name behind level": 3,  # NFO com.google.gerrit.pgm.Daemon : §Gerrit Code Re
    "passed name behind level colon": 4,  # 0:00:01,123 ERROR: org.graylog2.X - §it failed
    "passed other": -2,  # info @2024-05-01 10:00:00> started §in a.pl l. 12
    "passed place": 2,  # -01 10:00:01.123] ERR session.cc:12 §it failed
    "passed place colon": 3,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "passed punctuated": -3,  # 05-01 10:00:02,123 INFO: no action. §I am (web1), t
    "passed qualified": 3,  # NFO com.google.gerrit.pgm.Daemon : §Gerrit Code Re
    "passed separator": 5,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "passed thread": 1,  # 00.123 o.a.s.d.n.Nimbus main [INFO] §Starting nimbu
    "passed time": 3,  # INFO [2024-05-01 10:00:00] §started
    "passed title": -4,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "passed title colon": -2,  # E] 2024/05/01 10:00:00 INFO: My ID: §ABCDEF
    "passed uptime": 2,  # 09:14:11 h1 kernel: [12345.678901] §usb 1-1: new h
    "passed word": -3,  # 2024/05/01 10:00:00 [1234] building §file list
    "passed, in a column": 6,  # INFO instance/beat.go:697 §Home path: [/u
    "passed, padded": 3,  # RROR p.a.h.DefaultHttpErrorHandler §it failed
}
