"""Formats of operating systems and network devices."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "RFC 5424",
        "https://www.rfc-editor.org/rfc/rfc5424",
        r"(?P<level> <\d{1,3}> ) \d{1,2} \ (?: (?P<time>\d{4}-\S+) | - ) \ \S+ \ (?: - | (?P<logger>\S+) ) \ \S+ \ \S+ \ +"
        r' (?: - | (?: \[ [^\s\]"=]+ (?: \ [^\s="\]]+ = "(?:[^"\\]|\\.)*" )* \ ? \] )+ ) (?: \ \?? | $ )',
        r"""
        2003-10-11T22:14:15.003 CRITICAL su » <34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - §'su root' failed
        2023-10-11T22:14:15.003 NOTICE evntslog » <165>1 2023-10-11T22:14:15.003Z web1 evntslog 812 ID47 [ex@32473 iut="3" src="App \\"x\\" \\]"][o@1 a="b"] §An application event
        2023-10-11T22:14:15 ERROR app » <11>1 2023-10-11T22:14:15Z h app 1 ID47 [ex@32473 a="b"][o@1 c="d"] §two elements
        """,
        starts="<",
        needs=("<0",),
    ),
    Format(
        "dmesg -x",
        "man dmesg",
        r"\w+ \ * : {level} \ * : \ \[ \ *\d+\.\d+ \] \ ",
        r"""
        - ERROR - » kern  :err   : [   12.345678] §usb 1-1: device not accepting address
        - INFO - » kern  :info  : [    0.000000] §Linux version 6.8.0
        - NOTICE - » user  :notice: [    1.000000] §odd
        """,
        starts="a",
        needs=(": [",),
    ),
    Format(
        "auditd",
        "https://github.com/linux-audit/audit-documentation",
        r"(?: node=\S+ \ )? type={logger} \ msg=audit \( {time} :\d+ \) : \ *",
        r"""
        2013-03-28T14:36:03.243 - SYSCALL » type=SYSCALL msg=audit(1364481363.243:24287): §arch=c000003e syscall=2
        2013-03-28T14:36:03.243 - PATH » type=PATH msg=audit(1364481363.243:24287): §item=0 name="/etc/a b"
        2013-03-28T14:36:03.243 - CWD » node=h type=CWD msg=audit(1364481363.243:24287): §cwd="/"
        """,
        starts="a",
        needs=("audit(",),
    ),
    Format(
        "macOS system.log with a level",
        "man syslog",
        r"\S+ \ (?P<logger>[^\s\[]+) \[\d+\] (?: \ \( [^()]* \) )? \ < {level} > : \ ",
        r"""
        2026-01-01T10:00:01 ERROR com.apple.xpc.launchd » Jan  1 10:00:01 mac com.apple.xpc.launchd[1] (com.apple.x[123]) <Error>: §Service exited
        2026-01-01T10:00:02 NOTICE syslogd » Jan  1 10:00:02 mac syslogd[50] <Notice>: §ASL Sender Statistics
        2026-01-01T10:00:02 WARNING x » Jan  1 10:00:02 mac x[50] <Warning>: §odd
        """,
        starts="aA",
        needs=(">: ",),
    ),
    Format(
        "macOS unified log",
        "man log",
        r"0x[\da-f]+ \ +{level} \ +0x[\da-f]+ \ +\d+ \ +\d+ \ +{logger} : \ (?: \( [^()]* \) \ )? (?: \[ [^][]* \] \ )?",
        r"""
        2024-05-01T08:00:00.123456 ERROR app » 2024-05-01 10:00:00.123456+0200 0x1234     Error       0x0                  567    0    app: (CoreFoundation) [com.apple.x:y] §it failed
        2024-05-01T08:00:00.123456 INFO app » 2024-05-01 10:00:00.123456+0200 0x1a34     Info        0x0                  567    0    app: §x
        2024-05-01T08:00:00.123456 DEBUG app » 2024-05-01 10:00:00.123456+0200 0x1234     Debug       0x0                  567    0    app: (CoreFoundation) §x
        """,
        starts="0",
        needs=(" 0x",),
        behind_time=True,
    ),
    Format(
        "Cisco: %FACILITY-severity-MNEMONIC",
        "https://www.cisco.com, System Message Guide",
        r"(?: \d+: \ )? [*.]? (?: {time} : \ | \S+ \ :? \ ? )? % (?P<logger>[A-Z][A-Z\d_]*) (?P<level>-\d)- [A-Z\d_]+ : \ ",
        r"""
        2024-05-01T10:00:00.123 NOTICE LINEPROTO » *May  1 2024 10:00:00.123: %LINEPROTO-5-UPDOWN: §Line protocol on Interface Gi0/1, changed state to up
        2024-05-01T10:00:01.123 ERROR SYS » 000123: May  1 2024 10:00:01.123 UTC: %SYS-3-CPUHOG: §Task is running
        2024-05-01T10:00:02 WARNING ASA » May  1 2024 10:00:02 fw1 : %ASA-4-106023: §Deny tcp
        """,
        starts="*.%0Aa",
        needs=("%",),
    ),
    Format(
        "topic,level",
        "RouterOS 7",
        r"[a-z\d-]+ (?: , [a-z\d-]+ ){0,4}? , {level} (?: , [a-z\d-]+ )* \ +",
        r"""
        2025-01-15T08:30:12 INFO - » jan/15 08:30:12 system,info §router rebooted
        2025-01-15T08:30:13 ERROR - » 2025-01-15 08:30:13 system,error,critical §login failure for user admin
        2025-01-15T08:30:14 WARNING - » 2025-01-15 08:30:14 wireless,warning §slow
        """,
        starts="a",
        needs=(",info", ",error", ",warning", ",critical", ",debug"),
        behind_time=True,
    ),
    Format(
        "GLib",
        "https://docs.gtk.org/glib/logging.html",
        r"(?: \( [^\s():]+:\d+ \): \ )? (?: (?P<logger>[\w.-]+)- )? {LEVEL} \ \*\*: \ (?: {time}: \ )?",
        r"""
        2026-01-01T00:00:00.123 WARNING Gtk » (gedit:1234): Gtk-WARNING **: 00:00:00.123: §cannot open display
        2026-01-01T00:00:00.456 CRITICAL GLib-GObject » (gedit:1234): GLib-GObject-CRITICAL **: 00:00:00.456: §assertion failed
        - WARNING - » (gedit:1234): WARNING **: §odd
        """,
        starts="(aA",
        needs=(" **: ",),
    ),
    Format(
        "VLC",
        "vlc 3 -vv",
        r"\[ [\da-f]{16} \] (?: \ [\w-]+ ){1,5}? \ {level}: \ ",
        r"""
        - ERROR - » [00007f8b1c000c80] main input error: §VLC could not open the file
        - DEBUG - » [000055d0c8a3e0c0] main libvlc debug: §VLC media player - 3.0.20 Vetinari
        - WARNING - » [000055d0c8a3e0c0] main playlist warning: §odd
        """,
        starts="[",
        needs=("] main ", ": "),
    ),
    Format(
        "Chromium",
        "chromium 120, base/logging.cc",
        r"\[ (?:\d+:\d+:)? (?P<time>\d{4}/\d{6}(?:[.]\d+)?) : {LEVEL} : [^\]\n]+ \] \ ",
        r"""
        2025-05-01T10:00:00.123456 ERROR - » [1234:1234:0501/100000.123456:ERROR:gpu_init.cc(523)] §Passthrough is not supported
        2025-05-01T10:00:01.123456 WARNING - » [1234:5678:0501/100001.123456:WARNING:bluez.cc(247)] §Floss manager not present
        2025-05-01T10:00:02.123456 INFO - » [1234:1234:0501/100002.123456:INFO:CONSOLE(12)] §"hello", source: https://x.org/ (12)
        2025-05-01T10:00:02.123456 ERROR - » [0501/100002.123456:ERROR:crash_report_database_win.cc(428)] §unexpected header
        """,
        starts="[",
        needs=("/000000",),
    ),
    Format(
        "Wireshark",
        "Wireshark 4",
        r"\*\* \ \( [^():\n]+:\d+ \) \ {time} \ \[ [\w\ ]+ \ {LEVEL} \] \ (?: \S+ \ )? (?: -- \ )?",
        r"""
        2026-01-01T00:00:00.123456 INFO - »  ** (wireshark:1234) 00:00:00.123456 [Main INFO] -- §Wireshark
        2026-01-01T00:00:01.123456 WARNING - »  ** (wireshark:1234) 00:00:01.123456 [GUI WARNING] ui/a.c:12 -- §odd
        2026-01-01T00:00:02.123456 ERROR - »  ** (tshark:1) 00:00:02.123456 [Capture ERROR] -- §it failed
        """,
        starts="*",
        needs=("** (",),
    ),
    Format(
        "ESXi 8",
        "https://knowledge.broadcom.com, ESXi 8 syslog",
        r"(?P<level> (?:Em|Al|Cr|Er|Wa|No|In|Db) \( ) \d+\) (?: \[\+\] )? \ (?: (?P<logger>[\w./-]+) (?: \[\d+\] )? : \ +)?",
        r"""
        2024-01-15T08:30:12.123 INFO Hostd » 2024-01-15T08:30:12.123Z In(166) Hostd[2099345]: §[Originator@6876 sub=Vimsvc] x
        2024-01-15T08:30:13.123 WARNING vmkwarning » 2024-01-15T08:30:13.123Z Wa(180) vmkwarning: §cpu0:263421 opID=a03fc439)WARNING: Sched
        2024-01-15T08:30:14.123 ERROR Hostd » 2024-01-15T08:30:14.123Z Er(163) Hostd[2099345]: §it failed
        2024-01-15T08:30:15.123 CRITICAL vmkernel » 2024-01-15T08:30:15.123Z Al(177) vmkernel: §gone
        """,
        starts="A",
        needs=("Em(", "Al(", "Cr(", "Er(", "Wa(", "No(", "In(", "Db("),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "macOS log, compact",
        "macOS 14, log stream --style compact",
        r"(?: Df | Db ) \ + (?P<logger>[\w.-]+) \[\d+ : [0a-f]+ \] \ +(?: \([^()\n]*\) \ +)? (?: \[ [\w.:-]+ \] \ +)?",
        r"""
        2023-11-02T09:14:12.123 - loginwindow » 2023-11-02 09:14:12.123 Df loginwindow[123:456] [com.apple.login:x] §hello
        2023-11-02T09:14:13.123 - kernel » 2023-11-02 09:14:13.123 Db kernel[0:4711] (Sandbox) §deny(1) file-read-data /x
        2023-11-02T09:14:14.123 - a » 2023-11-02 09:14:14.123 Df a[12:4f] §x
        """,
        starts="D",
        needs=("Df ", "Db "),
        behind_time=True,
    ),
    Format(
        "facility.severity",
        "OpenWrt logread, BusyBox syslogd",
        r"(?: [\w.-]+ \ +)?? (?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local0) [.]"
        r" (?P<level>emerg|alert|crit|err|warn|warning|notice|info|debug) \ +(?: {logger} (?: \[\d+\] )? : \ +)? (?: \[ \ *\d+[.]\d+ \] \ +)?",
        r"""
        2025-03-04T09:08:07 INFO dnsmasq » Tue Mar  4 09:08:07 2025 daemon.info dnsmasq[12]: §read /etc/hosts
        2025-03-04T09:08:08 ERROR hostapd » Tue Mar  4 09:08:08 2025 daemon.err hostapd: §it failed
        2025-03-04T09:08:09 WARNING kernel » Tue Mar  4 09:08:09 2025 kern.warn kernel: [   12.345678] §slow
        2025-03-04T09:08:10 ERROR sshd » Mar  4 09:08:10 ap1 auth.err sshd[12]: §it failed
        """,
        starts="aA0",
        needs=(
            "kern.",
            "user.",
            "mail.",
            "daemon.",
            "auth.",
            "authpriv.",
            "syslog.",
            "cron.",
            "local0.",
            "ftp.",
            "lpr.",
            "news.",
        ),
        behind_time=True,
    ),
    Format(
        "VMware Workstation 16: thread| I005:",
        "vmware.log",
        r"{logger} \| \ (?: (?P<level>[EWI]) | [A-Z] ) \d{3} : \ +",
        r"""
        2025-03-04T08:08:07.123 INFO vmx » 2025-03-04T09:08:07.123+01:00| vmx| I005: §Log for VMware Workstation
        2025-03-04T08:08:08.123 WARNING vcpu-0 » 2025-03-04T09:08:08.123+01:00| vcpu-0| W003: §slow
        2025-03-04T08:08:09.123 ERROR mks » 2025-03-04T09:08:09.123+01:00| mks| E105: §it failed
        """,
        starts="aA",
        needs=("| I000", "| W000", "| E000", "| A000"),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "Wine",
        "Wine 9, WINEDEBUG",
        r"(?: \d+[.]\d+: )? [\da-f]{4} : (?: [\da-f]{4} : )? (?: (?P<level>err|warn|trace) | fixme ) : [\w?]+ : \w+ \ +",
        r"""
        - ERROR - » 0024:err:module:import_dll §Library x.dll not found
        - WARNING - » 0024:warn:ntdll:RtlX §x
        - - - » 00f4:fixme:ntdll:NtQuerySystemInformation §info_class SYSTEM_PERFORMANCE_INFORMATION
        """,
        starts="0abcdef",
        needs=(":err:", ":fixme:", ":warn:", ":trace:"),
    ),
    Format(
        "Kodi: T:thread level <component>:",
        "Kodi 20",
        r"T:\d+ \ +(?: {level} \ < (?P<logger>[^<>\n]+) > | {LEVEL} ) : \ +",
        r"""
        2025-03-04T09:08:07.123 INFO general » 2025-03-04 09:08:07.123 T:1234    info <general>: §Starting Kodi (20.2)
        2025-03-04T09:08:08.123 ERROR general » 2025-03-04 09:08:08.123 T:1234   error <general>: §it failed
        2025-12-31T09:08:09 ERROR - » 09:08:09 T:140123  ERROR: §it failed
        2025-03-04T09:08:09.123 WARNING CSettingsManager » 2025-03-04 09:08:09.123 T:12 warning <CSettingsManager>: §slow
        """,
        starts="T",
        needs=("T:0",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "syslog of FreeBSD: <facility.level>",
        "syslogd -vv of FreeBSD 14",
        r"< [a-z]+\d? \. (?P<level>emerg|alert|crit|err|warning|notice|info|debug) > \ [\w.-]+ \ (?P<logger>[\w./-]+) (?: \[\d+\] )? : \ +",
        r"""
        2025-03-07T06:07:08 CRITICAL kernel » Mar  7 06:07:08 <kern.crit> web1 kernel: §pid 4711 (a): exited on signal 11
        2025-03-07T06:07:09 NOTICE su » Mar  7 06:07:09 <auth.notice> web1 su[4711]: §alice to root on /dev/pts/1
        2025-03-07T06:07:10 ERROR app » Mar  7 06:07:10 <local0.err> web1 app: §it failed
        """,
        starts="<",
        needs=("> ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "syslog of Solaris: [ID n facility.level]",
        "solaris 11",
        r"[\w.-]+ \ (?P<logger>[\w./-]+) (?: \[\d+\] )? : \ \[ ID \ \d+ \ \w+ \. (?P<level>\w+) \] \ +",
        r"""
        2025-03-07T06:07:09 INFO sshd » Mar  7 06:07:09 web1 sshd[4711]: [ID 800047 auth.info] §Accepted publickey
        2025-03-07T06:07:10 CRITICAL su » Mar  7 06:07:10 web1 su: [ID 810491 auth.crit] §'su root' failed
        2025-03-07T06:07:11 ERROR app » Mar  7 06:07:11 web1 app: [ID 1 local0.err] §it failed
        """,
        starts="aA",
        needs=("[ID 0",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "YaST, libzypp: <number> host(pid)",
        "y2log",
        r"< \d > \ [\w.-]+\(\d+\) \ \[ (?P<logger>[\w.:+-]+) \] \ \S+?:\d+ \ +",
        r"""
        2025-03-07T06:07:08 - zypp » 2025-03-07 06:07:08 <1> web1(4711) [zypp] Target.cc(Target):81 §Initialized target on /
        2025-03-07T06:07:09 - Ruby » 2025-03-07 06:07:09 <3> web1(4711) [Ruby] yast/wfm.rb:259 §Client x not found
        2025-03-07T06:07:10 - libcurl » 2025-03-07 06:07:10 <2> web1(4711) [libcurl] MediaCurl.cc(x):12 §retry
        """,
        starts="<",
        needs=("<0> ",),
        behind_time=True,
        is_exact=True,
    ),
    Format(
        "idevicesyslog: name(library)[pid] <Level>:",
        "libimobiledevice 1.3",
        r"(?P<logger>[\w.-]+) (?: \([\w.-]+\) )? \[ \d+ \] \ < {level} > : \ +",
        r"""
        2025-03-07T06:07:10 NOTICE Shop » Mar  7 06:07:10 Shop(CFNetwork)[4711] <Notice>: §Task <3F2A>.<1> finished
        2025-03-07T06:07:11 ERROR SpringBoard » Mar  7 06:07:11 SpringBoard[61] <Error>: §[com.acme] no scene
        2025-03-07T06:07:12 DEBUG backboardd » Mar  7 06:07:12 backboardd[66] <Debug>: §81 events
        """,
        starts="aA",
        needs=(">: ",),
        behind_time=True,
        is_exact=True,
    ),
)
