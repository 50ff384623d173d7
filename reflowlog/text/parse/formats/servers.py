"""Formats of databases and servers."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "librdkafka",
        "https://github.com/confluentinc/librdkafka, its default callback",
        r"(?P<level>%\d\|) {time} \| \w+ \| (?P<logger>[\w.\#-]+) \| \ (?: \[thrd:[^\n]{1,80}?\]: \ )?",
        r"""
        2025-06-21T14:05:06.250 ERROR shop#producer-1 » %3|1750514706.250|FAIL|shop#producer-1| [thrd:app]: §it failed
        2025-06-21T14:05:06.250 DEBUG shop#p-1 » %7|1750514706.250|INIT|shop#p-1| [thrd:a:9092/1]: §it is up
        2025-06-21T14:05:06.250 WARNING shop#c-1 » %4|1750514706.250|CONFWARN|shop#c-1| §no such property
        """,
        starts="%",
        needs=("%0|",),
        is_exact=True,
    ),
    Format(
        "ClickHouse",
        "https://clickhouse.com/docs",
        r"\[ \ *\d+ \ * \] \ \{ [^{}]* \} \ < {level} > \ (?: {logger} (?: \ \( [^()\n]* \) )? : \ )?",
        r"""
        2024-05-01T10:00:00.123456 INFO Application » 2024.05.01 10:00:00.123456 [ 1 ] {} <Information> Application: §Ready
        2024-05-01T10:00:01.123456 ERROR TCPHandler » 2024.05.01 10:00:01.123456 [ 12 ] {4b1f} <Error> TCPHandler: §Code: 60
        2024-05-01T10:00:02.123456 DEBUG - » 2024.05.01 10:00:02.123456 [ 12 ] {4b1f} <Debug> §x
        2024-05-01T10:00:02.123456 TRACE default.t » 2024.05.01 10:00:02.123456 [ 12 ] {} <Trace> default.t (4b1f-22): §x
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
        "PostgreSQL on Azure: %t-%c-",
        "https://learn.microsoft.com/azure/postgresql",
        r"{time} - [\da-f]{6,9} [.] [\da-f]+ - {LEVEL} : \ +",
        r"""
        2024-05-01T10:00:00 INFO - » 2024-05-01 10:00:00 UTC-65436a13.1267-LOG:  §checkpoint complete: wrote 3 buffers (0.0%)
        2024-05-01T10:00:01 CRITICAL - » 2024-05-01 10:00:01 UTC-65436a13.12a7-FATAL:  §no pg_hba.conf entry for host "10.0.0.7"
        2024-05-01T10:00:02 ERROR - » 2024-05-01 10:00:02 UTC-6543aa13.1267-ERROR:  §relation "x" does not exist
        """,
        starts="0",
        needs=(" UTC-",),
    ),
    Format(
        "PostgreSQL csvlog",
        "https://www.postgresql.org/docs/16/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG",
        r'(?P<time>\d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d[.]\d+\ [\w+-]+) , (?: (?: "(?:[^"\n]|"")*" | [^,"\n]* ) , ){10} {LEVEL} , [\dA-Z]{5} ,',
        r"""
        2024-05-01T10:00:00.123 ERROR - » 2024-05-01 10:00:00.123 UTC,"app","shop",4711,"10.0.0.7:51022",65436a13.1267,1,"SELECT",2024-05-01 09:00:00 UTC,3/12,0,ERROR,42P01,§"relation ""x"" does not exist",,,,,,"select * from x",15,,"psql"
        2024-05-01T10:00:01.123 INFO - » 2024-05-01 10:00:01.123 UTC,,,21184,,6b0c3644.52c0,1,,2024-05-01 10:00:00 UTC,,0,LOG,00000,§"starting PostgreSQL 15.18",,,,,,,,,"","postmaster",,0
        2024-05-01T10:00:02.123 DEBUG - » 2024-05-01 10:00:02.123 UTC,,,21218,,6b0c3644.52e2,6,,2024-05-01 10:00:00 UTC,,0,DEBUG,00000,§"oldest unfrozen transaction ID: 716",,,,,,,,,"","startup",,0
        """,
        starts="0",
        needs=(',"', ",,"),
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
        r"(?! (?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRIT(?:ICAL)?|FATAL|ALERT) \ ) {logger} \ \( {level} \) : \ ",
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
        "HAProxy: start",
        "haproxy 2.8 and 1.8, standard error",
        r"\[ {LEVEL} \] \ + (?: \d{3}/\d{6} \ )? \(\d+\) \ : \ ",
        r"""
        - CRITICAL - » [ALERT]    (4711) : §config : [/etc/haproxy.cfg:12] : x
        - CRITICAL - » [ALERT] (4711) : §parsing [/etc/haproxy.cfg:12] : x
        - WARNING - » [WARNING]  (4711) : §config : missing timeouts
        """,
        starts="[",
        needs=(") : ",),
        is_exact=True,
    ),
    Format(
        "Apache httpd: start",
        "httpd 2.2 and 2.4, error log",
        r"\[ (?:[\w.-]+:)? {level} \] \ (?: \[pid\ [^][]*\] \ )? (?= Apache/ | AH00094: )",
        r"""
        2013-11-02T09:14:12 NOTICE - » [Sat Nov 02 09:14:12 2013] [notice] §Apache/2.2.22 (Debian) configured -- resuming normal operations
        2023-11-02T09:14:12.123456 NOTICE - » [Thu Nov 02 09:14:12.123456 2023] [mpm_event:notice] [pid 4711:tid 1404] §AH00094: Command line: '/usr/sbin/apache2'
        2023-11-02T09:14:12 NOTICE - » [Thu Nov 02 09:14:12 2023] [notice] §Apache/2.4.57 (Unix) configured -- resuming normal operations
        """,
        starts="[",
        needs=("Apache/", "AH00094"),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Envoy of Istio",
        "istio proxy 1.20",
        r"(?P<level>trace|debug|info|warning|warn|error|critical) \ + (?P<logger>envoy \ \w+) \ + \S+:\d+ \ +",
        r"""
        2024-05-01T10:00:00.123456 WARNING * » 2024-05-01T10:00:00.123456Z	warning	envoy config external/envoy/source/common/config/grpc_stream.h:190	§it closed
        2024-05-01T10:00:01.123456 ERROR * » 2024-05-01T10:00:01.123456Z	error	envoy main source/server/server.cc:12	§it failed
        2024-05-01T10:00:02.123456 INFO * » 2024-05-01T10:00:02.123456Z	info	envoy upstream a.cc:1	§cm init
        """,
        starts="tdiwec",
        needs=("envoy",),
        behind_time=True,
        is_exact=True,
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
    Format(
        "Zabbix: pid:date:clock",
        "https://www.zabbix.com/documentation",
        r"\d+ : (?P<time>\d{8}:\d{6}(?:[.]\d{3})?) \ ",
        r"""
        2024-05-01T10:00:00.123 - - »   1234:20240501:100000.123 §Starting Zabbix Server. Zabbix 6.4.0 (revision 1234).
        2024-05-01T10:00:01.456 - - » 12356:20240501:100001.456 §item "x:y" became not supported
        2024-05-01T10:00:02 - - » 12356:20240501:100002 §x
        """,
        starts="0",
        needs=(":00000000:",),
    ),
    Format(
        "CockroachDB",
        "https://www.cockroachlabs.com/docs/stable/log-formats",
        r"(?P<time>(?P<level>[IWEF])\d{6}\ \d\d:\d\d:\d\d[.]\d+) \ \d+ \ (?:\d+@)?[\w./-]+:\d+ \ (?: \?\ | (?=\[) ) \[ [^][]* \] \ +(?: \d+ \ +)?",
        r"""
        2024-05-01T10:00:00.123456 INFO - » I240501 10:00:00.123456 1 util/log/file_sync_buffer.go:238 ⋮ [T1,config]   §file created
        2024-05-01T10:00:01.123456 ERROR - » E240501 10:00:01.123456 123 server/server.go:12 ⋮ [T1,n1] 12  §it failed
        2024-05-01T10:00:02.123456 WARNING - » W240501 10:00:02.123456 1 1@x/y.go:1 ⋮ [n1] 3  §slow
        """,
        starts="A",
        needs=("000000 00:",),
    ),
    Format(
        "WebLogic",
        "https://docs.oracle.com, WebLogic Server Log Format",
        r"< {time} > \ < {level} > \ < (?P<logger>[^<>\s]+) > \ < BEA-\d+ > \ ",
        r"""
        2024-05-01T10:00:00.123 ERROR Deployer » <May 1, 2024 10:00:00,123 AM UTC> <Error> <Deployer> <BEA-149265> §<Failure occurred>
        2024-05-01T22:00:01 NOTICE WebLogicServer » <May 1, 2024 10:00:01 PM UTC> <Notice> <WebLogicServer> <BEA-000365> §<Server state changed to RUNNING.>
        2024-05-01T10:00:02 WARNING Security » <May 1, 2024 10:00:02 AM UTC> <Warning> <Security> <BEA-090066> §<odd>
        """,
        starts="<",
        needs=("<BEA-",),
    ),
    Format(
        "Db2 diag",
        "https://www.ibm.com/docs/en/db2",
        r"(?P<time>\d{4}-\d\d-\d\d-\d\d[.]\d\d[.]\d\d[.]\d+[+-]\d{3}) \ +\w+ \ +LEVEL: \ {level}",
        r"""
        2024-05-01T10:00:00.123456 ERROR - » 2024-05-01-10.00.00.123456+000 I1234E456          LEVEL: Error
        2024-05-01T14:00:01.123456 INFO - » 2024-05-01-10.00.01.123456-240 E1234E456          LEVEL: Info
        2024-05-01T10:00:02.123456 WARNING - » 2024-05-01-10.00.02.123456+000 I12E4          LEVEL: Warning
        """,
        starts="0",
        needs=("LEVEL: ",),
    ),
    Format(
        "Kamailio, OpenSIPS",
        "Kamailio 5",
        r"\d+\(\d+\) \ {LEVEL}: \ \S+ \ \[ [^][\s]+ \]: \ (?: \w+\(\): \ )?",
        r"""
        - ERROR - »  0(1234) ERROR: <core> [core/main.c:12]: main(): §it failed
        - INFO - » 10(1246) INFO: tls [tls_mod.c:12]: mod_init(): §x
        - WARNING - » 12(1246) WARNING: tm [t_x.c:1]: f(): §slow
        """,
        starts="0",
        needs=("]: ",),
    ),
    Format(
        "CherryPy",
        "cherrypy 18",
        r"(?P<logger>ENGINE|HTTP) \ (?! (?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|Request:?) \ )",
        r"""
        2024-05-01T10:00:00 - ENGINE » [01/May/2024:10:00:00] ENGINE §Bus STARTING
        2024-05-01T10:00:01 - HTTP » [01/May/2024:10:00:01] HTTP §it failed
        2024-05-01T10:00:01 - ENGINE » [01/May/2024:10:00:01] ENGINE §Serving on http://127.0.0.1:8080
        """,
        starts="A",
        needs=("] ENGINE", "] HTTP "),
        behind_time=True,
    ),
    Format(
        "Passenger",
        "Passenger 6",
        r"\[ \ {letter} \ {time} \ [\w/]+ \ \S+:\d+ \ \]: \ +",
        r"""
        2024-05-01T10:00:00.1234 NOTICE - » [ N 2024-05-01 10:00:00.1234 123/T1 age/Wat/WatchdogMain.cpp:1373 ]: §Starting Passenger watchdog...
        2024-05-01T10:00:01.1234 ERROR - » [ E 2024-05-01 10:00:01.1234 123/T1 age/Cor/X.cpp:12 ]: §it failed
        2024-05-01T10:00:02.1234 WARNING - » [ W 2024-05-01 10:00:02.1234 123/Tz age/Cor/X.cpp:12 ]: §slow
        """,
        starts="[",
        needs=(" ]: ",),
    ),
    Format(
        "PgBouncer",
        "PgBouncer 1.22",
        r"\[\d+\] \ {LEVEL} \ (?= [CS]-0x | \S )",
        r"""
        2024-05-01T10:00:00.123 INFO - » 2024-05-01 10:00:00.123 UTC [1234] LOG §C-0x55: db/user@10.0.0.7:51022 login attempt
        2024-05-01T10:00:01.123 ERROR - » 2024-05-01 10:00:01.123 UTC [1234] ERROR §it failed
        2024-05-01T10:00:02.123 WARNING - » 2024-05-01 10:00:02.123 UTC [1234] WARNING §slow
        """,
        starts="[",
        needs=("] LOG ", "] ERROR ", "] WARNING ", "] FATAL ", "] DEBUG "),
        behind_time=True,
    ),
    Format(
        "Source dedicated server",
        "https://developer.valvesoftware.com/wiki/HL_Log_Standard",
        r"L \ {time}: \ ",
        r"""
        2024-05-01T10:00:00 - - » L 05/01/2024 - 10:00:00: §"a<1><STEAM_1:0:1><>" connected
        2024-05-01T10:00:01 - - » L 05/01/2024 - 10:00:01: §World triggered "Round_Start"
        2024-12-31T10:00:01 - - » L 12/31/2024 - 10:00:01: §Log file closed
        """,
        starts="A",
        needs=("L 00/",),
    ),
    Format(
        "MySQL 5.7, MariaDB: thread [level]",
        "MySQL 5.7, MariaDB 10",
        r"\d+ \ \[ (?P<level>Note|Warning|ERROR) \] \ (?= \w+: \ )",
        r"""
        2023-08-14T06:21:09.512345 NOTICE - » 2023-08-14T06:21:09.512345Z 0 [Note] §InnoDB: PUNCH HOLE support available
        2023-11-02T10:14:12 ERROR - » 2023-11-02 10:14:12 0 [ERROR] §mysqld: Can't lock aria control file
        2023-11-02T10:14:13 WARNING - » 2023-11-02 10:14:13 12 [Warning] §IP: cannot be resolved
        """,
        starts="0",
        needs=("0 [Note]", "0 [Warning]", "0 [ERROR]"),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Pgpool: process pid 1: LEVEL:",
        "pgpool-II 4.5",
        r"(?: [a-z_]+ \ ){1,2} pid \ \d+ : \ (?P<level>LOG|DEBUG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT) \d? : \ +",
        r"""
        2024-06-12T14:22:31.045 INFO - » 2024-06-12 14:22:31.045: main pid 123: LOG:  §Backend status file /tmp/pgpool_status discarded
        2024-06-12T14:22:32.045 ERROR - » 2024-06-12 14:22:32.045: child pid 124: ERROR:  §unable to read message kind
        2024-06-12T14:22:33 WARNING - » 2024-06-12 14:22:33: health_check0 pid 125: WARNING:  §slow
        """,
        starts="a",
        needs=(" pid 0",),
        behind_time=True,
    ),
    Format(
        "WebSphere Liberty: thread logger L",
        "https://openliberty.io/docs/latest/log-trace-configuration.html",
        r"[0a-f]{8} \ +(?P<logger>[A-Za-z_][\w.$]*) \ + (?: (?P<level>[FEWIDV]) | [AORCUZ1-3<>] ) \ +",
        r"""
        2023-11-02T09:14:12.123 ERROR * » [11/2/23, 9:14:12:123 UTC] 0000002b com.ibm.ws.logging.internal.impl.IncidentImpl                E §CWWKE0701E: it failed
        2023-11-02T09:14:13.123 WARNING * » [11/2/23, 9:14:13:123 UTC] 0000001a FeatureManager W §CWWKF0009W: odd
        2023-11-02T09:14:11.123 - * » [11/2/23, 9:14:11:123 UTC] 0000001a com.ibm.ws.kernel.feature.internal.FeatureManager            A §CWWKF0011I: The server is ready
        """,
        starts="0abcdef",
        needs=("] 0", "] a", "] b", "] c", "] d", "] e", "] f"),
        behind_time=True,
    ),
    Format(
        "Bacula, Bareos: daemon JobId 1:",
        "bareos 22",
        r"(?P<logger>[\w.-]+) \ JobId \ \d+: \ (?: {level} : \ +)?",
        r"""
        * - bareos-dir » 15-Jan 08:30 bareos-dir JobId 12: §Start Backup JobId 12
        * ERROR bareos-sd » 15-Jan 08:30 bareos-sd JobId 12: Error: §it failed
        * WARNING bareos-fd » 15-Jan 08:31 bareos-fd JobId 12: Warning: §odd
        """,
        starts="aA",
        needs=(" JobId 0",),
        behind_time=True,
    ),
    Format(
        "coturn: uptime: : LEVEL:",
        "coturn 4.6",
        r"\d+ : \ (?: \([^()\n]*\) )? : \ {LEVEL} : \ +",
        r"""
        - INFO - » 0: : INFO: §Listener address to use: 10.1.2.3
        - ERROR - » 12: (4711): ERROR: §it failed
        - WARNING - » 3: : WARNING: §slow
        """,
        starts="0",
        needs=(": :", ": ("),
    ),
    Format(
        "fail2ban",
        "fail2ban 1.0",
        r"(?P<logger>fail\dban\.\w+) \ * \[\d+\]: \ {LEVEL} \ +",
        r"""
        2023-11-02T09:14:11.123 INFO fail2ban.filter » 2023-11-02 09:14:11,123 fail2ban.filter         [4711]: INFO    §[sshd] Found 10.1.2.3 - 2023-11-02 09:14:10
        2023-11-02T09:14:11.124 NOTICE fail2ban.actions » 2023-11-02 09:14:11,124 fail2ban.actions        [4711]: NOTICE  §[sshd] Ban 10.1.2.3
        2023-11-02T09:14:11.125 ERROR fail2ban.utils » 2023-11-02 09:14:11,125 fail2ban.utils          [4711]: ERROR   §7f1c -- exec: iptables
        """,
        starts="f",
        needs=("fail0ban.",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Icecast: LEVEL module/function",
        "Icecast 2.4",
        r"{LEVEL} \ (?P<logger>[A-Za-z]\w*/\w+) \ +",
        r"""
        2025-03-04T09:08:07 INFO main/main » [2025-03-04  09:08:07] INFO main/main §Icecast 2.4.4 server started
        2025-03-04T09:08:08 WARNING CONFIG/_parse_root » [2025-03-04  09:08:08] WARN CONFIG/_parse_root §slow
        2025-03-04T09:08:09 ERROR source/get_next_buffer » [2025-03-04  09:08:09] EROR source/get_next_buffer §it failed
        """,
        starts="A",
        needs=("INFO ", "WARN ", "EROR ", "DBUG "),
        behind_time=True,
    ),
    Format(
        "Nexus: LEVEL [thread] user logger -",
        "Nexus Repository 3",
        r"{LEVEL} \ + \[ [^][\n]+ \] \ + [*\w.@-]+ \ (?P<logger>[\w$]+(?:[.][\w$]+)+) \ - \ ",
        r"""
        2025-03-04T09:08:07.123 INFO org.sonatype.nexus.X » 2025-03-04 09:08:07,123+0000 INFO  [jetty-main-1]  *SYSTEM org.sonatype.nexus.X - §Started
        2025-03-04T09:08:08.123 ERROR org.sonatype.nexus.Y » 2025-03-04 09:08:08,123+0000 ERROR [qtp1-12]  admin org.sonatype.nexus.Y - §it failed
        2025-03-04T09:08:09.123 WARNING a.b.C » 2025-03-04 09:08:09,123+0000 WARN  [event-12-thread-1] *SYSTEM a.b.C - §slow
        """,
        starts="A",
        needs=(" - ",),
        behind_time=True,
    ),
    Format(
        "CodeIgniter: LEVEL - time -->",
        "CodeIgniter 4",
        r"{LEVEL} \ - \ {time} \ --> \ +",
        r"""
        2025-03-04T09:08:07 ERROR - » ERROR - 2025-03-04 09:08:07 --> §Severity: Warning --> x
        2025-03-04T09:08:08 INFO - » INFO - 2025-03-04 09:08:08 --> §Config Class Initialized
        2025-03-04T09:08:09 CRITICAL - » CRITICAL - 2025-03-04 09:08:09 --> §Undefined variable $x
        """,
        starts="A",
        needs=(" --> ",),
        is_exact=True,
    ),
    Format(
        "Factorio: uptime LEVEL file:line:",
        "factorio 1.1",
        r"\d+ \. \d{3} \ {level} \ [\w./]+ : \d+ : \ ",
        r"""
        - ERROR - »    2.345 Error Util.cpp:83: §it failed
        - INFO - »  123.456 Info ServerMultiplayerManager.cpp:812: §updateTick(81) changing state
        - TRACE - »    0.001 Verbose NetworkInputHandler.cpp:12: §x
        """,
        starts="0",
        needs=(".cpp:0",),
        is_exact=True,
    ),
    Format(
        "mysqld_safe",
        "MySQL 8, MariaDB 10",
        r"(?P<logger>mysqld_safe|mariadbd-safe) \ ",
        r"""
        2024-05-01T10:00:00.123456 - mysqld_safe » 2024-05-01T10:00:00.123456Z mysqld_safe §Logging to '/var/log/mysqld.log'.
        2024-05-01T10:00:01.123456 - mysqld_safe » 2024-05-01T10:00:01.123456Z mysqld_safe §Starting mysqld daemon
        2024-05-01T10:00:02 - mariadbd-safe » 240501 10:00:02 mariadbd-safe §Number of processes running now: 0
        """,
        starts="a",
        needs=("mysqld_safe ", "mariadbd-safe "),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "AWS load balancer: access log",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
        r"[\w./-]+ \ (?= \d{1,3} (?:\.\d{1,3}){3} :\d+ \ (?: - | \d[\d.]+:\d+ ) \ -?\d )",
        r"""
        2024-05-01T10:00:00.123456 - - » 2024-05-01T10:00:00.123456Z my-lb §10.1.2.3:2817 10.1.2.4:80 0.000073 0.001048 0.000057 200 200 0 29
        2024-05-01T10:00:01.123456 - - » h2 2024-05-01T10:00:01.123456Z app/my-lb/50dc6c49 §10.1.2.3:2817 10.1.2.4:80 0.000 0.001 0.000 200
        2024-05-01T10:00:02.123456 - - » h2 2024-05-01T10:00:02.123456Z app/my-lb/50dc6c49 §10.1.2.3:2817 - -1 0.001 -1 503
        """,
        starts="aA",
        needs=(" 0.000", " -0 "),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "PostgreSQL: time in angle brackets",
        "log_line_prefix '< %m >' of Red Hat",
        r"\A < \ {time} \ > {LEVEL} : \ +",
        r"""
        2025-03-07T06:07:08.812 INFO - » < 2025-03-07 06:07:08.812 UTC >LOG:  §database system is ready
        2025-03-07T06:07:09.812 ERROR - » < 2025-03-07 06:07:09.812 UTC >ERROR:  §relation "cart" does not exist
        2025-03-07T06:07:10.812 CRITICAL - » < 2025-03-07 06:07:10.812 UTC >FATAL:  §role "x" does not exist
        """,
        starts="<",
        needs=(" >",),
        is_exact=True,
    ),
    Format(
        "SAP HANA trace",
        "hana 2",
        r"\A \[ \d+ \] \{ -?\d+ \} \[ -?\d+/-?\d+ \] \ {time} \ [dipwef] \ {logger} \ + (?: [\w.]+ \( \d+ \) \ : \ +)?",
        r"""
        2025-03-07T06:07:08.812345 - Basis » [4711]{-1}[-1/-1] 2025-03-07 06:07:08.812345 i Basis            TraceStream.cpp(00812) : §==== Starting
        2025-03-07T06:07:09.812345 - Logger » [4712]{300081}[12/-1] 2025-03-07 06:07:09.812345 e Logger           PersistenceManager.cpp(00081) : §Cannot write
        2025-03-07T06:07:10.812345 - Memory » [4711]{-1}[-1/-1] 2025-03-07 06:07:10.812345 w Memory           MallocProxy.cpp(01234) : §out of memory
        """,
        starts="[",
        needs=("]{",),
        is_exact=True,
    ),
    Format(
        "Couchbase: [component:level,time,node]",
        "couchbase 7",
        r"\A \[ {logger} (?<=\w) : (?P<level>debug|info|warn|warning|error|critical) , {time} , [^]\n]{1,160} \]",
        r"""
        2025-03-07T06:07:08.812 INFO ns_server » [ns_server:info,2025-03-07T06:07:08.812Z,ns_1@cb.local:<0.812.0>:ns_config:init:81]§Loading
        2025-03-07T06:07:09.812 ERROR ns_server » [ns_server:error,2025-03-07T06:07:09.812Z,ns_1@cb.local:<0.812.0>:menelaus_web:loop:12]§Server error
        2025-03-07T06:07:10.812 WARNING cluster » [cluster:warn,2025-03-07T06:07:10.812Z,ns_1@cb.local:x<0.1.0>:a:b:81]§slow
        """,
        starts="[",
        needs=(":info,", ":error,", ":warn", ":debug,"),
        is_exact=True,
    ),
    Format(
        "Falco: time: Level text",
        "falco 0.37",
        r"(?<=0:\ ) (?P<level>Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug) \ +",
        r"""
        2025-12-31T06:07:08.812345678 NOTICE - » 06:07:08.812345678: Notice §A shell was spawned in a container
        2025-12-31T06:07:09.812345678 WARNING - » 06:07:09.812345678: Warning §Sensitive file opened for reading
        2025-12-31T06:07:10.812345678 CRITICAL - » 06:07:10.812345678: Critical §File created below /dev
        """,
        starts="A",
        needs=("0: ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "QuestDB: L name",
        "questdb 8",
        r"{letter} \ (?P<logger>server-main|i\.q\.[\w.]+) \ +",
        r"""
        2025-03-07T06:07:08.812345 INFO server-main » 2025-03-07T06:07:08.812345Z I server-main §enabled [http=0.0.0.0:9000]
        2025-03-07T06:07:09.812345 ERROR i.q.c.h.p.X » 2025-03-07T06:07:09.812345Z E i.q.c.h.p.X §[12] syntax error
        2025-03-07T06:07:10.812345 INFO i.q.c.TextLoader » 2025-03-07T06:07:10.812345Z I i.q.c.TextLoader §Server config: /a
        """,
        starts="A",
        needs=(" server-main ", " i.q."),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Redpanda, Seastar: [shard n:group] name - [context] file:line -",
        "redpanda 24",
        r"\[ shard \ + \d+ (?: :\w+ )? \] \ {logger} \ - \ (?: \[ [^][\n]{0,80} \] \ )? [\w./-]+:\d+ \ - \ +",
        r"""
        2025-03-07T06:07:08.812 INFO cluster » INFO  2025-03-07 06:07:08,812 [shard 0:main] cluster - controller.cc:81 - §Controller started
        2025-03-07T06:07:09.812 WARNING raft » WARN  2025-03-07 06:07:09,812 [shard 1:raft] raft - [group_id:1, {kafka/shop/0}] consensus.cc:812 - §vote failed
        2025-03-07T06:07:10.812 ERROR rpc » ERROR 2025-03-07 06:07:10,812 [shard 12] rpc - server.cc:81 - §refused
        """,
        starts="[",
        needs=("[shard ",),
        behind_time=True,
    ),
    Format(
        "Wazuh: name[pid] file:line at function(): LEVEL:",
        "wazuh 4",
        r"(?P<logger>[\w:-]+) \[ \d+ \] \ [\w.-]+:\d+ \ at \ \w+\(\) : \ {LEVEL} : \ +",
        r"""
        2025-03-07T06:07:09 ERROR wazuh-remoted » 2025/03/07 06:07:09 wazuh-remoted[4711] main.c:12 at main(): ERROR: §(1205): Unable to bind
        2025-03-07T06:07:10 INFO wazuh-db » 2025/03/07 06:07:10 wazuh-db[4711] main.c:81 at main(): INFO: §Started (pid: 4711).
        2025-03-07T06:07:11 DEBUG wazuh-modulesd:x » 2025/03/07 06:07:11 wazuh-modulesd:x[4711] a.c:1 at b(): DEBUG: §x
        """,
        starts="a",
        needs=(" at ",),
        behind_time=True,
        is_exact=True,
    ),
)
