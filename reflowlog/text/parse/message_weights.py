"""Weights of the places where a message may start; see `text/parse/message_start.py`.

A place is between two tokens. ``passed X``: a token of kind X stands between the end of the header that the grammar has
read and the place; ``behind X``: it stands right before the place; ``before X``: right behind it. The comment beside a
weight is a text with such a place, at the §: a right one where the weight is above 0, a wrong one where it is below.

Computed by ``tests/support/message_weights.py --write`` from the lists of formats in ``tests/data/formats``.
"""

from __future__ import annotations

__all__ = ["WEIGHTS"]

WEIGHTS: dict[str, int] = {
    "before [number": -2,  # 2024/05/01 10:00:00 §[1234] buildin
    "before a separator as before": -3,  # 2024-05-01 10:00:00.1|Info§|Bootstrap|Sta
    "before a strong name": -1,  # 2024/05/01 10:00:02 INFO: syncthing §v1.27.0
    "before address": 5,  # INFO: §127.0.0.1:5102
    "before capitals": 1,  # 00:00:00.123456 §IP 10.0.0.7.51
    "before compound": 4,  # 2024-05-01 10:00:00.123 [info] §update#setStat
    "before exception": 5,  # 123 UTC] 00000001 WsServerImpl E §WSVR0009E: Err
    "before name colon": 2,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "before no word": -3,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "before nothing": -7,  # 10:00:00 INFO : a.txt: Copied (new)§
    "before number": 3,  # 1234] INFO - #c.i.i.AppStarter - §--------------
    "before pair": 2,  # e2 x:coll_shard1] o.a.s.c.S.Request §webapp=/solr p
    "before punctuated": 3,  # 00:00:01.123456 §openat(AT_FDCW
    "before quoted": -4,  # 1714557600.123456 read(3, §"x", 10) = 1
    "before the last token": -2,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "before time": -4,  # INFO §[2024-05-01 10
    "before title": 2,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "before title colon": 1,  # [cfgwarn] log/input.go:89 §DEPRECATED: x
    "before verb": -3,  # Warning: x 1.0 §is already ins
    "before word": 1,  # 2024/05/01 10:00:00 [1234] §building file
    "before word colon": -2,  # 23 +00:00] [INF] [1] Main: Jellyfin §version: 10.8.
    "before words": 1,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "before words and a level or time": -2,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "behind (number": 1,  # TC> <Error> <Deployer> <BEA-149265> §<Failure occur
    "behind [dotted": 1,  # 10:00:02.123+0000 WARN [o.n.k.i.p] §slow
    "behind [pairs": 6,  # 6876 sub=Vimsvc.TaskManager opID=1] §Task Created
    "behind [place": 2,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "behind [word": 1,  # -01T10:00:00+0000 info app : [main] §started
    "behind address": -2,  # 00:00:00.123456 IP 10.0.0.7.51022 §> 10.0.0.8.80:
    "behind bracket colon": 2,  # O] [cp.mo.mo.Launcher/MODLAUNCHER]: §ModLauncher ru
    "behind camel": -3,  # ) 2024-05-01T10:00:00 - qBittorrent §v4.6.4 started
    "behind compound": -3,  # 2024-05-01T10:00:00.123Z web1 §INFO [my.ns:12
    "behind error": -5,  # 2024-05-01 10:00:01.1|Error§|DownloadServi
    "behind file": -3,  # 00.123 [INFO][1] startup/startup.go §432: Early log
    "behind last place": 6,  # FO 01-01 00:00:00 llm_engine.py:98] §Initializing a
    "behind level colon": 6,  # 2024/05/01 10:00:02 NOTICE: §Config file no
    "behind marks": -2,  # 024-05-01T10:00:00+00:00] INFO: *** §Chef Infra Cli
    "behind name colon": 4,  # +00:00] [ERR] [12] MediaBrowser.X: §it failed
    "behind no separator": -2,  # 2024/05/01 10:00:00 INFO : a.txt: §Copied (new)
    "behind number": -5,  # 2024/05/01 10:00:01 [1234] sent 123 §bytes receive
    "behind number colon": 2,  # C:\src\a.cpp(12): error C2065: §'x': undeclare
    "behind other": -2,  # 1714557600.123456 read(3, §"x", 10) = 1
    "behind padded": 2,  # RROR p.a.h.DefaultHttpErrorHandler §it failed
    "behind pair": -3,  # ted topics="main" §port=80
    "behind place colon": 2,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "behind process colon": 4,  # 00,000: INFO/MainProcess] ???[???]: §started on por
    "behind separator": 2,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "behind small": -7,  # ERROR: InvocationError for §command
    "behind time": -3,  # 2024/05/01 10:00:00 §INFO : a.txt:
    "behind title": -3,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "behind verb": -3,  # Warning: x 1.0 is §already instal
    "behind word": -5,  # 2024/05/01 10:00:00 [1234] building §file list
    "behind word colon": -1,  # ] [INF] [1] Main: Jellyfin version: §10.8.13
    "passed (number": 2,  # ] main.cpp:42 0| §Hello from mai
    "passed (word": 2,  # pkg/util/log/log.go:526 in func1) | §Features detec
    "passed [dotted": 2,  # :00.123 INFO [Standalone.execute] - §Started Seleni
    "passed [number": 3,  # 2024/05/01 10:00:00 [1234] §building file
    "passed [place": 1,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "passed address": -5,  # 00:00:00.123456 IP 10.0.0.7.51022 §> 10.0.0.8.80:
    "passed behind a colon": -2,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "passed bracket behind a level in brackets": 1,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "passed bracket behind bracket": 1,  # [10.0.0.7][-][-][info][application] §started
    "passed bracket behind level": 1,  # 0:00:00.123Z web1 INFO [my.ns:12] - §started
    "passed bracket behind marked level": 2,  # 0 [INFO ][deluge.core.core:123 ] §Starting core
    "passed bracket behind number": -5,  # ] {general} ArangoDB 3.11.0 [linux] §64bit
    "passed bracket behind word": 5,  # 234] web1 corosync error [MAIN ] §it failed
    "passed camel": -3,  # ) 2024-05-01T10:00:00 - qBittorrent §v4.6.4 started
    "passed capitals": -4,  # 4/05/01 10:00:00 INFO: My ID: ABCDEF§
    "passed colon again": -2,  # ] [INF] [1] Main: Jellyfin version: §10.8.13
    "passed colon behind level": 4,  # INFO o.a.j.e.StandardJMeterEngine: §Running the te
    "passed colon behind level colon": -2,  # 05-01 10:00:00 ERROR: INVALID_ZONE: §x
    "passed colon behind marked level": 1,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "passed colon behind word": -2,  # E] 2024/05/01 10:00:00 INFO: My ID: §ABCDEF
    "passed level": 5,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "passed level again": -3,  # 2024-05-01 10:00:00 error: [Error] §it failed
    "passed marks": -2,  # 024-05-01T10:00:00+00:00] INFO: *** §Chef Infra Cli
    "passed name behind time": 2,  # 0:00:00.123Z web1 INFO [my.ns:12] - §started
    "passed number": 1,  # pp:1234] info @2024-05-01 10:00:00> §started in a.p
    "passed place colon": 5,  # 0:00:00Z [INFO] [/core/main.go:12]: §initializing
    "passed qualified": 2,  # NFO com.google.gerrit.pgm.Daemon : §Gerrit Code Re
    "passed separator": 5,  # 2024/05/01 10:00:00 INFO : §a.txt: Copied
    "passed separator behind word": 3,  # 024-05-01 10:00:00.1|Info|Bootstrap|§Starting Sonar
    "passed time": 1,  # INFO [2024-05-01 10:00:00] §started
    "passed title": -5,  # 5/01 10:00:00 INFO : a.txt: Copied §(new)
    "passed title colon": -2,  # E] 2024/05/01 10:00:00 INFO: My ID: §ABCDEF
    "passed verb": -3,  # Warning: x 1.0 is §already instal
    "passed word": -3,  # 2024/05/01 10:00:00 [1234] building §file list
    "passed, in a column": 5,  # INFO instance/beat.go:697 §Home path: [/u
    "passed, padded": 5,  # RROR p.a.h.DefaultHttpErrorHandler §it failed
}
