"""Saving in each format: everything that is shown, in slices of any size; files that are there are asked about."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.texts import Memory, SmallBlocks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.display.save import SaveFile
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.folds import Folds
from reflowlog.pager.match_index import Budget
from reflowlog.pager.state import PagerState, Save
from reflowlog.pager.update import update
from reflowlog.render.options import RenderOptions
from reflowlog.text.highlight.appearance import Appearance
from reflowlog.text.parse.tracebacks import WHOLE

if TYPE_CHECKING:
    from pathlib import Path

TRACE = ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "    g()", "KeyError: 'x'"]
LINES = [
    "2026-01-02T12:00:00Z INFO app.db: connected <b> & so on",
    "2026-01-02T12:00:01Z ERROR app: it failed",
    *TRACE,
    '{"time": "2026-01-02T12:00:02Z", "level": "warn", "msg": "slow", "took": 1.5, "user": {"id": 7}}',
    "no header",
    "Jun 14 15:16:01 combo sshd[19939]: refused",
]
TEXT = "".join(f"{line}\n" for line in LINES).encode()


def context_of(text: bytes, budget: Budget | None = None) -> PagerContext:
    """Return the context of a viewer without colours, in UTC."""
    appearance = Appearance(("time", "level", "logger", "message", "source"), True)
    settings = PagerOptions(RenderOptions(own_colour=False, appearance=appearance))
    return PagerContext(SmallBlocks(Memory(text)), Size(60, 20), settings, budget or patient())


def save(context: PagerContext, path: Path, kind: str = "log", *, replaces: bool = False, most: int = 100_000) -> str:
    """Save in as many slices as it takes, and return the message."""
    file = SaveFile(context, context.budget)
    saving: Save | None = Save(str(path), format=kind, replaces=replaces)  # type: ignore[arg-type]
    for _ in range(most):
        assert saving is not None
        saving, message, _ = file.write_slice(saving)
        if saving is None:
            return message
    raise AssertionError("it does not end")


class Steps:
    """Clock that lets so many questions pass before a budget is over."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_each_format_has_everything(tmp_path: Path) -> None:
    """As it came; as shown at this width, without colours; one JSON object a record; a page."""
    context = context_of(TEXT)
    context.sync(PagerState(folds=Folds(WHOLE, True)))
    assert save(context, tmp_path / "a.log") == f"saved 9 lines to {tmp_path}/a.log"
    assert (tmp_path / "a.log").read_bytes() == TEXT
    assert save(context, tmp_path / "a.text", "text") == f"saved 9 lines as shown to {tmp_path}/a.text"
    rows = (tmp_path / "a.text").read_text().split("\n")
    assert rows[:2] == ["2026-01-02T12:00:00Z INFO app.db: connected <b> & so on", LINES[1]]
    assert rows[2:6] == TRACE
    assert rows[6] == '12:00:02 W slow  took=1.5  user={"id":7}'
    assert all(len(row) <= 60 for row in rows)
    assert save(context, tmp_path / "a.json", "json") == f"saved 9 lines as JSON to {tmp_path}/a.json"
    records = [json.loads(line) for line in (tmp_path / "a.json").read_text().splitlines()]
    assert records[0]["time"] == "2026-01-02T12:00:00.000Z"
    assert (records[0]["level"], records[0]["logger"]) == ("INFO", "app.db")
    assert records[0]["message"] == "connected <b> & so on"
    assert records[1]["message"] == "\n".join(["it failed", *TRACE])
    assert records[2] | {"took": 1.5, "message": "slow", "time": "2026-01-02T12:00:02.000Z"} == records[2]
    assert save(context, tmp_path / "a.html", "html") == f"saved 9 lines as HTML to {tmp_path}/a.html"
    page = (tmp_path / "a.html").read_text()
    assert "connected &lt;b&gt; &amp; so on" in page
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>\n")


def test_stored_records_are_saved_as_they_came(tmp_path: Path) -> None:
    """A program's records are stored in another form; what is saved of them is what is copied."""
    context = PagerContext(
        SmallBlocks(Memory(b"<one>\n<two>\n")),
        Size(60, 20),
        PagerOptions(original=lambda data: data.strip(b"<>") + b"\n  its traceback"),
        patient(),
    )
    context.sync(PagerState())
    assert save(context, tmp_path / "a.log") == f"saved 2 lines to {tmp_path}/a.log"
    assert (tmp_path / "a.log").read_bytes() == b"one\n  its traceback\ntwo\n  its traceback\n"


