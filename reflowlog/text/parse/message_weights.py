"""Weights of the places where a message may start; see `text/parse/message_start.py`.

A place is between two tokens. ``passed X``: a token of kind X stands between the end of the header that the grammar has
read and the place; ``behind X``: it stands right before the place; ``before X``: right behind it. The comment beside a
weight is a text with such a place, at the §: a right one where the weight is above 0, a wrong one where it is below.

Computed by ``tests/support/message_weights.py --write`` from the lists of formats in ``tests/data/formats``.
"""

from __future__ import annotations

__all__ = ["WEIGHTS"]

WEIGHTS: dict[str, int] = {
    "before (word": -2,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "before [number": -2,  # 2024/05/01 10:00:00 §[1234] buildin
    "before a separator as before": -4,  # 2024-05-01 10:00:00.1|Info§|Bootstrap|Sta
    "before a strong name": -2,  # 2024/05/01 10:00:02 INFO: syncthing §v1.27.0
    "before address": 6,  # INFO: §127.0.0.1:5102
    "before capitals": 2,  # 00:00:00.123456 §IP 10.0.0.7.51
    "before compound": 3,  # 2024-05-01 10:00:00.123 [info] §update#setStat
    "before error": 2,  # ERROR warden: §Error occurred
    "before exception": 5,  # 123 UTC] 00000001 WsServerImpl E §WSVR0009E: Err
    "before name colon": 2,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "before no word": -3,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "before nothing": -6,  # 10:00:00 INFO : a.txt: Copied (new)§
    "before number": 3,  # 1234] INFO - #c.i.i.AppStarter - §--------------
    "before pair": 2,  # e2 x:coll_shard1] o.a.s.c.S.Request §webapp=/solr p
    "before punctuated": 2,  # 00:00:01.123456 §openat(AT_FDCW
    "before quoted": -3,  # 1714557600.123456 read(3, §"x", 10) = 1
    "before the last token": -2,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "before time": -3,  # INFO §[2024-05-01 10
    "before title": 2,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "before title colon": 2,  # [cfgwarn] log/input.go:89 §DEPRECATED: x
    "before verb": -4,  # Warning: x 1.0 §is already ins
    "before word": 2,  # 2024/05/01 10:00:00 [1234] §building file
    "before word colon": -3,  # 23 +00:00] [INF] [1] Main: Jellyfin §version: 10.8.
    "before words": 1,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "before words and a level or time": -2,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "behind [pairs": 4,  # 6876 sub=Vimsvc.TaskManager opID=1] §Task Created
    "behind [place": 1,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "behind [word": 1,  # -01T10:00:00+0000 info app : [main] §started
    "behind address": -2,  # 00:00:00.123456 IP 10.0.0.7.51022 §> 10.0.0.8.80:
    "behind compound": -3,  # 2024-05-01T10:00:00.123Z web1 §INFO [my.ns:12
    "behind error": -4,  # 2024-05-01 10:00:01.1|Error§|DownloadServi
    "behind last place": 5,  # FO 01-01 00:00:00 llm_engine.py:98] §Initializing a
    "behind level colon": 5,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "behind marks": -2,  # 024-05-01T10:00:00+00:00] INFO: *** §Chef Infra Cli
    "behind name colon": 4,  # +00:00] [ERR] [12] MediaBrowser.X: §it failed
    "behind no separator": -2,  # 2024/05/01 10:00:00 INFO : a.txt: §Copied (new)
    "behind number": -4,  # 2024/05/01 10:00:01 [1234] sent 123 §bytes receive
    "behind padded": 2,  # RROR p.a.h.DefaultHttpErrorHandler §it failed
    "behind pair": -3,  # rd1] o.a.s.c.S.Request webapp=/solr §path=/select p
    "behind place colon": 2,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "behind process colon": 2,  # 00,000: INFO/MainProcess] ???[???]: §started on por
    "behind separator": 2,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "behind small": -6,  # ERROR: InvocationError for §command
    "behind time": -3,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "behind title": -3,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "behind uptime": 4,  # kern :err : [ 12.345678] §usb 1-1: devic
    "behind verb": -2,  # Warning: x 1.0 is §already instal
    "behind word": -5,  # 2024/05/01 10:00:00 [1234] building §file list
    "behind word colon": -1,  # ] [INF] [1] Main: Jellyfin version: §10.8.13
    "passed (number": 3,  # ] main.cpp:42 0| §Hello from mai
    "passed (word": 1,  # pkg/util/log/log.go:526 in func1) | §Features detec
    "passed [dotted": 2,  # :00.123 INFO [Standalone.execute] - §Started Seleni
    "passed [number": 2,  # 2024/05/01 10:00:00 [1234] §building file
    "passed [place": 1,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "passed address": -4,  # 00:00:00.123456 IP 10.0.0.7.51022 §> 10.0.0.8.80:
    "passed behind a colon": -3,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "passed bracket behind bracket": 1,  # [10.0.0.7][-][-][info][application] §started
    "passed bracket behind level": 2,  # 0:00:00.123Z web1 INFO [my.ns:12] - §started
    "passed bracket behind marked level": 3,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "passed bracket behind word": 4,  # 234] web1 corosync error [MAIN ] §it failed
    "passed camel": -3,  # ) 2024-05-01T10:00:00 - qBittorrent §v4.6.4 started
    "passed capitals": -4,  # 4/05/01 10:00:00 INFO: My ID: ABCDEF§
    "passed colon again": -2,  # ] [INF] [1] Main: Jellyfin version: §10.8.13
    "passed colon behind level": 4,  # INFO o.a.j.e.StandardJMeterEngine: §Running the te
    "passed colon behind marked level": 2,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "passed colon behind word": -2,  # E] 2024/05/01 10:00:00 INFO: My ID: §ABCDEF
    "passed level": 5,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "passed level again": -4,  # 2024-05-01 10:00:00 error: [Error] §it failed
    "passed level colon": 2,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "passed marks": -2,  # 024-05-01T10:00:00+00:00] INFO: *** §Chef Infra Cli
    "passed name behind level colon": 4,  # 0:00:01,123 ERROR: org.graylog2.X - §it failed
    "passed other": -1,  # info @2024-05-01 10:00:00> started §in a.pl l. 12
    "passed place colon": 4,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "passed qualified": 3,  # NFO com.google.gerrit.pgm.Daemon : §Gerrit Code Re
    "passed separator": 5,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "passed separator behind word": 3,  # 024-05-01 10:00:00.1|Info|Bootstrap|§Starting Sonar
    "passed time": 2,  # INFO [2024-05-01 10:00:00] §started
    "passed title": -5,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "passed title colon": -1,  # E] 2024/05/01 10:00:00 INFO: My ID: §ABCDEF
    "passed verb": -2,  # Warning: x 1.0 is §already instal
    "passed word": -3,  # 2024/05/01 10:00:00 [1234] building §file list
    "passed, in a column": 5,  # INFO instance/beat.go:697 §Home path: [/u
    "passed, padded": 5,  # RROR p.a.h.DefaultHttpErrorHandler §it failed
}
