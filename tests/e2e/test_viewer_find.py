"""Finding in the viewer on a real terminal: what is seen is found, keys that fingers know, filters, hostile rules."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import REFLOWLOG, TIMEOUT, Tmux, environment, wait_for
from support.viewing import View, open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEVELS = ["info", "warn", "debug", "error"]
RECORDS = "".join(
    json.dumps(
        {
            "time": f"2026-01-02T{10 + at // 60:02}:{at % 60:02}:00Z",
            "level": LEVELS[at % 4],
            "logger": "shop.orders.database.pool",
            "msg": f"order {at} shipped",
            "status": 200 + at % 3 * 100,
        }
    )
    + "\n"
    for at in range(200)
)


@pytest.fixture
def open_log(open_tmux: Callable[..., Tmux], tmp_path: Path) -> Callable[..., View]:
    """Open the viewer on a log of 200 JSON records, in UTC."""

    def start(
        options: str = "--utc app.log", columns: int = 120, rows: int = 24, text: str = RECORDS, **changes: Any
    ) -> View:
        return open_viewer(open_tmux, tmp_path, options, text, (columns, rows), **changes)

    return start


@pytest.mark.terminal
def test_what_is_seen_is_found(open_log: Callable[..., View]) -> None:
    """Level names, shown times, abbreviated loggers, fields, text across fields; counted and lit; & keeps them."""
    view = open_log()
    for typed, count in (
        ("ERROR", 50),
        ("WARNING", 50),
        ("2026-01-02 11:30", 1),
        (r"s\.o\.database\.pool", 200),
        ("shipped  status=400", 66),
        ("order 42 shipped", 1),
    ):
        view.type(f"/{typed}\n")
        view.says(f"/{typed}: 1 of {count}")
        view.type("g")
    view.type("&WARNING\n")
    view.says("&WARNING: 50")
    rows = view.wait(lambda rows, _: all("WARNING" in row for row in rows))
    assert len(rows) == 23
    view.type("Q")


@pytest.mark.terminal
def test_a_pasted_text_is_no_keys(open_log: Callable[..., View], tmp_path: Path) -> None:
    """Its first line is searched for once Enter is typed; without a prompt it does nothing."""
    view = open_log()
    (tmp_path / "copied").write_text("order 42 shipped\nq\nq\n")
    view.terminal.run("load-buffer", str(tmp_path / "copied"))
    view.terminal.run("paste-buffer", "-p")
    view.says("pasted text is no keys")
    view.type("/")
    view.terminal.run("paste-buffer", "-p")
    view.says("/order 42 shipped")
    view.type("\n")
    view.says("/order 42 shipped: 1 of 1")
    view.type("Q")


@pytest.mark.terminal
def test_a_search_is_cleared_and_a_hint_is_given(open_log: Callable[..., View]) -> None:
    """Esc clears; capitals that find nothing are said to count; hits are lit while they are typed."""
    view = open_log()
    view.type("/Order\n")
    view.says("no match: capitals count, small letters match both")
    view.type("/order 7")
    assert isinstance(view.terminal, Tmux)
    styled = view.terminal
    wait_for(lambda: "\x1b[7morder 7" in styled.run("capture-pane", "-pe"))
    view.key("Escape")
    view.wait(lambda _, status: "/Order" in status)
    view.key("Escape")
    view.wait(lambda _, status: "/Order" not in status)
    view.type("Q")


@pytest.mark.terminal
def test_keys_that_fingers_know(open_log: Callable[..., View]) -> None:
    """Ctrl keys, numbers before keys, shares and times."""
    view = open_log()

    def shows(first: int) -> None:
        view.wait(lambda rows, _: f"order {first} shipped" in rows[0])

    for key, first in (("C-f", 23), ("C-b", 0), ("C-d", 11), ("C-u", 0), ("C-e", 1), ("C-e", 2), ("C-y", 1)):
        view.key(key)
        shows(first)
    for typed, first in (
        ("g", 0),
        ("5j", 5),
        ("50G", 49),
        ("50%", 100),
        (":25%\n", 50),
        (":11:30\n", 90),
        (":-10m\n", 177),
    ):
        view.type(typed)
        shows(first)
    view.type("x")
    view.says("x does nothing here: h shows the keys")
    view.type("Q")


@pytest.mark.terminal
def test_filters_are_a_stack(open_log: Callable[..., View]) -> None:
    """Each with its count; U drops the last, ] shows what is around."""
    view = open_log()
    view.type("&status>=300\n")
    view.says("&status>=300: 133")
    view.type("&level>=warning and not status=400\n")
    view.says("&status>=300: 133 &level>=warning and not status=400: 34")
    view.type("U")
    view.wait(lambda _, status: "&status>=300: 133" in status and "&level" not in status)
    view.type("]")
    view.says("context 1")
    view.type("&error and status=200\n")
    view.says("'error' is not a comparison: write message~\"error\"")
    view.type("Q")


@pytest.mark.terminal
def test_the_help_scrolls_and_is_left_on_purpose(open_log: Callable[..., View]) -> None:
    """On a small terminal it has more rows than fit; only q, Esc and h leave it, and q no more than that."""
    view = open_log(columns=60, rows=10)
    view.type("h")
    view.says("q leaves the help")
    view.type("G")
    view.wait(lambda rows, _: any("back, or quit" in row for row in rows))
    view.type("x/n")
    view.says("q leaves the help")
    view.type("q")
    view.wait(lambda _, status: " of 200" in status)
    view.type("Q")


@pytest.mark.terminal
def test_a_hostile_highlight_rule_freezes_nothing(open_log: Callable[..., View], tmp_path: Path) -> None:
    """Keys go on, and SIGTERM ends the viewer."""
    config = tmp_path / "reflowlog"
    config.mkdir()
    (config / "config.toml").write_text("[[highlight]]\nmatch = '(a+)+\\1$'\nstyle = 'red'\n")
    text = "".join(f"{number} {'a' * 60}b\n" for number in range(100))
    view = open_log("app.log", text=text, XDG_CONFIG_HOME=str(tmp_path))
    view.type("5j")
    view.wait(lambda rows, _: rows[0].startswith("5 "))
    view.type("q")
    view.terminal.wait_screen(Tmux.at_prompt)


def run(*arguments: str, stdin: str = RECORDS) -> subprocess.CompletedProcess[str]:
    """Run the command with records as its input."""
    return subprocess.run(
        [*REFLOWLOG, *arguments],
        input=stdin,
        capture_output=True,
        env=environment(),
        timeout=TIMEOUT,
        check=False,
        text=True,
    )


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["-g", "WARNING"], 50),
        (["-g", "ERROR", "-g", "status=200"], 17),
        (["-g", "shipped", "--exclude", "WARNING", "--exclude", "debug"], 100),
        (["-g", "level>=warning and not (status=200 or status=400)"], 34),
        (["-g", "ORDER 1[0-9] ", "-i"], 10),
        (["--utc", "-g", "2026-01-02 13:1"], 10),
        (["--exclude", "order"], 0),
        (["-g", "order 50 ", "-C", "2"], 5),
    ],
)
def test_expressions_off_a_terminal(arguments: list[str], count: int) -> None:
    """All of -g must match, none of --exclude; and, or, not; what is shown is found as well as what is written."""
    found = run(*arguments)
    assert (found.returncode, found.stdout.count("\n"), found.stderr) == (0, count, "")
    assert all(line in RECORDS for line in found.stdout.splitlines())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["-v", "-g", "a", "-g", "b"],
            "--invert takes one --grep: leave out records that match another with --exclude",
        ),
        (["-g", "error and status=200"], "'error' is not a comparison: write message~\"error\""),
        (["-g", "(status=200"], "a ( without a )"),
        (["-g", "status=200 and"], "a comparison is missing at the end"),
    ],
)
def test_wrong_expressions_are_usage_errors(arguments: list[str], message: str) -> None:
    """One line that says what to write instead."""
    found = run(*arguments)
    assert found.returncode == 2
    assert message in found.stderr
    assert found.stderr.count("\n") == 1


def test_an_expression_that_backtracks_holds_nothing_up() -> None:
    """Other lines come out; those that take too long do not match, and a line says how many; SIGTERM ends it.

    RE2 has no lookahead, so that this is a pattern for the standard library in any case.
    """
    found = run("-g", "(?=a)(a+)+$", stdin=f"x\n{'a' * 40}b\naaa\n")
    assert (found.returncode, found.stdout) == (0, "aaa\n")
    assert "1 line took too long to match, and counts as not matching" in found.stderr
    process = subprocess.Popen(
        [*REFLOWLOG, "-g", "(?=a)(a+)+$"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    )
    assert process.stdin is not None
    process.stdin.write(b"a" * 5000 + b"b\n")
    process.stdin.flush()
    process.send_signal(signal.SIGTERM)
    assert process.wait(TIMEOUT) in (143, -signal.SIGTERM)
    process.communicate()


@pytest.mark.terminal
def test_no_color_leaves_weight_and_underline(open_log: Callable[..., View]) -> None:
    """Errors and warnings are found without colour, and no colour is drawn, not even one of the text."""
    text = "2026-01-02 10:00:00 ERROR broken\n2026-01-02 10:00:01 WARNING odd\n\x1b[31mred\x1b[0m\n"
    view = open_log("app.log", text=text, NO_COLOR="1")
    assert isinstance(view.terminal, Tmux)
    styled = view.terminal.run("capture-pane", "-pe")
    assert "\x1b[1m\x1b[4mERROR" in styled or "\x1b[1;4mERROR" in styled
    assert "\x1b[1mWARNING" in styled
    assert not re.search("\x1b\\[[0-9;]*(3[0-8]|4[0-8]|9[0-7])(;[0-9;]*)?m", styled)
    view.type("Q")


@pytest.mark.terminal
@pytest.mark.parametrize(("background", "theme"), [("0;15", "light"), ("15;0", "dark")])
def test_the_theme_suits_the_background(open_log: Callable[..., View], background: str, theme: str) -> None:
    """Without an option, where the terminal gives its background in COLORFGBG."""
    views = []
    for options, changes in (("app.log", {"COLORFGBG": background}), (f"--theme {theme} app.log", {})):
        view = open_log(options, text="2026-01-02 10:00:00 ERROR broken 17\n", **changes)
        assert isinstance(view.terminal, Tmux)
        views.append(view.terminal.run("capture-pane", "-pe").split("\n")[0])
        view.type("Q")
    assert views[0] == views[1]
