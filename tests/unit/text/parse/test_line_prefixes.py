"""Prefixes that no line alone shows, but most lines of a source do."""

from __future__ import annotations

import pytest

from reflowlog.text.layout.source_indent import HeaderColumns
from reflowlog.text.parse.header import header
from reflowlog.text.parse.header_shapes import settled_start

MESSAGES = [
    "Waiting for lock held by pid 4711",
    "ready",
    "3 of 12 connections in use",
    "java.net.ConnectException: Connection refused",
    "user=alice action=login",
    "items: 3, total: 12.50",
    "[worker-3] picked up job 81",
    "Could not open /srv/a.db: no such file",
]
PREFIXES = [
    "=={}== ",
    "|<{}>| ",
    "a:b:{}:100: ",
    "warn:legacy.osl:{}:4712:sal/osl/unx/file.cxx:100: ",
    "I/TC:0 0 init_primary:{} ",
    "00000{} [ts=54594us, mod=64 level=1] ",
    "app pid:{} ",
    "UVM_INFO my_test.sv({}) @ 100: uvm_test_top [TEST] ",
    "lerna info ",
    "shop 12 [worker {}] ",
    "FTP Session {} (main) ",
    "NET 471{}: ",
    "HTTP 471{}: ",
    "G4WT{} > ",
    "Lustre: {}:0:(client.c:2133:expire_one_request()) ",
    "LustreError: {}:0:(client.c:2133:expire_one_request()) ",
    "%7|48{}|CONNECT|shop#producer-1| [thrd:app]: ",
    "libfabric:471{}:1741528927:core:fi_getinfo():100<info> ",
    "   81{} <kafka.producer.kafka/__init__> ",
]


def starts(lines: list[str]) -> list[int]:
    """Return the columns of the messages of a source's lines."""
    headers = HeaderColumns()
    headers.add(lines)
    return [settled_start(line, header(line).column, headers.shapes) for line in lines]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefix_of_all_lines(prefix: str) -> None:
    """The message of each line starts behind it, also where the line alone has no header."""
    lines = [prefix.format(number) + message for number, message in enumerate(MESSAGES)]
    assert any(not header(line).column for line in lines)
    assert starts(lines) == [len(line) - len(message) for line, message in zip(lines, MESSAGES)]


def test_known_prefixes() -> None:
    """A prefix that was met ends where it did, and a longer one is not taken for it."""
    lines = [f"==471{number}== {message}" for number, message in enumerate(MESSAGES)]
    headers = HeaderColumns()
    headers.add(lines)
    others = ["==4711==   at 0x12", "==4711== ", "==4711==", "==4711==x y", "==4711 == x", "==47== ready", *lines]
    first = [settled_start(line, 0, headers.shapes) for line in others]
    assert first == [11, 0, 0, 0, 0, 7, *[9] * len(lines)]
    assert [settled_start(line, 0, headers.shapes) for line in reversed(others)] == first[::-1]


def test_words_in_a_column() -> None:
    """A word padded with blanks, and a number behind it, are a prefix where few words repeat."""
    words = ["file", "process", "parse"]
    lines = [f"{words[number % 3]:<8} 1175{number} {message}" for number, message in enumerate(MESSAGES)]
    assert starts(lines) == [15] * len(lines)
    assert starts([f"word{chr(97 + number)}  1175 {message}" for number, message in enumerate(MESSAGES)]) == [0] * 8


def test_names_before_a_separator() -> None:
    """They are a prefix where they repeat."""
    lines = [f"file-{'abcdefgh'[number]} > {message}" for number, message in enumerate(MESSAGES)]
    assert starts(lines) == [0] * len(lines)


def test_column_aligned_to_the_right() -> None:
    """Blanks before the first word are of a prefix if it ends in one column; lines indented in any way have none."""
    lines = [f"{f'worker-{10 ** (number % 3)}':>12} [main] {text}" for number, text in enumerate(MESSAGES)]
    assert starts(lines) == [20] * len(lines)
    lines = [f"{'  ' * (1 + number % 3)}worker [main] {text}" for number, text in enumerate(MESSAGES)]
    assert starts(lines) == [0] * len(lines)


def test_some_lines_without_it() -> None:
    """They have no header; where they are one in five or more, no line has."""
    lines = [f"==4711== {message}" for message in MESSAGES]
    assert starts([*lines, "done"]) == [9] * len(lines) + [0]
    assert starts([*lines, *["all is done here", "    at a.b.C"] * 2]) == [0] * (len(lines) + 4)


def test_lines_that_are_nothing_but_the_prefix() -> None:
    """As blank lines have it; they count neither for it nor against it."""
    lines = [f"==4711== {message}" for message in MESSAGES]
    assert starts([*lines, *["==4711=="] * 7])[: len(lines)] == [9] * len(lines)
    assert starts([*lines, *["=4711="] * 7])[: len(lines)] == [0] * len(lines)
    lines = [f"G4WT2 > {message}" for message in MESSAGES]
    assert starts([*lines, *["G4WT2 >"] * 7])[: len(lines)] == [8] * len(lines)


