"""Formats of JavaScript tools and frameworks."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "NestJS",
        "https://docs.nestjs.com/techniques/logger",
        r"\[ \w+ \] \ +\d+ \ + (?: -\ + )? {time} \ +{level} \ + (?: \[ {logger} \] \ )?",
        r"""
        2024-05-01T10:00:00 ERROR ExceptionsHandler » [Nest] 12345  - 05/01/2024, 10:00:00 AM   ERROR [ExceptionsHandler] §boom
        2024-05-01T22:00:01 INFO NestFactory » [Nest] 12345  - 05/01/2024, 10:00:01 PM     LOG [NestFactory] §Starting
        2024-05-01T10:00:02 WARNING - » [Nest] 12345  - 05/01/2024, 10:00:02 AM    WARN §slow
        2024-05-01T22:00:03 ERROR - » [App] 23042  05/01/2024, 10:00:03 PM   ERROR §it failed +5ms
        """,
        starts="[",
        needs=(" - ", "] 0", "]  0"),
    ),
    Format(
        "npm",
        "npm 10",
        r"npm \ +{level}!? \ +",
        r"""
        - ERROR - » npm ERR! §code ENOENT
        - ERROR - » npm error §code ENOENT
        - WARNING - » npm warn §deprecated inflight@1.0.6: This module is not supported
        """,
        starts="a",
        needs=("npm ",),
    ),
    Format(
        "icon and level (signale, consola)",
        "signale 1.4, consola 3",
        r"(?: \[ [\w:.-]+ \] \ (?=\?) )? (?: \? \ + [?x] | \?{1,3} ) \ +"
        r" (?: \[ {level} \] \ + | {level} (?: \ + (?P<logger>\[[\w:.-]+\]) \ + | \ \ + | : \ ) )",
        r"""
        - INFO - » ℹ  info      §started
        - ERROR - » ✖  error     §it failed
        - ERROR - » [app:db] › ✖  error     §it failed
        - ERROR - » ✗ error [app] §it failed
        - WARNING - » ⚠  warning   §slow
        - ERROR - » ✘ [ERROR] §Expected ")" but found end of file
        - WARNING - » ▲ [WARNING] §Import "x" will always be undefined
        """,
        starts="?[",
        needs=("? ",),
    ),
    Format(
        "bunyan, long",
        "bunyan 1.8",
        r"{LEVEL}: \ {logger} /\d+ \ on \ [^\s:]+ (?: \ \( [^()]* \) )? : \ ",
        r"""
        2024-05-01T10:00:00.123 INFO app » [2024-05-01T10:00:00.123Z]  INFO: app/1234 on h: §started
        2024-05-01T10:00:01.123 ERROR app » [2024-05-01T10:00:01.123Z] ERROR: app/1234 on h: §it failed
        2024-05-01T10:00:02.123 WARNING app » [2024-05-01T10:00:02.123Z]  WARN: app/1234 on h (a.js:12): §slow
        """,
        starts="A",
        needs=(" on ",),
    ),
    Format(
        "PM2",
        "pm2 5",
        r"\d+ \| {logger} \ * \| \ ?",
        r"""
        - INFO app » 0|app      | INFO: §started
        2024-05-01T10:00:01 - app » 0|app      | 2024-05-01T10:00:01: §hello
        - - app » 12|app     | §hello
        """,
        starts="0",
        needs=("0|",),
        carries=True,
    ),
    Format(
        "npm, debug log: number level",
        "npm 10, ~/.npm/_logs",
        r"\d+ \ (?: (?P<level>silly|verbose|http) | (?P<level2>info|notice|warn|error) (?= \ (?:code|errno|syscall|path|stack"
        r"|using|it|ok|lifecycle|network|argv|run|attempt|signal|command|deprecated|config|cwd|node|npm|notarget|audit"
        r"|not|A|Error|0{3}|[A-Z]{5,}|exit)\b) ) \ +",
        r"""
        - TRACE - » 12 verbose §stack Error: command failed
        - ERROR - » 13 error §code E404
        - INFO - » 0 info §using npm@10.2.4
        - - - » 3 error messages were found
        """,
        starts="0",
        needs=(" silly ", " verbose ", " http ", " info ", " notice ", " warn ", " error "),
    ),
    Format(
        "Yarn 1",
        "yarn 1.22, ConsoleReporter",
        r"\A (?P<level>error|warning|warn|info|success) \ + (?! \S+:\d+\ \ ) (?= [A-Z\x22'] | [\w./@-]+\.json\b | @?[\w./-]+@\S+: | [\w./@-]+\ >\ )",
        r"""
        - ERROR - » error §Command failed with exit code 1.
        - WARNING - » warning §package-lock.json found. Your project contains lock files
        - WARNING - » warning react-scripts > jest > left-pad@1.3.0: use String.prototype.padStart()
        - NOTICE - » success §Saved lockfile.
        - - - » error while reading
        """,
        starts="ewis",
        needs=("error ", "warning ", "warn ", "info ", "success "),
        is_exact=True,
    ),
    Format(
        "Node warnings",
        "https://nodejs.org/api/process.html#event-warning",
        r"\( node:\d+ \) \ (?: \[ \w+ \] \ )? \w* (?P<level>Warning) : \ +",
        r"""
        - WARNING - » (node:1234) [DEP0040] DeprecationWarning: §The `punycode` module is deprecated.
        - WARNING - » (node:1234) ExperimentalWarning: §The Fetch API is an experimental feature.
        - WARNING - » (node:9) Warning: §Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0'
        """,
        starts="(",
        needs=("(node:",),
    ),
    Format(
        "name:level time:",
        "zigbee2mqtt 1.35",
        r"(?P<logger>[A-Z]\w+) : {level} \ +{time} : \ +",
        r"""
        2025-03-04T09:08:07 INFO Zigbee2MQTT » Zigbee2MQTT:info  2025-03-04 09:08:07: §MQTT publish: topic 'zigbee2mqtt/x'
        2025-03-04T09:08:08 ERROR Zigbee2MQTT » Zigbee2MQTT:error 2025-03-04 09:08:08: §it failed
        2025-03-04T09:08:09 WARNING Zigbee2MQTT » Zigbee2MQTT:warn  2025-03-04 09:08:09: §slow
        """,
        starts="A",
        needs=(":info ", ":warn ", ":error ", ":debug "),
    ),
    Format(
        "webpack: LEVEL in",
        "webpack 5",
        r"(?P<level>ERROR|WARNING) \ in \ (?! [\w.]+: )",
        r"""
        - ERROR - » ERROR in §./src/a.js 1:1
        - WARNING - » WARNING in §asset size limit: The following asset(s) exceed the recommended size limit
        - ERROR - » ERROR in §main
        """,
        starts="EW",
        needs=("ERROR in ", "WARNING in "),
        is_exact=True,
    ),
    Format(
        "badge: a padded level behind a blank",
        "adze 2",
        r"(?<!\ \ ) (?<=\ ) (?P<level>Error|Warn|Warning|Info|Alert|Fail|Fatal|Success|Debug|Verbose) \ {3,} (?= [A-Za-z\[] )",
        r"""
        - ERROR - »  Error      §it failed
        - WARNING - » \e[43m\e[37m Warn      \e[39m\e[49m §slow
        - CRITICAL - » \e[41m\e[1m\e[37m Alert     \e[39m\e[22m\e[49m §gone
        """,
        starts="A",
        needs=(
            "Error   ",
            "Warn   ",
            "Warning   ",
            "Info   ",
            "Alert   ",
            "Fail   ",
            "Fatal   ",
            "Success   ",
            "Debug   ",
            "Verbose   ",
        ),
    ),
    Format(
        "[level] and a time in quotes",
        "log-driver 1.2",
        r"\[ {level} \] \ +\x22{time}\x22 \ +",
        r"""
        2025-03-04T09:08:07.719 INFO - » [info] "2025-03-04T09:08:07.719Z"  §'started'
        2025-03-04T09:08:08.719 ERROR - » [error] "2025-03-04T09:08:08.719Z"  §'it failed'
        2025-03-04T09:08:09 WARNING - » [warn] "2025-03-04 09:08:09"  §'slow'
        """,
        starts="[",
        needs=('] "0',),
    ),
    Format(
        "ESLint, stylish: line:column level",
        "eslint 9",
        r"\d+:\d+ \ + (?P<level>error|warning) \ + ",
        r"""
        - WARNING - »   1:5   warning  §'unused' is assigned a value but never used  no-unused-vars
        - ERROR - »   1:15  error    §'foo' is not defined                         no-undef
        - ERROR - »   112:15  error  §Parsing error: Unexpected token
        """,
        starts="0",
        needs=(" error ", " warning "),
    ),
    Format(
        "pm2.log",
        "pm2 7",
        r"(?P<logger>PM\d) \ (?: log | (?P<level>error) ) : \ +",
        r"""
        2026-11-30T12:26:12 - PM2 » 2026-11-30T12:26:12: PM2 log: §PM2 version          : 7.0.4
        2026-11-30T12:26:13 ERROR PM2 » 2026-11-30T12:26:13: PM2 error: §it failed
        2026-11-30T12:26:14 - PM2 » 2026-11-30T12:26:14: PM2 log: §App [app:0] online
        """,
        starts="P",
        needs=("PM0 log: ", "PM0 error: "),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "webpack: <e>",
        "webpack-dev-server 5, getInfrastructureLogger",
        r"(?P<level> < [ewit] > ) \ (?=\[)",
        r"""
        - ERROR - » <e> §[webpack-dev-middleware] Error: it failed
        - INFO - » <i> §[webpack-dev-server] Project is running at:
        - WARNING - » <w> §[webpack-dev-server] slow
        """,
        starts="<",
        needs=("> [",),
        is_exact=True,
    ),
    Format(
        "sequelize, TypeORM",
        "sequelize 6, typeorm 0.3",
        r"\A (?: Executing \ \( [\w-]+ \) : | query: (?=\ [A-Z]{4,}\ ) ) \ +",
        r"""
        - - - » Executing (default): §SELECT 1+1 AS result
        - - - » Executing (0a2b-1): §START TRANSACTION;
        - - - » query: §SELECT VERSION() AS `version`
        """,
        starts="aA",
        needs=("Executing (", "query: "),
        is_exact=True,
    ),
    Format(
        "Lighthouse: LH:name",
        "lighthouse 12",
        r"(?<=\ ) (?P<logger>LH:\w+) \ +",
        r"""
        - - LH:status »   LH:status §Connecting to browser +12ms
        - - LH:ChromeLauncher »   LH:ChromeLauncher §Waiting for browser. +0ms
        - - LH:Printer »   LH:Printer §html output written to /srv/a.html +12ms
        """,
        starts="L",
        needs=("LH:",),
        is_exact=True,
    ),
)
