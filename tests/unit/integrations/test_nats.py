"""NATS handler without a server: published form of a record, and `emit` while nothing is delivered."""

from __future__ import annotations

import json
import logging
import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("nats")

from support.first_record import first_record

from reflowlog.integrations.nats import NatsHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = "nats://me:hush@127.0.0.1:9"


@pytest.fixture
def make(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., NatsHandler]]:
    """Return a handler without a reachable server."""
    made: list[NatsHandler] = []

    def make(*arguments: Any, **options: Any) -> NatsHandler:
        made.append(NatsHandler(NOBODY, *arguments, **{"timeout": 0.0} | options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def subject_and_line(handler: NatsHandler, *arguments: Any, **options: Any) -> tuple[str, bytes]:
    """Return subject and line of a logger's record."""
    record = logging.getLogger("app.db").makeRecord("app.db", 40, "a/b.py", 7, *arguments, **options)
    sent: list[Any] = []
    handler._worker.put = sent.append  # type: ignore[method-assign]
    handler.emit(record)
    return sent[0].encode(sent[0].payload)  # type: ignore[no-any-return]


def test_a_line_is_read_back(make: Callable[..., NatsHandler]) -> None:
    """A line is JSON with time, level, logger, message, source, exception, and extras of their types."""
    extra = {"number": 7, "ratio": 0.5, "ok": True, "none": None, "odd": float("nan"), "huge": 10**5000, "time": "x"}
    try:
        raise ValueError("broken\nheart")
    except ValueError as error:
        trace = (ValueError, error, error.__traceback__)
        subject, line = subject_and_line(make("x.{level}.{logger}"), "löw %d\nmore", (3,), trace, extra=extra)
    assert subject == "x.error.app.db"
    assert line.count(b"\n") == 1
    read = json.loads(line)
    assert read["number"] == 7
    assert (read["ratio"], read["ok"], read["none"], read["odd"], read["time_"]) == (0.5, True, None, "nan", "x")
    fields = first_record(line.decode().rstrip("\n"))
    assert fields is not None
    assert (fields.level, fields.logger, fields.message, fields.source) == (40, "app.db", "löw 3\nmore", "b.py:7")
    assert fields.trace.endswith("ValueError: broken\nheart")
    assert dict(fields.extras)["number"] == "7"
    assert fields.time is not None


def test_a_formatter_of_ones_own(make: Callable[..., NatsHandler], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text is the line; the default one of `basicConfig` counts as none, unless it is set explicitly."""
    handler = make()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    assert subject_and_line(handler, "low \ud800", (), None)[1] == b"ERROR: low \\ud800\n"
    handler = make()
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    assert subject_and_line(handler, "low", (), None)[1] == b"ERROR:app.db:low\n"
    monkeypatch.setattr(logging.root, "handlers", [])
    handler = make()
    logging.basicConfig(handlers=[handler])
    assert json.loads(subject_and_line(handler, "low", (), None)[1])["message"] == "low"


@pytest.mark.parametrize(
    "subject", ["a.>", "a.*", "a b", "a..b", "", ".a", "{nothing}", "{", "{0}", "{logger.x}", "$JS.API.x"]
)
def test_invalid_subjects(subject: str) -> None:
    """The constructor raises ValueError."""
    with pytest.raises(ValueError, match="subject"):
        NatsHandler("nats://a", subject)


@pytest.mark.parametrize("options", [{"overflow": "x"}, {"queue_size": 0}, {"timeout": -1}, {"level": "x"}])
def test_invalid_options(options: dict[str, Any]) -> None:
    """The constructor raises ValueError."""
    with pytest.raises(ValueError, match=r".+"):
        NatsHandler("nats://a", **options)


def test_no_secret_is_shown(make: Callable[..., NatsHandler], capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the handler's repr nor standard error shows a secret."""
    handler = make()
    assert repr(handler) == "<NatsHandler nats://127.0.0.1:9/logs.{host}.{logger} (NOTSET)>"
    handler.emit(logging.makeLogRecord({"msg": "x"}))
    handler.close()
    errors = capsys.readouterr().err
    assert "not delivered to nats://127.0.0.1:9: connection refused" in errors
    assert "hush" not in errors + repr(vars(handler)["_address"])


def test_emit_raises_nothing(make: Callable[..., NatsHandler], monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that cannot be formatted goes to `handleError`; an extra without text is described."""

    class Odd:
        def __str__(self) -> str:
            raise RuntimeError("odd")

    handler = make()
    failed: list[logging.LogRecord] = []
    monkeypatch.setattr(handler, "handleError", failed.append)
    handler.emit(logging.makeLogRecord({"msg": "%d", "args": ("x",)}))
    assert len(failed) == 1
    line = subject_and_line(make(), "fine", (), None, extra={"odd": Odd()})[1]
    assert json.loads(line)["odd"] == "<Odd that cannot be shown: RuntimeError>"


@pytest.mark.slow
def test_a_full_queue(make: Callable[..., NatsHandler]) -> None:
    """Records without room are counted, and no wait for a missing server is endless."""
    handler = make(queue_size=10, overflow="drop", timeout=0.2)
    for number in range(10_000):
        handler.emit(logging.makeLogRecord({"msg": "x", "levelno": 20, "levelname": "INFO", "number": number}))
    assert handler.dropped > 9000
    handler = make(queue_size=10, timeout=0.2)
    for _ in range(100):
        handler.emit(logging.makeLogRecord({"msg": "x"}))
    handler.close()
    assert handler.dropped == 100


def test_it_can_be_pickled(make: Callable[..., NatsHandler]) -> None:
    """With its arguments, its level and its formatter."""
    handler = make("x.{logger}", overflow="drop", queue_size=7, level="ERROR")
    handler.setFormatter(logging.Formatter("%(message)s!"))
    again: NatsHandler = pickle.loads(pickle.dumps(handler))  # noqa: S301 - it is our own
    assert (repr(again), again.level) == (repr(handler), logging.ERROR)
    assert again.formatter is not None
    assert again.formatter._fmt == "%(message)s!"
    assert again.__reduce__()[1][1] == handler.__reduce__()[1][1]


def test_no_thread_without_a_record(make: Callable[..., NatsHandler]) -> None:
    """The first record starts the thread, and close ends it."""

    def ours() -> set[str]:
        return {thread.name for thread in threading.enumerate() if thread.name.startswith("reflowlog")}

    before = ours()
    handler = make()
    assert ours() == before
    handler.emit(logging.makeLogRecord({"msg": "x"}))
    assert "reflowlog-publisher" in ours()
    handler.close()
    assert ours() == before
