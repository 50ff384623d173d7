"""Formats of containers and clusters: prefixes before the header of an application."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "kubectl logs --prefix",
        "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/",
        r"\[ pod/[^][\s]+ \] \ ",
        r"""
        2024-05-01T10:00:00 ERROR * » [pod/web-5f7c/app] 2024-05-01 10:00:00 ERROR §boom
        - - - » [pod/web-5f7c/app] §hello
        - ERROR * » [pod/web-5f7c/app] ERROR: §boom
        """,
        starts="[",
        needs=("[pod/",),
        carries=True,
    ),
    Format(
        "stern",
        "https://github.com/stern/stern",
        r"(?P<logger>[a-z][\w-]*-[\da-z]{8,10}-[\da-z]{5}) \ +(?:>\ |\S+\ ) \ *",
        r"""
        2024-05-01T10:00:00 ERROR * » web-5f7c9d8b6-x2x4z app 2024-05-01 10:00:00 ERROR §boom
        - ERROR * » web-5f7c9d8b6-x2x4z app ERROR §boom
        - - web-5f7c9d8b6-x2x4z » web-5f7c9d8b6-x2x4z app §hello
        """,
        starts="a",
        needs=("-",),
        carries=True,
    ),
    Format(
        "foreman, overmind: name | after a time",
        "https://github.com/ddollar/foreman",
        r"(?P<logger>(?!{LEVEL}\b)[A-Za-z][\w.-]*) \ * \| \ ",
        r"""
        2026-01-01T00:00:00 ERROR web.1 » 00:00:00 web.1  | ERROR §boom
        2026-01-01T00:00:01 - worker.1 » 00:00:01 worker.1 | §hello
        2026-01-01T00:00:02 - web.1 » 00:00:02 web.1  | §started with pid 12
        """,
        starts="aA",
        needs=("| ",),
        carries=True,
        behind_time=True,
    ),
    Format(
        "kubectl: Error from server",
        "kubectl 1.29",
        r"(?P<level>Error) \ from \ server (?: \ \( \w+ \) )? : \ ",
        r"""
        - ERROR - » Error from server (NotFound): §pods "x" not found
        - ERROR - » Error from server (Forbidden): §pods is forbidden
        - ERROR - » Error from server: §etcdserver: request timed out
        """,
        starts="A",
        needs=("Error from",),
    ),
    Format(
        "Ceph: cluster log",
        "https://docs.ceph.com/en/latest/rados/troubleshooting/log-and-debug/",
        r"{logger} \ \( [\w.-]+ \) \ \d+ \ : \ \w+ \ \[{LEVEL}\] \ ",
        r"""
        2024-05-01T10:00:00.123456 INFO mon.a » 2024-05-01T10:00:00.123456+0000 mon.a (mon.0) 123 : cluster [INF] §overall HEALTH_OK
        2024-05-01T10:00:01.123456 ERROR osd.3 » 2024-05-01T10:00:01.123456+0000 osd.3 (osd.3) 4 : cluster [ERR] §1.2a scrub : stat mismatch
        2024-05-01T10:00:02.123456 DEBUG mgr.x » 2024-05-01T10:00:02.123456+0000 mgr.x (mgr.14) 7 : audit [DBG] §from=x
        """,
        starts="aA",
        needs=(" : ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Ceph: thread and priority",
        "https://docs.ceph.com/en/latest/rados/troubleshooting/log-and-debug/",
        r"[\da-f]{12,16} \ +-?\d+ \ + (?: log_channel\(\w+\) \ log \ \[{LEVEL}\] \ : \ + )?",
        r"""
        2024-05-01T10:00:00.123 - - » 2024-05-01T10:00:00.123+0000 7f1234567890  0 §ceph version 17.2.7
        2024-05-01T10:00:01.123 - - » 2024-05-01T10:00:01.123+0000 7f1234567890 -1 §auth: unable to find a keyring
        2024-05-01T10:00:02.123 - - » 2024-05-01T10:00:02.123+0000 7fa234567890 10 §x
        2024-05-01T10:00:03.123 DEBUG - » 2024-05-01T10:00:03.123+0000 7fa234567890  0 log_channel(cluster) log [DBG] : §up
        """,
        starts="0abcdef",
        needs=("0 ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "GlusterFS",
        "https://docs.gluster.org",
        r"{letter} \ (?: \[MSGID:\ \d+\] \ )? \[ [\w.-]+:\d+:\w+ \] \ \S+: \ ",
        r"""
        2024-05-01T10:00:00.123456 INFO - » [2024-05-01 10:00:00.123456 +0000] I [MSGID: 100030] [glusterfsd.c:2683:main] 0-glusterfs: §Started running
        2024-05-01T10:00:01.123456 ERROR - » [2024-05-01 10:00:01.123456 +0000] E [socket.c:2345:socket_connect] 0-x: §it failed
        2024-05-01T10:00:02.123456 WARNING - » [2024-05-01 10:00:02.123456] W [fuse.c:12:f] 0-y: §slow
        """,
        starts="A",
        needs=(" [",),
        behind_time=True,
    ),
    Format(
        "VMware ESXi: level name[id] [Originator@6876 ...]",
        "ESXi 8, hostd.log",
        r"(?: {level} \ )? {logger} \[\d+\] :? \ \[ Originator@\d+ [^][]* \] \ ",
        r"""
        2024-05-01T10:00:00.123 INFO hostd » 2024-05-01T10:00:00.123Z info hostd[1234] [Originator@6876 sub=Vimsvc opID=1] §Task Created
        2024-05-01T10:00:01.123 ERROR hostd » 2024-05-01T10:00:01.123Z error hostd[1234] [Originator@6876 sub=Default] §it failed
        2024-05-01T10:00:02.123 - Hostd » 2024-05-01T10:00:02.123Z Hostd[1234]: [Originator@6876 sub=x] §x
        """,
        starts="aA",
        needs=("[Originator@",),
        behind_time=True,
    ),
    Format(
        "Ray: (process) [time L pid tid]",
        "Ray 2.9",
        r"(?: \( [^()\n]{1,60} \) \ )? \[ {time} \ {letter} \ \d+ \ \d+ \] \ + (?: [\w./-]+:\d+: \ +)?",
        r"""
        2024-05-01T10:00:00.123 INFO - » (raylet) [2024-05-01 10:00:00,123 I 1234 1234] §x
        2024-05-01T10:00:01.123 ERROR - » [2024-05-01 10:00:01,123 E 1234 1260] core_worker.cc:158: §it failed
        2024-05-01T10:00:02.123 WARNING - » (pid=123) [2024-05-01 10:00:02,123 W 1234 1234] §slow
        """,
        starts="([",
        needs=(" I 0", " E 0", " W 0", " D 0", " C 0"),
    ),
    Format(
        "Cloud Foundry",
        "cf CLI 8, cf logs",
        r"\[ [A-Z]+ (?:/[\w-]+)* /\d+ \] \ (?:OUT|ERR) \ ",
        r"""
        2023-11-02T08:14:11.12 - - »    2023-11-02T09:14:11.12+0100 [APP/PROC/WEB/0] OUT §hello
        2023-11-02T08:14:12.12 - - » 2023-11-02T09:14:12.12+0100 [CELL/0] ERR §Failed
        2023-11-02T08:14:13.12 WARNING - » 2023-11-02T09:14:13.12+0100 [APP/PROC/WEB/0] ERR WARN §slow
        """,
        starts="[",
        needs=("/0] ",),
        carries=True,
        is_exact=True,
        behind_time=True,
    ),
    Format(
        "kubectl get events",
        "kubectl 1.29",
        r"(?: \d+[smhdy] ){1,2} (?: \ \(x\d+\ over\ \w+\) )? \ + (?: (?P<level>Warning) | Normal ) \ + [A-Z]\w+ \ + [a-z]+/\S+ \ +",
        r"""
        - WARNING - » 12s         Warning   BackOff     pod/web-1    §Back-off restarting failed container
        - - - » 3m12s       Normal    Scheduled   pod/web-1    §Successfully assigned default/web-1 to n1
        - WARNING - » 5m (x3 over 10m)   Warning   FailedMount   pod/web-1    §MountVolume.SetUp failed
        """,
        starts="0",
        needs=(" Warning ", " Normal "),
        is_exact=True,
    ),
    Format(
        "torchrun: [rank0]:",
        "torch 2.3, torch.distributed.elastic",
        r"\[ (?: rank | [a-z_]{3,16} ) \d+ \] : \ ?",
        r"""
        2024-05-01T10:00:00.123 ERROR - » [rank3]: 2024-05-01 10:00:00,123 ERROR §it failed
        2024-05-01T10:00:00.123 INFO - » [default0]:2024-05-01 10:00:00,123 INFO §started
        - WARNING - » [rank0]: WARNING: §slow
        """,
        starts="[",
        needs=("0]:",),
        carries=True,
    ),
    Format(
        "flux logs: level Kind/name -",
        "flux 2",
        r"{level} \ (?P<logger>[A-Z]\w+/[\w.-]+) \ - \ +",
        r"""
        2025-03-07T06:07:08.812 INFO * » 2025-03-07T06:07:08.812Z info Kustomization/flux-system.flux-system - §server-side apply completed
        2025-03-07T06:07:09.812 ERROR * » 2025-03-07T06:07:09.812Z error HelmRelease/web.shop - §Reconciler error
        2025-03-07T06:07:10.812 INFO * » 2025-03-07T06:07:10.812Z info GitRepository/shop.web - §[81] stored
        """,
        starts="a",
        needs=("/",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "LEVEL and a name twice",
        "waagent 2.9",
        r"{LEVEL} \ (?P<logger>[A-Z][a-z]+[A-Z]\w+) \ (?P=logger) \ +",
        r"""
        2025-03-07T06:07:08.812345 INFO ExtHandler » 2025-03-07T06:07:08.812345Z INFO ExtHandler ExtHandler §Downloading agent manifest
        2025-03-07T06:07:09.812345 WARNING ExtHandler » 2025-03-07T06:07:09.812345Z WARNING ExtHandler ExtHandler §Fetch failed: [HttpError]
        2025-03-07T06:07:10.812345 INFO * » 2025-03-07T06:07:10.812345Z INFO EnvHandler EnvHandler §Set block dev timeout: sda
        """,
        starts="A",
        needs=("Handler ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "App Engine: service[version]",
        "gcloud app logs tail",
        r"(?P<logger>[a-z][\w-]*) \[ [\w-]+ \] \ \ (?=\S)",
        r"""
        2025-03-07T06:07:08 - default » 2025-03-07 06:07:08 default[v1]  §"GET /a HTTP/1.1" 200
        2025-03-07T06:07:09 - default » 2025-03-07 06:07:09 default[v1]  §[81] items
        2025-03-07T06:07:10 - api » 2025-03-07 06:07:10 api[0a]  §Container called exit(1).
        """,
        starts="a",
        needs=("]  ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "name │",
        "tilt 0.33",
        r"(?P<logger>[\w./@-]+) \ + \x02 \ +",
        r"""
        - - web »          web │ §[event: pod shop/web-7d9f] Pulling image
        - ERROR web »          web │ ERROR: §cannot bind
        2025-03-07T06:07:08 INFO api »          api │ 2025-03-07 06:07:08 INFO §ready
        """,
        starts="aA_0",
        needs=("\x02",),
        carries=True,
    ),
    Format(
        "mpirun: [job,rank]<stream>:",
        "openmpi 4, --tag-output",
        r"\A \[ \d+,\d+ \] < (?:stdout|stderr|stddiag) > : \ ?",
        r"""
        - - - » [1,0]<stdout>:§Epoch 1
        - ERROR - » [1,12]<stderr>:ERROR: §it failed
        - - - » [1,3]<stdout>: §81 items
        """,
        starts="[",
        needs=("]<std",),
        carries=True,
    ),
    Format(
        "PBS: event;daemon;class;object;",
        "openpbs 23",
        r"\A {time} ; [\da-f]{4} ; [^;\n]{1,60} ; [A-Z]\w{1,12} ; [^;\n]{0,80} ;",
        r"""
        2025-03-07T06:07:08 - - » 03/07/2025 06:07:08;0008;Server@web1;Job;81.web1;§Job Queued
        2025-03-07T06:07:09 - - » 03/07/2025 06:07:09;0100;Server@web1;Req;;§Type StatusJob request received
        2025-03-07T06:07:10 - - » 03/07/2025 06:07:10;0002;pbs_mom;Svr;Log;§Log opened
        """,
        starts="0",
        needs=(":00;0",),
        is_exact=True,
    ),
    Format(
        "time .....",
        "STAR 2.7",
        r"\.{3,5} \ +",
        r"""
        2025-03-07T06:07:08 - - » Mar 07 06:07:08 ..... §started STAR run
        2025-03-07T06:07:09 - - » Mar 07 06:07:09 ..... §loading genome
        2025-03-07T06:07:10 - - » Mar 07 06:07:10 ..... §finished mapping
        """,
        starts=".",
        needs=("... ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Prefect: LEVEL | Flow run 'name' -",
        "prefect 2, 3",
        r"{LEVEL} \ * \| \ (?:Flow|Task) \ run \ '(?P<logger>[^'\n]*)' \ - \ +",
        r"""
        2025-12-31T09:08:07.123 INFO * » 09:08:07.123 | INFO    | Flow run 'smart-cat' - §Created task run 'x-0' for task 'x'
        2025-12-31T09:08:08.123 ERROR * » 09:08:08.123 | ERROR   | Flow run 'smart-cat' - §Finished in state Failed('x')
        2025-12-31T09:08:09.123 WARNING * » 09:08:09.123 | WARNING | Task run 'x-0' - §[a] b
        """,
        starts="A",
        needs=(" run '",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "** [time] pid:",
        "resque 2",
        r"\A \*{1,2} \ \[ (?P<time>\d\d:\d\d:\d\d\ \d{4}-\d\d-\d\d) \] \ \d+ : \ +",
        r"""
        2025-03-07T06:07:10 - - » ** [06:07:10 2025-03-07] 4711: §Checking mail
        2025-03-07T06:07:11 - - » ** [06:07:11 2025-03-07] 4711: §Found job on mail
        2025-03-07T06:07:12 - - » * [06:07:12 2025-03-07] 4711: §done
        """,
        starts="*",
        needs=("* [00:",),
        is_exact=True,
    ),
)
