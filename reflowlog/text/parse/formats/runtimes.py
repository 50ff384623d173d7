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
        r"(?! (?<=\]\ ) \w+ \ [a-zA-Z_?] ) (?P<logger>[a-zA-Z_]\w*) \ "  # not: [INFO] Failed a_b 12 times
        r"(?: \d+ \ \d{6,} | (?= \w*[_?] ) [a-zA-Z_?]\w* \ \d{2,7} ) \ ",
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
    Format(
        "ROOT: Level in <method>:",
        "root 6.30",
        r"\A (?P<level>Info|Warning|Error|SysError|Fatal|Break) \ in \ < (?P<logger>[^<>\n]{1,80}) > : \ +",
        r"""
        - INFO * » Info in <TCanvas::Print>: §pdf file a.pdf has been created
        - ERROR * » Error in <TFile::TFile>: §file a.root does not exist
        - WARNING * » Warning in <TClass::Init>: §no dictionary for class X
        """,
        starts="A",
        needs=(" in <",),
        is_exact=True,
    ),
    Format(
        "OpenFOAM: --> FOAM Warning :",
        "openfoam 2312",
        r"\A --> \ FOAM \ (?: FATAL \ )? (?: IO \ )? (?P<level>(?i:Warning|Error)) \ ? : \ *",
        r"""
        - WARNING - » --> FOAM Warning : §
        - ERROR - » --> FOAM FATAL ERROR: §
        - ERROR - » --> FOAM FATAL IO ERROR: §cannot find file
        """,
        starts="-",
        needs=("FOAM",),
        is_exact=True,
    ),
    Format(
        ".NET TraceSource: name Level: number :",
        ".NET Framework, TextWriterTraceListener",
        r"\A (?P<logger>[\w.-]+(?:\ [\w.-]+)?) \ (?P<level>Critical|Error|Warning|Information|Verbose) : \ \d+ \ : \ +",
        r"""
        - INFO Shop » Shop Information: 0 : §starting
        - ERROR Shop » Shop Error: 81 : §cannot open a.db
        - WARNING System.Net » System.Net Warning: 0 : §[4711] Exception
        """,
        starts="aA_",
        needs=("Error: 0", "ning: 0", "tion: 0"),
        is_exact=True,
    ),
    Format(
        "uptime class <Level> file:function:line:",
        "citra, yuzu",
        r"(?<=\]\ ) (?P<logger>[\w.]+) \ < {level} > \ \S+:\S+:\d+ : \ +",
        r"""
        * INFO Frontend » [   0.812345] Frontend <Info> yuzu/main.cpp:GMainWindow:81: §yuzu Version: x
        * ERROR Service.FS » [   8.123456] Service.FS <Error> core/hle/x.cpp:Open:12: §failed
        * CRITICAL Render » [   9.123456] Render <Critical> a.cpp:b:1: §no device
        """,
        starts="aA",
        needs=("> ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Android logcat, monotonic",
        "adb logcat -v monotonic",
        r"\d{1,7} \. \d{3} \ +\d+ \ +\d+ \ {letter} \ {logger} \ * : \ +",
        r"""
        - WARNING InputManager »    812.345  4711  4720 W InputManager: §no focus
        - INFO ActivityManager » 12812.345  4711  4720 I ActivityManager: §Start proc 4812
        - ERROR AndroidRuntime »    813.345  4711 24720 E AndroidRuntime: §FATAL EXCEPTION: main
        """,
        starts="0",
        needs=(" V ", " D ", " I ", " W ", " E ", " F "),
        is_exact=True,
    ),
    Format(
        "TYPO3: [LEVEL] request= component=:",
        "typo3 12",
        r'\[ {LEVEL} \] \ request="[^"\n]*" \ component="(?P<logger>[^"\n]*)" : \ +',
        r"""
        2025-03-07T06:07:08 ERROR TYPO3.CMS.Core » Fri, 07 Mar 2025 06:07:08 +0000 [ERROR] request="3f2a81" component="TYPO3.CMS.Core": §cart is locked
        2025-03-07T06:07:09 CRITICAL TYPO3.X » Fri, 07 Mar 2025 06:07:09 +0000 [CRITICAL] request="3f2a81" component="TYPO3.X": §Core: Exception
        2025-03-07T06:07:10 INFO A » Fri, 07 Mar 2025 06:07:10 +0000 [INFO] request="" component="A": §{"a":1}
        """,
        starts="[",
        needs=(" request=",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Joomla: LEVEL address category",
        "joomla 5",
        r"{LEVEL} \ \d{1,3}(?:\.\d{1,3}){3} \ {2,} (?P<logger>[a-z]\w+) \ {2,}",
        r"""
        2025-03-07T06:07:08 INFO joomlafailure » 2025-03-07T06:07:08+00:00\tINFO 10.1.2.3\tjoomlafailure\t§Username and password do not match
        2025-03-07T06:07:09 ERROR update » 2025-03-07T06:07:09+00:00\tERROR 10.1.2.3\tupdate\t§Installation failed: x
        2025-03-07T06:07:10 WARNING jerror » 2025-03-07T06:07:10+00:00\tWARNING 10.1.2.3\tjerror\t§[a] b
        """,
        starts="A",
        needs=("  ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Symfony server: |LEVEL | SOURCE",
        "symfony-cli 5",
        r"{LEVEL} \ * \| \ (?P<logger>SERVER|PHP|REQUES|HTTP|SECURI|DOCTRI|MESSEN|TRANSL|PROCES|APP|MAILER|CACHE|CONSOL|EVENT) \ +",
        r"""
        2025-03-07T06:07:08 INFO REQUES » [Application] Mar  7 06:07:08 |INFO   | REQUES §Matched route "home".
        2025-03-07T06:07:09 DEBUG PHP » [Web Server ] Mar  7 06:07:09 |DEBUG  | PHP    §Reloading PHP versions
        2025-03-07T06:07:10 WARNING SERVER » [Web Server ] Mar  7 06:07:10 |WARN   | SERVER §GET  (404) /favicon.ico
        """,
        starts="A",
        needs=("|",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "name.name- text",
        "talend 8",
        r"(?P<logger>[A-Za-z_]\w*(?:\.\w+)+) - \ (?=\S)",
        r"""
        2025-12-31T06:07:08 INFO shop.cart_0_1.Cart » [INFO ] 06:07:08 shop.cart_0_1.Cart- §TalendJob: 'Cart' - Start.
        2025-12-31T06:07:09 ERROR shop.cart_0_1.Cart » [ERROR] 06:07:09 shop.cart_0_1.Cart- §it failed
        2025-12-31T06:07:10 WARNING a.B » [WARN ] 06:07:10 a.B- §slow
        """,
        starts="aA_",
        needs=("- ",),
        behind_time=True,
    ),
    Format(
        "Project Zomboid: LEVEL : category , time> uptime>",
        "zomboid 41",
        r"\A (?P<level>LOG|WARN|ERROR|DEBUG) \ * : \ (?P<logger>\w+) \ * , \ (?P<time>\d{13}) > \ [\d,]+ > \ +",
        r"""
        2024-05-01T10:00:00.812 INFO General » LOG  : General     , 1714557600812> 81,234,567> §Server started
        2024-05-01T10:00:01.812 ERROR General » ERROR: General     , 1714557601812> 81,235,567> §ExceptionLogger.logException
        2024-05-01T10:00:02.812 WARNING Lua » WARN : Lua         , 1714557602812> 81,236,567> §slow
        """,
        starts="A",
        needs=("> ",),
        is_exact=True,
    ),
    Format(
        "BepInEx: [Level : name]",
        "bepinex 5",
        r"\A \[ (?: (?P<level>Debug|Info|Warning|Error|Fatal) | Message ) \ * : \ * (?P<logger>[\w.]+(?:\ [\w.]+)*) \] \ +",
        r"""
        - INFO BepInEx » [Info   :   BepInEx] §Loading [Shop 1.2.3]
        - WARNING HarmonyX » [Warning:  HarmonyX] §AccessTools.Method: Could not find method
        - - BepInEx » [Message:   BepInEx] §Chainloader ready
        """,
        starts="[",
        needs=(": ",),
        is_exact=True,
    ),
    Format(
        "<level> name:",
        "nrf5 sdk",
        r"\A < {level} > \ (?P<logger>[a-z]\w*) : \ +",
        r"""
        - INFO app » <info> app: §Fast advertising.
        - ERROR app » <error> app: §ERROR 4 [NRF_ERROR_NO_MEM] at main.c:81
        - WARNING nrf_ble » <warning> nrf_ble: §slow
        """,
        starts="<",
        needs=("> ",),
        is_exact=True,
    ),
    Format(
        "LEVEL class and its place or method",
        "log4j, '%p %c{1} [%F:%L]', '%p %c (%M:%L)', '%p %c %M'; java.util.logging, one line",
        r"{LEVEL} \ + (?:"
        r" (?P<logger>[A-Z]\w*) \ (?: \[[\w-]+\.(?:java|kt|scala|groovy):\d+\] | \([a-z]\w*:\d+\): )"
        r" | (?P<logger2>[a-z]\w*(?:\.\w+)*\.[A-Z][\w$]*) \ (?: main | <init> | <clinit> )"
        r" | \[[^][\n]{1,60}\] \ \[ (?P<logger3>[a-z]\w*(?:\.\w+){2,}) \] \ [a-z]+(?:[A-Z][a-z0]+)+"
        r" ) \ +",
        r"""
        2024-05-01T10:00:00 INFO App » 2024-05-01 10:00:00 INFO App [App.java:3] §started on port 8080
        2024-05-01T10:00:01 ERROR com.acme.App » 2024-05-01 10:00:01 GRAVE com.acme.App main §it failed
        2024-05-01T10:00:02 INFO a.b.c.D » 2024-05-01 10:00:02 INFO [Catalina-1] [a.b.c.D] contextInitialized §Starting
        """,
        starts="A",
        needs=(".java:0", ":0): ", " main ", "init> ", "] ["),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "[name L time file:line]",
        "nemo 1.23",
        r"\A \[ (?P<logger>[A-Z]\w+) \ {letter} \ {time} \ [\w.-]+:\d+ \] \ +",
        r"""
        2025-03-07T06:07:08 INFO NeMo » [NeMo I 2025-03-07 06:07:08 nemo_logging:349] §Experiments will be logged at /srv
        2025-03-07T06:07:09 WARNING NeMo » [NeMo W 2025-03-07 06:07:09 exp_manager:708] §Exp_manager is logging to /srv
        2025-03-07T06:07:10 ERROR NeMo » [NeMo E 2025-03-07 06:07:10 a:7] §it failed
        """,
        starts="[",
        needs=(" I 0000-", " W 0000-", " E 0000-"),
        is_exact=True,
    ),
    Format(
        "milliseconds LEVEL thread [file:line]",
        "ftlog 0.2",
        r"\d+ms \ {LEVEL} \ [\w-]+ \ \[ [\w./-]+:\d+ \] \ +",
        r"""
        2025-03-07T06:07:08.812 INFO - » 2025-03-07 06:07:08.812+00 0ms INFO main [src/main.rs:81] §server started
        2025-03-07T06:07:09.812 ERROR - » 2025-03-07 06:07:09.812+00 2ms ERROR worker [src/db.rs:7] §query failed
        2025-03-07T06:07:10.812 DEBUG - » 2025-03-07 06:07:10.812+00 12ms DEBUG tokio-1 [src/db.rs:12] §x = 1
        """,
        starts="0",
        needs=("ms ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "LEVEL: time, of Go's log",
        "https://pkg.go.dev/log, a prefix for each level",
        r"\A {LEVEL} : \ + (?P<time>\d{4}/\d\d/\d\d\ \d\d:\d\d:\d\d (?:\.\d+)? ) \ + (?: [\w./-]+\.go:\d+ :? \ + )?",
        r"""
        2025-03-07T06:07:08.812345 INFO - » INFO: 2025/03/07 06:07:08.812345 §Backup will be pushed from delta
        2025-03-07T06:07:09 ERROR - » ERROR: 2025/03/07 06:07:09 worker.go:58: §Failed to load
        2025-03-07T06:07:10.812345 WARNING - » WARNING: 2025/03/07 06:07:10.812345 §[a] retried
        """,
        starts="A",
        needs=(": 0000/",),
        is_exact=True,
    ),
)
