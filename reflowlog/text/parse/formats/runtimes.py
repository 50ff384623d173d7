"""Formats of languages and their logging libraries."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "LEVEL[thread]:",
        "Asterisk 20",
        r"{LEVEL} (?: \[ [^][\n]* \] ){1,2} :? \ + (?: (?P<logger>[\w./-]+\.\w+) (?: :\d+ \ +\w+ )? : \ +)?",
        r"""
        2024-05-01T10:00:00 ERROR res_config.c » [2024-05-01 10:00:00] ERROR[1234]: res_config.c:12 load_module: §it failed
        2024-05-01T10:00:01 NOTICE chan_sip.c » [2024-05-01 10:00:01] NOTICE[1234][C-00000001] chan_sip.c: §no
        2024-05-01T10:00:02 WARNING - » [2024-05-01 10:00:02] WARNING[1234]: §slow
        """,
        starts="A",
        needs=("[",),
        behind_time=True,
    ),
    Format(
        "logrus, geth: level[time]",
        "https://github.com/sirupsen/logrus text_formatter.go",
        r"{LEVEL} (?: \[ (?: \d{1,8} | {time} ) \] | \ \[ (?P<time2> \d\d-\d\d \| [\d:.]+ ) \] )"
        r" (?: \ + | (?=/) ) (?: [\w./@-]+:\d+ \ + (?: [\w./*()-]+\(\) \ + )? )?",
        r"""
        - ERROR - » ERRO[0012] §failed to start the container                error="exec: not found" pod=a
        2024-05-01T10:00:00 INFO - » INFO[2024-05-01T10:00:00Z] §started                                       port=8080
        - CRITICAL - » FATA[0015] §gone
        """,
        starts="A",
        needs=("[0",),
    ),
    Format(
        "tornado, Jupyter: [L time name]",
        "traitlets LevelFormatter, tornado 6",
        r"\[ {letter} \ {time} (?: \ {logger} )? \] \ +",
        r"""
        2024-05-01T10:00:00.123 ERROR ServerApp » [E 2024-05-01 10:00:00.123 ServerApp] §boom
        2024-05-01T10:00:00 INFO web:2271 » [I 240501 10:00:00 web:2271] §200 GET / (127.0.0.1) 0.50ms
        2024-05-01T10:00:02.123 WARNING LabApp » [W 2024-05-01 10:00:02.123 LabApp] §deprecated
        """,
        starts="[",
        needs=("[E 0", "[W 0", "[I 0", "[D 0", "[C 0"),
    ),
    Format(
        "PHP",
        "https://www.php.net/manual/en/errorfunc.constants.php",
        r"(?: PHP \ (?P<level>(?:[A-Z][a-z]+\ )?(?:[Ff]atal\ |[Pp]arse\ |[Cc]ore\ |[Cc]ompile\ )?error|Warning|Notice|Deprecated|Strict\ Standards)"
        r" | (?P<level2>Fatal\ error|Parse\ error|Catchable\ fatal\ error) ): \ +",
        r"""
        2024-05-01T08:00:02 CRITICAL - » [01-May-2024 10:00:02 Europe/Berlin] PHP Fatal error:  §Uncaught Exception: no
        - WARNING - » PHP Warning:  §Undefined variable $x in /srv/a.php on line 3
        - ERROR - » PHP Parse error:  §syntax error
        """,
        starts="A",
        needs=("PHP ", " error: "),
    ),
    Format(
        "Android logcat, brief and tag",
        "https://developer.android.com/tools/logcat",
        r"{letter} / (?P<logger> [^\s:(]+ (?: \ [^\s:(]+ ){0,3} ) \ * (?: \( \ *\d+ \) )? : \ +",
        r"""
        - WARNING Tag » W/Tag     ( 1234): §slow
        2024-05-01T10:00:02.123 DEBUG Tag » 2024-05-01 10:00:02.123 D/Tag     ( 1234): §x
        - ERROR AndroidRuntime » E/AndroidRuntime( 1234): §FATAL EXCEPTION: main
        """,
        starts="A",
        needs=("/",),
    ),
    Format(
        "Android Studio",
        "https://developer.android.com/studio/debug/logcat",
        r"\d+-\d+ (?: \ +{logger} \ +[\w.?:]+ \ +{letter} \ + | /\S+ \ (?P<level2>[VDIWEFA])/(?P<logger2>[^\s:]+): \ )",
        r"""
        2024-05-01T10:00:00.123 ERROR AndroidRuntime » 2024-05-01 10:00:00.123  1234-1250  AndroidRuntime          com.example.app                      E  §FATAL EXCEPTION: main
        2024-05-01T10:00:01.123 DEBUG Tag » 2024-05-01 10:00:01.123  1234-1250  Tag                     com.example.app                      D  §x
        2024-05-01T10:00:02.123 ERROR Tag » 2024-05-01 10:00:02.123 1234-1250/com.example.app E/Tag: §it failed
        """,
        starts="0",
        needs=("0-0",),
        behind_time=True,
    ),
    Format(
        "log4j TTCCLayout",
        "log4j 1.2",
        r"\d+ \ \[ [^][]+ \] \ {LEVEL} \ +{logger} \ (?: - | (?:\w+ \ -) ) \ ",
        r"""
        - INFO com.example.App » 467 [main] INFO com.example.App - §started
        - ERROR com.example.App » 1467 [main] ERROR com.example.App - §it failed
        - WARNING com.example.App » 2467 [main] WARN com.example.App - §slow
        """,
        starts="0",
        needs=("0 [",),
    ),
    Format(
        "Jetty StdErrLog",
        "jetty 9",
        r"{LEVEL} (?: \ +: | : (?=[^\s:]+:[^\s:]+:\ ) ) {logger} : \ ",
        r"""
        2024-05-01T10:00:00.123 INFO * » 2024-05-01 10:00:00.123:INFO :oejs.Server:main: §Started
        2024-05-01T10:00:01.123 WARNING * » 2024-05-01 10:00:01.123:WARN :oejs.HttpChannel:qtp-12: §/x
        2024-05-01T10:00:01.123 WARNING * » 2024-05-01 10:00:01.123:WARN:oejs.HttpChannel:qtp-12: §/x
        """,
        starts="A",
        needs=(" :", ":"),
    ),
    Format(
        "Erlang: [level] <pid>",
        "https://www.rabbitmq.com/logging.html",
        r"\[ {level} \] \ <\d+\.\d+\.\d+> (?:@[\w:/]+)? \ (?: [\w?]+:[\w?]+/\d+:\d+ \ )?",
        r"""
        2024-05-01T10:00:00.123456 INFO - » 2024-05-01 10:00:00.123456+00:00 [info] <0.222.0> §Starting RabbitMQ 3.13
        2024-05-01T10:00:01.123456 ERROR - » 2024-05-01 10:00:01.123456+00:00 [error] <0.222.0> §it failed
        2024-05-01T10:00:02.123 WARNING - » 2024-05-01 10:00:02.123 [warning] <0.222.0> §slow
        """,
        starts="[",
        needs=(".0>",),
    ),
    Format(
        "traitlets: [name] LEVEL |",
        "traitlets 5, Application.log",
        r"\[ {logger} \] \ {LEVEL} \ \| \ ",
        r"""
        - ERROR App » [App] ERROR | §it failed: no such table
        - WARNING App » [App] WARNING | §slow query: 3 s
        - CRITICAL App » [App] CRITICAL | §gone
        """,
        starts="[",
        needs=("] ",),
    ),
    Format(
        "Gitea: file:line:function() [L]",
        "gitea 1.21",
        r"\S+:\d+:\S+\(\) \ \[ {letter} \] \ (?: \[ [0a-f-]+ \] \ )?",
        r"""
        2024-05-01T10:00:00 INFO - » 2024/05/01 10:00:00 cmd/web.go:242:runWeb() [I] §Starting Gitea on PID: 1
        2024-05-01T10:00:01 ERROR - » 2024/05/01 10:00:01 ...s/x.go:12:Y() [E] §it failed
        2024-05-01T10:00:02 WARNING - » 2024/05/01 10:00:02 ...s/x.go:12:Y() [W] §slow
        """,
        starts="aA./",
        needs=("() [",),
    ),
    Format(
        "Airflow: {file:line} LEVEL -",
        "https://airflow.apache.org/docs, [core] log_format",
        r"\{ [^{}\s]+:\d+ \} \ {LEVEL} \ - \ ",
        r"""
        2024-05-01T10:00:00.123 INFO - » [2024-05-01T10:00:00.123+0000] {taskinstance.py:1157} INFO - §Dependencies all met
        2024-05-01T10:00:01.123 ERROR - » [2024-05-01T10:00:01.123+0000] {taskinstance.py:1889} ERROR - §Task failed
        2024-05-01T10:00:02.123 WARNING - » [2024-05-01T10:00:02.123+0000] {models.py:12} WARNING - §slow
        """,
        starts="{",
        needs=("} ",),
    ),
    Format(
        "Odoo: pid LEVEL database logger:",
        "https://www.odoo.com/documentation/17.0/developer/reference/cli.html",
        r"\d+ \ {LEVEL} \ [\w?-]+ \ (?P<logger>[\w]+(?:[.]\w+)*) (?: : \ | (?<=[.]\w\w\w) \ (?=[^\s]+:\d+$) )",
        r"""
        2024-05-01T10:00:00.123 INFO odoo.modules.loading » 2024-05-01 10:00:00,123 1234 INFO mydb odoo.modules.loading: §loading 1 modules...
        2024-05-01T10:00:01.123 ERROR odoo.http » 2024-05-01 10:00:01,123 1234 ERROR mydb odoo.http: §Exception
        2024-05-01T10:00:02.123 WARNING odoo.addons » 2024-05-01 10:00:02,123 1234 WARNING ? odoo.addons: §missing
        """,
        starts="0",
        needs=("0 ",),
        behind_time=True,
    ),
    Format(
        "Django verbose: module process thread",
        "https://docs.djangoproject.com/en/5.0/topics/logging/",
        r"(?P<logger>[a-zA-Z_]\w*) \ (?: \d+ \ \d{6,} | (?= \w*[_?] ) [a-zA-Z_?]\w* \ \d{2,7} ) \ ",
        r"""
        2024-05-01T10:00:00.123 ERROR views » ERROR 2024-05-01 10:00:00,123 views 1234 140735071234 §it failed
        2024-05-01T10:00:01.123 INFO basehttp » INFO 2024-05-01 10:00:01,123 basehttp 1234 140735071234 §"GET / HTTP/1.1" 200
        2024-05-01T10:00:02.123 WARNING log » WARNING 2024-05-01 10:00:02,123 log 1234 140735071234 §Not Found: /x
        """,
        starts="aA_",
        needs=("0 000000", "00 "),
        behind_time=True,
    ),
    Format(
        "swift-log",
        "swift-log 1.5, StreamLogHandler",
        r"{level} \ {logger} \ : \ (?: (?: [\w.-]+=\S+ \ ){0,9} \[ [\w.-]+ \] \ )?",
        r"""
        2024-05-01T10:00:00 INFO app » 2024-05-01T10:00:00+0000 info app : [main] §started
        2024-05-01T10:00:01 ERROR com.example.app » 2024-05-01T10:00:01+0000 error com.example.app : [app] §it failed
        2024-05-01T10:00:02 WARNING app » 2024-05-01T10:00:02+0000 warning app : §slow
        2024-05-01T10:00:03 ERROR app » 2024-05-01T10:00:03+0000 error app : request-id=3f2a [Vapor] §Abort.404: Not Found
        """,
        starts="a",
        needs=(" : ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Julia",
        "Julia 1.10, ConsoleLogger",
        r"[\[?] \ (?P<level>Info|Warning|Error|Debug): \ ",
        r"""
        - INFO - » [ Info: §started
        - ERROR - » ┌ Error: §it failed
        - WARNING - » [ Warning: §slow
        """,
        starts="[?",
        needs=("[ ", "? "),
    ),
    Format(
        "Dancer2",
        "Dancer2 1.1",
        r"\[ {logger} :\d+ \] \ {level} \ @{time}> \ ",
        r"""
        2024-05-01T10:00:00 INFO app » [app:1234] info @2024-05-01 10:00:00> §started in a.pl l. 12
        2024-05-01T10:00:01 ERROR app » [app:1234] error @2024-05-01 10:00:01> §it failed in a.pl l. 13
        2024-05-01T10:00:02 WARNING My.App » [My.App:12] warning @2024-05-01 10:00:02> §slow
        """,
        starts="[",
        needs=(" @0",),
    ),
    Format(
        "Meteor",
        "meteor 2, meteor run",
        r"{letter} {time} \(\d+\) \?? \ ",
        r"""
        2023-11-02T09:14:11.123 INFO - » I20231102-09:14:11.123(0)? §started
        2023-11-02T09:14:12.123 ERROR - » E20231102-09:14:12.123(0)? §it failed
        2023-11-02T09:14:13.123 WARNING - » W20231102-09:14:13.123(5) §slow
        """,
        starts="A",
        needs=("-00:00:00",),
    ),
    Format(
        "InvokeAI",
        "InvokeAI 3.4",
        r"\[ {time} \] :: \[ {logger} \] :: {LEVEL} \ --> \ +",
        r"""
        2024-06-12T14:22:31.045 INFO InvokeAI » [2024-06-12 14:22:31,045]::[InvokeAI]::INFO --> §InvokeAI version 3.4.0
        2024-06-12T14:22:32.045 ERROR InvokeAI » [2024-06-12 14:22:32,045]::[InvokeAI]::ERROR --> §it failed
        2024-06-12T14:22:33.045 WARNING ModelLoader » [2024-06-12 14:22:33,045]::[ModelLoader]::WARNING --> §slow
        """,
        starts="[",
        needs=("]::[",),
    ),
    Format(
        "Ray: (name pid=1)",
        "ray 2.9",
        r"\( (?: [\w.:<>-]+ \ )? pid=\d+ (?: ,\ ip=[\d.]+ )? \) \ ",
        r"""
        2024-06-12T14:22:31.045 WARNING - » (ServeController pid=123) WARNING 2024-06-12 14:22:31,045 controller 123 deployment_state.py:1308 - §slow
        2024-06-12T14:22:32.045 INFO - » (pid=123, ip=10.0.0.7) INFO 2024-06-12 14:22:32,045 worker 12 a.py:8 - §started
        - - - » (f pid=12) §hello
        """,
        starts="(",
        needs=("pid=0",),
        carries=True,
    ),
    Format(
        "channel.LEVEL",
        "Monolog, LineFormatter('%datetime% %channel%.%level_name% %message%')",
        r"(?P<logger>[a-z][\w-]*) \. {LEVEL} :? \ +",
        r"""
        2024-03-09T07:05:03 ERROR app » 2024-03-09 07:05:03 app.ERROR §it failed
        2024-03-09T07:05:04 INFO security » 2024-03-09 07:05:04 security.INFO §signed in
        2024-03-09T07:05:05 WARNING app » 2024-03-09 07:05:05 app.WARNING: §slow
        """,
        starts="a",
        is_exact=True,
        needs=(".DEBUG", ".INFO", ".NOTICE", ".WARNING", ".ERROR", ".CRITICAL", ".ALERT", ".EMERGENCY"),
        behind_time=True,
    ),
    Format(
        "OpenCV",
        "OpenCV 4.8, logger.cpp",
        r"\[ \ * (?P<level>DEBUG|INFO|WARN|ERROR|FATAL) : \d+ @ \d+[.]\d+ \] \ (?: global \ \S+ (?: \ \(\d+\) )? \ [\w:~]+ (?:\(\))? \ )?",
        r"""
        - WARNING - » [ WARN:0@0.123] global cap_v4l.cpp:982 open §VIDEOIO(V4L2:/dev/video0): can't open camera by index
        - ERROR - » [ERROR:0@12.124] global obsensor_uvc.cpp:159 getStreamChannelGroup §Camera index out of range
        - INFO - » [ INFO:0@0.011] global registry_parallel.impl.hpp:96 ParallelBackendRegistry §core(parallel): Enabled backends(3)
        """,
        starts="[",
        needs=(":0@",),
        is_exact=True,
    ),
    Format(
        "NCCL",
        "NCCL 2.19, NCCL_DEBUG=INFO",
        r"[\w.-]+ : \d+:\d+ \ \[ -?\d+ \] \ NCCL \ {LEVEL} \ +",
        r"""
        - INFO - » h1:123:456 [0] NCCL INFO §Bootstrap : Using eth0:10.1.2.3<0>
        - WARNING - » h1:123:456 [0] NCCL WARN §Connection refused
        - INFO - » node-7:1:1 [3] NCCL INFO §cudaDriverVersion 12020
        """,
        starts="aA0",
        needs=("] NCCL ",),
        is_exact=True,
    ),
    Format(
        "GStreamer",
        "GStreamer 1.22, GST_DEBUG",
        r"\d:\d\d:\d\d[.]\d{9} \ +\d+ \ +0x[\da-f]+ \ +(?: {LEVEL} | FIXME ) \ +(?P<logger>[\w-]+) \ +[\w./-]+:\d+:[\w:~]*: (?:<[^<>\n]*>)? \ +",
        r"""
        - WARNING basesrc » 0:00:00.123456789  1234 0x55d1c0a0b0c0 WARN                 basesrc gstbasesrc.c:3127:gst_base_src_loop:<src0> §error: Internal data stream error.
        - ERROR default » 0:00:00.123456789  1234 0x55d1c0a0b0c0 ERROR                default x.c:12:fn: §it failed
        - - bin » 0:00:01.123456789  1234 0x55d1c0a0b0c0 FIXME                    bin gstbin.c:4309:gst_bin_query: §implement duration caching
        """,
        starts="0",
        needs=(" 0x",),
    ),
    Format(
        "libcamera",
        "libcamera 0.2",
        r"\[ \d+:\d\d:\d\d[.]\d{9} \] \ \[\d+\] \ +{LEVEL} \ +{logger} \ +\S+:\d+ \ +",
        r"""
        - INFO Camera » [0:12:34.567890123] [123]  INFO Camera camera_manager.cpp:284 §libcamera v0.2.0
        - ERROR V4L2 » [0:12:35.567890123] [124] ERROR V4L2 v4l2_device.cpp:390 §it failed
        - WARNING RPI » [10:12:35.567890123] [124]  WARN RPI vc4.cpp:390 §slow
        """,
        starts="[",
        needs=("] [0",),
    ),
    Format(
        "sanitizers: ==pid==LEVEL: name:",
        "clang 17, compiler-rt",
        r"==\d+== {LEVEL} : \ (?: \w+Sanitizer: \ )?",
        r"""
        - ERROR - » ==12==ERROR: AddressSanitizer: §heap-use-after-free on address 0x602000000010
        - WARNING - » ==12==WARNING: MemorySanitizer: §use-of-uninitialized-value
        - ERROR - » ==3==ERROR: LeakSanitizer: §detected memory leaks
        """,
        starts="=",
        needs=("==ERROR: ", "==WARNING: "),
    ),
    Format(
        "Gazebo: [Msg]",
        "Gazebo 11",
        r"\[ (?P<level> Msg\] ) \ +",
        r"""
        - INFO - » [Msg] §Waiting for master.
        - INFO - » [Msg] §Connected to gazebo master @ http://127.0.0.1:11345
        - INFO - » [Msg] §Loading world file
        """,
        starts="[",
        needs=("[Msg]",),
    ),
    Format(
        "structlog: [level    ] event   [logger]",
        "structlog 24, ConsoleRenderer",
        r"\[ (?P<level>debug|info|warning|error|critical) \ + \] \ (?= \S [^\n]{15,160}? \ \[ [\w.]+ \] (?: \ | $ ) )",
        r"""
        2025-03-04T09:08:07.123456 INFO - » 2025-03-04T09:08:07.123456Z [info     ] §started                        [app.db] port=8080
        2025-03-04T09:08:08 CRITICAL - » 2025-03-04 09:08:08 [critical ] §gone                           [app.db]
        2025-03-04T09:08:09 WARNING - » 2025-03-04 09:08:09 [warning  ] §slow                           [app] ms=12
        """,
        starts="[",
        needs=(" ] ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "paramiko: LEV [time] thr=1",
        "paramiko 3, util.log_to_file",
        r"(?P<level>DEB|INF|WAR|ERR|CRI) \ \[ {time} \] \ thr=\d+ \ +{logger} : \ +",
        r"""
        2026-11-30T12:57:06.556 DEBUG paramiko.transport » DEB [20261130-12:57:06.556] thr=1   paramiko.transport: §starting thread (client mode): 0x1
        2026-11-30T12:57:07.556 INFO paramiko.transport » INF [20261130-12:57:07.556] thr=1   paramiko.transport: §Connected (version 2.0)
        2026-11-30T12:57:08.556 ERROR paramiko.transport » ERR [20261130-12:57:08.556] thr=12  paramiko.transport: §it failed
        """,
        starts="A",
        needs=("] thr=0",),
    ),
    Format(
        "XGBoost: LEVEL: file:line:",
        "xgboost 2",
        r"{LEVEL} : \ /[^\s:]+:\d+: \ +(?=\S)",
        r"""
        2025-12-31T12:56:59 DEBUG - » [12:56:59] DEBUG: /__w/xgboost/src/gbm/gbtree.cc:127: §Using tree method: 0
        2025-12-31T12:57:00 WARNING - » [12:57:00] WARNING: /workspace/src/learner.cc:740: §Parameters are not used
        2025-12-31T12:57:01 INFO - » [12:57:01] INFO: /a/b.cc:1: §ok
        """,
        starts="A",
        needs=(": /",),
        behind_time=True,
    ),
    Format(
        "SABnzbd: ::LEVEL::[module:line]",
        "SABnzbd 4",
        r"{LEVEL} :: \[ (?P<logger>\w+) :\d+ \] \ ",
        r"""
        2025-07-08T09:10:12.123 ERROR sabnzbd » 2025-07-08 09:10:12,123::ERROR::[sabnzbd:12] §it failed
        2025-07-08T09:10:13.123 INFO assembler » 2025-07-08 09:10:13,123::INFO::[assembler:112] §started
        2025-07-08T09:10:14.123 WARNING downloader » 2025-07-08 09:10:14,123::WARNING::[downloader:1] §slow
        """,
        starts="A",
        needs=("::[",),
        behind_time=True,
    ),
    Format(
        "pytest: summary",
        "pytest 8",
        r"^ (?P<level>FAIL|ERROR) (?:ED)? \ (?= [\w./-]+ \.py\b )",
        r"""
        - ERROR - » FAILED §tests/test_a.py::test_b - AssertionError
        - ERROR - » ERROR §tests/test_a.py::test_b - RuntimeError: x
        - ERROR - » FAILED §test_a.py
        """,
        starts="FE",
        needs=(".py",),
        is_exact=True,
    ),
    Format(
        "Ruby: ANY",
        "https://docs.ruby-lang.org/en/master/Logger.html",
        r"(?P<level>A) , \ \[ {time} \ \#\d+ \] \ +ANY \ -- \ (?P<logger>[^:\n]*) : \ ",
        r"""
        2024-05-01T10:00:00.123456 CRITICAL app » A, [2024-05-01T10:00:00.123456 #12]   ANY -- app: §started
        2024-05-01T10:00:00.123456 CRITICAL - » A, [2024-05-01T10:00:00.123456 #12]   ANY -- : §{:a=>1}
        2024-05-01T10:00:01.123456 CRITICAL - » A, [2024-05-01T10:00:01.123456 #12]   ANY -- : §"x"
        """,
        starts="A",
        needs=("A, [0",),
        is_exact=True,
    ),
    Format(
        "flutter run: print",
        "flutter 3",
        r"^ (?P<logger>flutter) : \ ",
        r"""
        - - flutter » flutter: §started
        - - flutter » flutter: §81 items
        - - flutter » flutter: §{"a": 1}
        """,
        starts="a",
        needs=("flutter: ",),
        is_exact=True,
    ),
)
