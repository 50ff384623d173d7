"""Places in programs, as the tracebacks of many languages and the messages of compilers name them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import nasty

from reflowlog.text.parse.code_locations import MAX_LOCATIONS, find_code_locations, is_library

PYTHON = """Traceback (most recent call last):
  File "/srv/app/main.py", line 12, in <module>
    run()
  File "/srv/app/my db.py", line 7, in run
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/app/main.py", line 14, in <module>
ValueError"""
GO = """panic: boom
goroutine 1 [running]:
main.work(...)
\t/srv/shop/cart.go:12 +0x1d
main.main()
\t/srv/shop/main.go:9"""
NODE = """TypeError: x is not a function
    at add (/srv/shop/my cart.js:10:15)
    at file:///srv/shop/main.mjs:3:1
    at async Promise.all (index 0)
    at node:internal/main/run_main_module:23:47"""
RUBY = """app/cart.rb:6:in `add': no such item (KeyError)
\tfrom app/main.rb:2:in `<main>'"""
RUST = """thread 'main' panicked at src/main.rs:4:5:
index out of bounds
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:645:5"""
JAVA = """java.lang.IllegalStateException: no
\tat org.shop.Cart$Item.add(Cart.java:17)
\tat app//org.shop.Main.main(Main.java:3) ~[shop.jar:1.0]
\tat java.base/java.lang.Thread.run(Thread.java:833)"""
PHP = """PHP Fatal error:  Uncaught Exception: no in /srv/shop/cart.php:12
Stack trace:
#0 /srv/shop/main.php(3): Cart->add()
#1 {main}
  thrown in /srv/shop/cart.php on line 12"""


def names(text: str) -> list[tuple[str, int, int]]:
    """Return first path, line and column of each place."""
    return [(place.paths[0], place.line, place.column) for place in find_code_locations([text])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PYTHON, [("/srv/app/main.py", 14, 0), ("/srv/app/my db.py", 7, 0), ("/srv/app/main.py", 12, 0)]),
        (GO, [("/srv/shop/cart.go", 12, 0), ("/srv/shop/main.go", 9, 0)]),
        (NODE, [("/srv/shop/my cart.js", 10, 15), ("/srv/shop/main.mjs", 3, 1)]),
        (RUBY, [("app/cart.rb", 6, 0), ("app/main.rb", 2, 0)]),
        (RUST, [("src/main.rs", 4, 5), ("/rustc/abc/library/std/src/panicking.rs", 645, 5)]),
        (JAVA, [("org/shop/Cart.java", 17, 0), ("org/shop/Main.java", 3, 0), ("java/lang/Thread.java", 833, 0)]),
        (PHP, [("/srv/shop/cart.php", 12, 0), ("/srv/shop/main.php", 3, 0)]),
        ("   at Shop.Cart.Add() in C:\\shop\\Cart.cs:line 12", [("C:\\shop\\Cart.cs", 12, 0)]),
        ("   at Shop.Cart.Add() in /srv/my shop/Cart.cs:line 12", [("/srv/my shop/Cart.cs", 12, 0)]),
        ("src/a.c:3:1: error: expected ';'", [("src/a.c", 3, 1)]),
        ("In file included from a/b.h:4,", [("a/b.h", 4, 0)]),
        ("src/a.ts(3,5): error TS2322", [("src/a.ts", 3, 5)]),
        ("a.cpp(12): error C2065", [("a.cpp", 12, 0)]),
        (" --> src/lib.rs:8:3", [("src/lib.rs", 8, 3)]),
        ("12:00:00 INFO worker.py:12 started", [("worker.py", 12, 0)]),
        ("I0610 12:00:00.000000 1 main.go:12] up", [("main.go", 12, 0)]),
        ("(app/a.py:3)", [("app/a.py", 3, 0)]),
        ('"caller":"db/pool.go:42"', [("db/pool.go", 42, 0)]),
        ("./scripts/x.sh: line 3: y: command not found", [("./scripts/x.sh", 3, 0)]),
        ("https://example.org:443/x.py:3", []),
        ("10.0.0.7:8080 example.org:443 12:30:05.123 1.5:3", [("example.org", 443, 0)]),
        ("nothing", []),
    ],
)
def test_places(text: str, expected: list[tuple[str, int, int]]) -> None:
    """File, line and column, in the order in which they are wanted."""
    assert names(text) == expected


def test_where_java_keeps_its_sources() -> None:
    """A frame names the package and the file: the usual folders are possible."""
    (place, *_) = find_code_locations([JAVA])
    assert "src/main/java/org/shop/Cart.java" in place.paths
    assert place.paths[-1] == "Cart.java"


def test_libraries() -> None:
    """By the form of their paths, for each language."""
    for path in (
        *(
            "/x/.venv/lib/python3.12/site-packages/a.py",
            "/usr/lib/python3.12/json/decoder.py",
            "/a/node_modules/b/c.js",
        ),
        *("/root/.cargo/registry/src/x.rs", "/usr/local/go/src/runtime/panic.go", "<frozen importlib._bootstrap>"),
    ):
        assert is_library(path), path
    assert not is_library("/srv/app/lib/main.py")


@given(st.lists(nasty, max_size=4))
def test_any_text_is_searched(lines: list[str]) -> None:
    """No text raises; numbers are whole, and paths are without newlines."""
    for place in find_code_locations(["\n".join(lines)]):
        assert place.line >= 0
        assert all(path and "\n" not in path for path in place.paths)


@pytest.mark.parametrize("part", ["a/", "at a.", "x.y", "(/a", 'File "', "in /a", "a.b:1:", "/" * 10, "C:\\"])
def test_time_is_linear(part: str) -> None:
    """Of a long line the start is searched, in a fraction of a second."""
    start = time.process_time()
    assert len(find_code_locations([part * 100_000] * 3)) <= MAX_LOCATIONS
    assert time.process_time() - start < 2