@given(
    st.lists(st.sampled_from(LINES), max_size=12), st.integers(3, 8), st.sampled_from(["log", "text", "json", "html"])
)
def test_slices_change_nothing(lines: list[str], steps: int, kind: str) -> None:
    """Saved in slices of a few steps, a file is the same as saved at once, with a filter as well."""
    import tempfile
    from pathlib import Path

    text = "".join(f"{line}\n" for line in lines).encode()
    with tempfile.TemporaryDirectory() as folder:
        results = []
        for name, budget in (("whole", patient()), ("sliced", Budget(Steps(), float(steps)))):
            context = context_of(text, budget=budget)
            state = PagerState()
            for key in "&e":
                state, _ = update(state, Key(key), context)
            state, _ = update(state, Key("Enter"), context)
            context.sync(state)
            file = SaveFile(context, budget)
            saving: Save | None = Save(f"{folder}/{name}", format=kind)  # type: ignore[arg-type]
            while saving is not None:
                budget.restart(None if name == "whole" else float(steps))
                saving, message, _ = file.write_slice(saving)
            assert message.startswith("saved ")
            results.append(
                (message.replace(name, ""), Path(f"{folder}/{name}").read_bytes().replace(name.encode(), b""))
            )
        assert results[0] == results[1]


def test_a_file_that_is_there_is_asked_about(tmp_path: Path) -> None:
    """It stays; y replaces it at once, with the mode that it had; any other key does what it does."""
    path = tmp_path / "there.log"
    path.write_text("mine")
    path.chmod(0o640)
    context = context_of(TEXT)
    file = SaveFile(context, context.budget)
    asked = Save(str(path))
    assert file.write_slice(asked) == (None, f"{path} is there already: nothing is saved, y replaces it", True)
    assert path.read_text() == "mine"
    state, _ = update(PagerState(asking=asked), Key("j"), context)
    assert state.asking is state.saving is None
    state, effect = update(PagerState(asking=asked), Key("y"), context)
    assert effect is None
    assert state.saving is not None
    assert file.write_slice(state.saving)[1] == f"saved 9 lines to {path}"
    assert path.read_bytes() == TEXT
    assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["there.log"]


def test_a_save_that_is_interrupted_replaces_nothing(tmp_path: Path) -> None:
    """The file that is there stays as it is, and nothing is left beside it."""
    path = tmp_path / "there.log"
    path.write_text("mine")
    budget = Budget(Steps(), 2.0)
    context = context_of(TEXT, budget=budget)
    file = SaveFile(context, budget)
    saving, *_ = file.write_slice(Save(str(path), replaces=True))
    assert saving is not None
    file.close()
    assert path.read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["there.log"]


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where another program has it open."""

    def refuse(_source: str, _target: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    path = tmp_path / "there.log"
    path.write_text("mine")
    context = context_of(TEXT)
    message = SaveFile(context, context.budget).write_slice(Save(str(path), replaces=True))[1]
    assert message == f"cannot save to {path}: Permission denied"
    assert path.read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["there.log"]


def test_what_fails_is_one_line(tmp_path: Path) -> None:
    """A folder that is not there, and a path that is a folder."""
    context = context_of(TEXT)
    assert save(context, tmp_path / "no" / "such.html", "html").endswith("No such file or directory")
    assert "\n" not in save(context, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_only_a_regular_file_is_replaced(tmp_path: Path) -> None:
    """Saving to a FIFO or a directory fails without a question, and leaves it as it is."""
    context = context_of(TEXT)
    os.mkfifo(tmp_path / "fifo")
    for name, reason in (("fifo", "it is no regular file"), (".", "Is a directory")):
        for replaces in (False, True):
            path = tmp_path / name
            assert save(context, path, replaces=replaces) == f"cannot save to {path}: {reason}"
    assert (tmp_path / "fifo").is_fifo()


def test_a_link_is_followed(tmp_path: Path) -> None:
    """To the file that it leads to, also where that is not there yet."""
    (tmp_path / "link").symlink_to("target")
    context = context_of(TEXT)
    assert save(context, tmp_path / "link").startswith("saved 9 lines")
    assert save(context, tmp_path / "link").endswith("y replaces it")
    assert save(context, tmp_path / "link", replaces=True).startswith("saved 9 lines")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == TEXT


@pytest.mark.parametrize("replaces", [False, True])
def test_a_file_that_is_read_is_not_replaced(tmp_path: Path, replaces: bool) -> None:
    """Its new lines would be read again; one line says so, by whatever name the file is called."""
    path, link = tmp_path / "a.log", tmp_path / "link"
    path.write_bytes(TEXT)
    link.symlink_to(path)
    context = context_of(TEXT)
    file = SaveFile(context, context.budget, lambda name: name == os.path.realpath(path))
    saving, message, _ = file.write_slice(Save(str(link), replaces=replaces))
    assert (saving, message) == (None, f"cannot save to {link}: it is in use here; another name is needed")
    assert path.read_bytes() == TEXT
    assert sorted(tmp_path.iterdir()) == [path, link]