def test_numbered_names() -> None:
    """A name with a number is one prefix, however many digits that has."""
    lines = [f"node{10 ** (number % 3)}: {message}" for number, message in enumerate(MESSAGES)]
    assert starts(lines) == [line.index(" ") + 1 for line in lines]


@pytest.mark.parametrize("code", ["self.put({}, '", "std::f<int>({}); // ", "f({}, x(", "{}, {}; "])
def test_source_code_has_no_prefix(code: str) -> None:
    """A token that ends with a comma or a semicolon goes on in what follows, or is a statement."""
    lines = [code.format(number, "x") + message for number, message in enumerate(MESSAGES)]
    assert starts(lines) == [0] * len(lines)


def test_few_lines() -> None:
    """Three lines settle nothing."""
    assert starts([f"==4711== {message}" for message in MESSAGES[:3]]) == [0] * 3


def test_lines_with_a_header_of_their_own() -> None:
    """They count as lines with the prefix if it is their header."""
    lines = [
        "lerna ERR! no such file",
        *[f"lerna {level} {text}" for level, text in zip(["info", "notice"] * 2, MESSAGES)],
    ]
    assert starts(lines) == [line.index(" ", 6) + 1 for line in lines]


def test_prefix_before_an_indented_message() -> None:
    """The blanks behind a prefix belong to it, so that rows hang below the first word."""
    lines = [
        *[f"==4711== {message}" for message in MESSAGES],
        "==4711==    at 0x4C2FB0F: malloc (vg_replace_malloc.c:299)",
    ]
    assert starts(lines)[-1] == 12


LS = """\
-rw-r--r--   1 root root      1024 Dec  1 07:21 a file with a name
drwxr-xr-x   2 root root      4096 Dec  1 07:21 bin
-rwxr-xr-x   1 root adm   12345678 Nov  3  2023 a.py
lrwxrwxrwx   1 root root         7 Dec 11 07:21 lib -> usr/lib
drwxr-xr-x  19 root root      3040 Dec  1 07:21 dev
-rw-------   1 root root       300 Dec  1 07:21 x"""
PS = """\
root           1  0.0  0.1  21988 12560 ?        Ss   06:28   0:01 /sbin/init splash with words
root           2  0.0  0.0      0     0 ?        S    06:28   0:00 [kthreadd]
alice       4711  1.2  3.4 991232 88124 pts/0    Sl+  07:01   1:12 python3 -m http.server 8000 and more words
root          19  0.0  0.0      0     0 ?        I<   06:28   0:00 [kworker/0:1H-events_highpri]
bob           80  0.0  0.0   9988  3324 pts/1    R+   08:00   0:00 ps aux
daemon       101  0.0  0.0   9988  3324 ?        Ss   08:00   0:00 sshd: alice [priv] at work"""
BLAME = """\
f95946cf (Alice Jones 2024-05-01 10:00:00 +0200 12) def main() -> int:
f95946cf (Alice Jones 2024-05-01 10:00:00 +0200 13)     return the value
a1b2c3d4 (Bob         2023-11-21 09:12:00 +0100 14)
a1b2c3d4 (Bob         2023-11-21 09:12:00 +0100 15) # a comment of some words
00000000 (Not Committed Yet 2024-06-01 10:00:00 +0200 16) main(a, b)
f95946cf (Alice Jones 2024-05-01 10:00:00 +0200 17) for each in all of them: print(each)"""
ONELINE = """\
f95946cf tests: check the exception of a signal's handler in one place
f415c109 text/search: find the place of a line
f190fa8f tests: render a pin once its printer thread has done so
bfe2a221 sources: look at each line
864be709 text/parse: store a second new list, and date ten digits before WARN
19071703 merge the branch of Bob"""
JAVA = """\
java.lang.IllegalStateException: it failed
\tat org.acme.shop.Cart.add(Cart.java:12)
\tat org.acme.shop.Cart.lambda$main$0(Cart.java:120)
\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1511)
Caused by: java.io.IOException: no space left on device
\t... 12 more"""
PHP = """\
#0 /srv/www/shop/Cart.php(12): Cart->add('a', 12)
#1 /srv/www/shop/Db.php(112): Db::connect to the host
#2 [internal function]: {closure}(Object(Foo))
#3 /srv/www/index.php(3): require_once of all the files
#4 /srv/www/index.php(7): run('x and y')
#5 {main}"""
GDB = """\
#0  0x00007f3a1c2b3d4e in raise () from /lib/libc.so.6
#1  0x00007f3a1c2b4e5f in abort () at abort.c:79
#2  0x000055d0c0ffee00 in Cart::add (this=0x0, item=...) at cart.cpp:12
#3  main (argc=1, argv=0x7ffd) at main.cpp:3
#4  0x00007f3a1c2b4e5f in __libc_start_main (main=0x55) from /lib/libc.so.6"""
CODE = """\
def find(text: str) -> int:
    found = search(text, "a b c")
    return found

class Finder(Base):
    def run(self) -> None: pass
x: int = 3
y: list[str] = []
print(x, y, "some words here")"""
CSV = """\
id,name,note,time
1,alice,"likes to swim, and more",2024-05-01 10:00:00
2,bob,none of these,2024-05-01 10:00:01
3,carol,"12, 13",2024-05-01 10:00:02
4,dave,a longer text of words,2024-05-01 10:00:03"""
PROSE = """\
The server keeps its state in one file. It is
written when the server ends: see below. In
short: nothing is lost. The format (version 2) is
described in chapter 12. A note: older versions
[before 1.0] had none. Each of them wrote
a:b:12:100: into the file instead."""
LIST = """\
- first: take the lid off the box
- second: look into it
- third (optional): close the box again
- at last go home
* and [x] do not come back
- again: once more"""
TASKS = """\
[ ] take the lid off
[x] look into the box
[ ] close it
[x] go home again and stay there
[ ] do not come back"""
NUMBERED = """\
1. take the lid off
2. look into the box of wood
3. close it
4. go home again
5: do not come back at all"""
YAML = """\
name: the shop of all
version: 12
description: sells all kinds of things
license: MIT or later
homepage: https://example.org/
author: Alice Jones and others"""
LDIF = """\
dn: cn=Barbara Jensen,ou=People
objectClass: person
cn: Barbara Jensen of Berlin
sn: Jensen
description: likes to swim in the sea
telephoneNumber: +1 408 555 1212
dn: cn=Bob,ou=People"""
TABLE = """\
web-1    1/1   Running            0             5m
web-2    0/1   CrashLoopBackOff   12 (3m ago)   5m
db-0     1/1   Running            0             12d
cache-7  1/1   Completed          1 (12d ago)   12d
job-81   0/1   Pending            0             1s"""
MARKDOWN_TABLE = """\
| id | name  | note                  |
|----|-------|-----------------------|
| 1  | alice | likes to swim         |
| 2  | bob   | none                  |
| 3  | carol | is a friend of alice  |"""
DIFF = """\
--- a/README.md
+++ b/README.md
@@ -1,3 +1,3 @@ some words of it
-the old line of the text
+the new line
 a line of words that stays"""
