"""Formats of compilers, build tools and continuous integration."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "GitHub Actions, Azure DevOps: ##[level]",
        "https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands",
        r"\#\# \[ {level} \] \ ?",
        r"""
        - ERROR - » ##[error]§Process completed with exit code 1.
        2024-05-01T10:00:00.1234567 WARNING - » 2024-05-01T10:00:00.1234567Z ##[warning]§Node 16
        - DEBUG - » ##[debug]§x
        """,
        starts="#",
        needs=("##[",),
    ),
    Format(
        "GitHub Actions: workflow command",
        "https://docs.github.com/en/actions/using-workflows/workflow-commands-for-github-actions",
        r":: {level} (?: \ [^\n]{1,200}? )? ::",
        r"""
        - ERROR - » ::error file=a.js,line=1::§Missing semicolon
        - WARNING - » ::warning::§odd
        - NOTICE - » ::notice title=x::§hello
        """,
        starts=":",
        needs=("::",),
    ),
    Format(
        "Buildkit",
        "docker build --progress=plain",
        r"\#\d+ \ (?: \d+\.\d+ \ )? (?= [A-Z]{4,8}: )",
        r"""
        - ERROR - » #13 ERROR: §process "/bin/sh -c false" did not complete successfully: exit code: 1
        - ERROR - » #7 0.345 ERROR: §no such package
        - WARNING - » #7 1.2 WARNING: §odd
        """,
        starts="#",
        needs=("#0",),
        carries=True,
    ),
    Format(
        "GitLab CI timestamps",
        "gitlab-runner 17",
        r"\d\d [OE] \+? \ ",
        r"""
        2024-05-01T10:00:00.123456 - - » 2024-05-01T10:00:00.123456Z 00O §Running with gitlab-runner 17
        2024-05-01T10:00:01.123456 - - » 2024-05-01T10:00:01.123456Z 01E §bash: x: command not found
        2024-05-01T10:00:02.123456 ERROR - » 2024-05-01T10:00:02.123456Z 01E ERROR: §Job failed
        """,
        starts="0",
        needs=("0O", "0E"),
        carries=True,
        behind_time=True,
    ),
    Format(
        "MSBuild, TypeScript",
        "MSBuild 17, TypeScript 5",
        r"(?: (?:[A-Za-z]:)?[^\s(:]+ (?: \( \d+ (?:,\d+)* \) | (?=\ :) ) \ ?: | \S+:\d+:\d+ \ - ) \ (?:fatal \ )? {level} \ [A-Z]+\d+: \ ",
        r"""
        - ERROR - » Program.cs(12,5): error CS0103: §The name 'x' does not exist [/src/a.csproj]
        - WARNING - » Program.cs(13,5): warning CS0168: §The variable 'e' is declared but never used
        - ERROR - » C:\\src\\a.cpp(12): error C2065: §'x': undeclared identifier
        - ERROR - » LINK : fatal error LNK1104: §cannot open file 'x.lib'
        - ERROR - » src/a.ts:12:5 - error TS2304: §Cannot find name 'x'.
        """,
        starts="aA./",
        needs=("): ", "0 - ", ") : ", "LINK : "),
    ),
    Format(
        "rustc: level[code]",
        "rustc 1.77",
        r"(?P<level>error|warning) \[ [A-Za-z_:]+\d* \]: \ ",
        r"""
        - ERROR - » error[E0308]: §mismatched types
        - WARNING - » warning[E0170]: §pattern binding is named the same
        - ERROR - » error[E0425]: §cannot find value `x` in this scope
        """,
        starts="a",
        needs=("]: ",),
    ),
    Format(
        "Python warnings",
        "https://docs.python.org/3/library/warnings.html",
        r"[^\s:]+\.py:\d+: \ (?: \w+\. )* \w* (?P<level>Warning): \ ",
        r"""
        - WARNING - » /srv/a.py:3: DeprecationWarning: §old
        - WARNING - » /srv/b.py:7: UserWarning: §odd
        - WARNING - » b.py:7: lib.errors.OddWarning: §odd
        """,
        starts="aA/._",
        needs=("Warning: ",),
    ),
    Format(
        "CMake",
        "CMake 3.28",
        r"CMake \ {level} (?: \ \( [^()\n]* \) )? (?: \ at \ [^\s:]+:\d+ (?: \ \( [^()\n]* \) )? )? : \ *",
        r"""
        - ERROR - » CMake Error at CMakeLists.txt:12 (find_package): §By not providing "FindX.cmake"
        - WARNING - » CMake Warning (dev) at CMakeLists.txt:3 (project): §odd
        - ERROR - » CMake Error: §The source directory does not exist
        """,
        starts="A",
        needs=("CMake ",),
    ),
    Format(
        "LEVEL!",
        "ansible-core 2.16, npmlog 7",
        r"(?P<level>ERROR|WARNING|FATAL|ERR)! \ +",
        r"""
        - ERROR - » ERROR! §couldn't resolve module/action 'x'
        - ERROR - » ERR! §it failed
        - WARNING - » WARNING! §odd
        """,
        starts="A",
        needs=("! ",),
        is_exact=True,
    ),
    Format(
        "file:line: note:",
        "mypy 1.10, gcc 13",
        r"[^\s:()\[\]]*[./][^\s:()\[\]]+ :\d+: (?:\d+:)? \ (?P<level>note) : \ +",
        r"""
        - NOTICE - » app/db.py:43: note: §See https://mypy.readthedocs.io
        - NOTICE - » src/a.c:3:9: note: §declared here
        - NOTICE - » a.py:3: note: §x
        """,
        starts="aA./",
        needs=(": note: ",),
    ),
    Format(
        "make: *** Error",
        "GNU Make 4.4",
        r"g?make (?: \[\d+\] )? : \ (?= \*\*\* \ [^\n]{1,200} \b (?P<level>Error) \ \d+ )",
        r"""
        - ERROR - » make: §*** [Makefile:3: all] Error 1
        - ERROR - » make[2]: §*** [a.mk:12: a.o] Error 127
        - ERROR - » gmake: §*** [Makefile:3: all] Error 2
        """,
        starts="mg",
        needs=(": *** ",),
    ),
    Format(
        "Kotlin: L: file",
        "kotlinc 2.0, Gradle",
        r"(?P<level> [ew]: ) \ (?= file:/// )",
        r"""
        - ERROR - » e: §file:///src/A.kt:3:9 Unresolved reference: x
        - WARNING - » w: §file:///src/A.kt:4:9 Variable 'y' is never used
        - ERROR - » e: §file:///a/b.kt:12:1 it failed
        """,
        starts="ew",
        needs=(": file:///",),
    ),
    Format(
        "level CODE:",
        "MSBuild 17, TypeScript 5",
        r"(?: [A-Z]{2,10} \ : \ )? (?P<level>error|warning) \ [A-Z]{2,6}\d{4,5} : \ +",
        r"""
        - ERROR - » error TS18003: §No inputs were found in config file
        - ERROR - » MSBUILD : error MSB1003: §Specify a project or solution file.
        - WARNING - » CSC : warning CS8032: §An instance of analyzer cannot be created
        """,
        starts="aA",
        needs=("error ", "warning "),
    ),
    Format(
        "docker: Error response from daemon:",
        "docker 26",
        r"(?: docker: \ )? (?P<level>Error) \ response \ from \ daemon: \ +",
        r"""
        - ERROR - » docker: Error response from daemon: §No such image: x.
        - ERROR - » Error response from daemon: §No such container: web
        - ERROR - » docker: Error response from daemon: §Conflict. The container name "/web" is already in use
        """,
        starts="dE",
        needs=("Error response",),
    ),
    Format(
        "tox: environment: milliseconds L",
        "tox 4 -vv",
        r"(?P<logger>[\w.-]+) : \ \d+ \ {letter} \ (?=\S)",
        r"""
        - DEBUG ROOT » ROOT: 210 D §setup logging to DEBUG on pid 23594 [tox/report.py:77]
        - INFO py » py: 269 I §find interpreter for spec PythonSpec(path=/srv/bin/python3) [python_discovery/_discovery.py:68]
        - WARNING py312 » py312: 300 W §slow [virtualenv/run/session.py:89]
        """,
        starts="aA",
        needs=("0 D ", "0 I ", "0 W ", "0 E ", "0 C "),
    ),
    Format(
        "file:line:column - level:, [level]",
        "pyright 1.1, yamllint 1.35 -f parsable",
        r"[^\s:]+:\d+:\d+ (?: \ - \ (?P<level>error|warning) : | : \ \[ (?P<level2>error|warning) \] ) \ +",
        r"""
        - ERROR - »   /srv/app/b.py:2:8 - error: §"undefined_name" is not defined (reportUndefinedVariable)
        - WARNING - » src/b.py:3:8 - warning: §Import "x" could not be resolved from source
        - ERROR - » a.yml:2:1: [error] §duplication of key "a" in mapping (key-duplicates)
        """,
        starts="aA./_",
        needs=(" - error: ", " - warning: ", ": [error] ", ": [warning] "),
    ),
    Format(
        "Turborepo: package:task:",
        "turbo 2",
        r"\A (?P<logger>[\w@/.-]+ [:\#] (?:build|dev|test|lint|start) ) : \ +",
        r"""
        - - web:build » web:build: §cache miss, executing 861edc571e824ec6
        - WARNING * » @shop/web:test: WARN §slow
        - ERROR * » web#build:  ERROR  §command exited (1)
        """,
        starts="aA@",
        needs=("build: ", "dev: ", "test: ", "lint: ", "start: "),
        carries=True,
    ),
    Format(
        "Google Cloud Build: Step #1",
        "https://cloud.google.com/build/docs",
        r'\A (?: Finished \ | Starting \ )? Step \ \#\d+ (?: \ - \ "[^"\n]{1,60}" )? : \ ?',
        r"""
        - - * » Step #1 - "build": §Sending build context to Docker daemon  81.2MB
        - - * » Step #0: §Pulling image: gcr.io/x
        - ERROR * » Step #2 - "test": ERROR: §it failed
        """,
        starts="AS",
        needs=("Step #0",),
        carries=True,
    ),
    Format(
        "WiX Burn",
        "wix 3.11",
        r"\A \[ [0-9A-F]{4}:[0-9A-F]{4} \] \[ {time} \] [iwe]\d{3} : \ +",
        r"""
        2025-03-07T06:07:08 - - » [1A4C:0B74][2025-03-07T06:07:08]i001: §Burn v3.11.2.4516
        2025-03-07T06:07:09 - - » [1A4C:0B74][2025-03-07T06:07:09]e000: §Error 0x80070642: Failed to install
        2025-03-07T06:07:10 - - » [0A4C:0B74][2025-03-07T06:07:10]w343: §Prompt for source
        """,
        starts="[",
        needs=("][0000-",),
        is_exact=True,
    ),
    Format(
        "Windows Installer",
        "msiexec /l*v",
        r"\A MSI \ \( [a-z] \) \ \( [^()\n]{1,12} \) \ \[ {time} \] : \ +",
        r"""
        2025-12-31T06:07:08.812 - - » MSI (s) (A4:7C) [06:07:08:812]: §Doing action: INSTALL
        2025-12-31T06:07:09.812 - - » MSI (c) (0C:18) [06:07:09:812]: §Note: 1: 2262 2: AdminProperties
        2025-12-31T06:07:10 - - » MSI (s) (A4!7C) [06:07:10]: §it failed
        """,
        starts="A",
        needs=("MSI (",),
        is_exact=True,
    ),
    Format(
        "dotnet watch",
        "dotnet 8",
        r"\A dotnet \ watch \ (?:\S{1,2}) \ +",
        r"""
        - - - » dotnet watch 🔥 §Hot reload enabled.
        - - - » dotnet watch ⌚ §Started
        - - - » dotnet watch 🚀 §Launched
        """,
        starts="a",
        needs=("dotnet watch ",),
        is_exact=True,
    ),
)