PACKAGES = """\
ii  adduser        3.118    all    add and remove users and groups
ii  apt            2.6.1    amd64  commandline package manager
ii  base-files     12.4     amd64  Debian base system miscellaneous files
ii  bash           5.2.15   amd64  GNU Bourne Again SHell
rc  bsdutils       2.38.1   amd64  basic utilities from 4.4BSD-Lite"""
PIP = """\
Requirement already satisfied: requests in ./lib (2.31)
Requirement already satisfied: urllib3<3 in ./lib (from requests)
Requirement already satisfied: idna in ./lib
Requirement already satisfied: certifi>=2017 in ./lib (from requests and others)
Requirement already satisfied: six in ./lib (1.16)"""
PCI = """\
00:00.0 Host bridge: Intel Corporation 440FX
00:01.0 ISA bridge: Intel Corporation 82371SB PIIX3 ISA [Natoma/Triton II]
00:02.0 VGA compatible controller: Red Hat QXL
00:03.0 Ethernet controller: Virtio network device
00:1f.0 SATA controller: Intel (rev 02)"""
STRACE = """\
openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3
read(3, "root:x:0:0", 4096) = 1024
close(3) = 0
write(1, "a text of words", 15) = 15
exit_group(0) = ?"""
PATTERNS = r"""
^\w{3} [ :[:digit:]]{11} [._[:alnum:]-]+ systemd\[[[:digit:]]+\]: Listening on a socket\.$
^\w{3} [ :[:digit:]]{11} [._[:alnum:]-]+ systemd\[[[:digit:]]+\]: Closed$
^\w{3} [ :[:digit:]]{11} [._[:alnum:]-]+ systemd\[[[:digit:]]+\]: Reached target of all the services\.$
^\w{3} [ :[:digit:]]{11} [._[:alnum:]-]+ gpg-agent\[[[:digit:]]+\]: started again$""".lstrip()
TAP = """\
ok 1 - it opens the box
ok 2 - it closes it
not ok 3 - it stays closed for a day
ok 4 - it opens again
ok 5 - it ends"""


@pytest.mark.parametrize(
    "text",
    [
        *(LS, PS, BLAME, ONELINE, JAVA, PHP, GDB, CODE, CSV, PROSE, LIST, TASKS, NUMBERED, YAML, LDIF, TABLE),
        *(MARKDOWN_TABLE, DIFF, PACKAGES, PIP, PCI, STRACE, TAP, PATTERNS),
    ],
)
def test_no_logs(text: str) -> None:
    """Prose, tables, listings, code, lists and stack traces are read as each line alone is."""
    lines = text.expandtabs().split("\n")
    assert starts(lines * 4) == [header(line).column for line in lines] * 4
