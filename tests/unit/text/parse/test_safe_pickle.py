"""Pickled records as lines: plain data of all protocols, other data, and hostile data."""

from __future__ import annotations

import collections
import datetime
import json
import logging
import os
import pickle
import pickletools
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.first_record import first_record

from reflowlog.text.parse.safe_pickle import read_pickle, record_line

if TYPE_CHECKING:
    from pathlib import Path

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
BROKEN = b"reflowlog: a record that cannot be read: "

_keys = st.one_of(st.text(), st.integers(-(1 << 63), (1 << 63) - 1), st.booleans(), st.none())
_leaves = st.one_of(_keys, st.floats(allow_nan=False), st.integers())
_plain = st.recursive(
    _leaves,
    lambda inner: st.one_of(st.lists(inner), st.tuples(inner, inner), st.dictionaries(_keys, inner)),
    max_leaves=20,
)


class Evil:
    """Makes a directory where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def record(**more: Any) -> dict[str, Any]:
    """The attributes of a record."""
    return {"name": "app.db", "levelname": "WARNING", "levelno": 30, "created": 1700000000.5, "msg": "low", **more}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(value=_plain)
def test_plain_data_is_read_as_it_was(protocol: int, value: object) -> None:
    """All protocols give the very same value as `pickle` does."""
    assert read_pickle(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_record_is_one_line_of_json_that_is_read_as_that_record(protocol: int) -> None:
    """Time, level, logger, message, extras and traceback arrive where they belong."""
    attributes = record(exc_text="Traceback\nValueError: ☃", user={"id": 3}, filename="a.py", lineno=7, thread=99)
    line = record_line(pickle.dumps(attributes, protocol))
    assert line.count(b"\n") == 1
    found = first_record(line.decode().rstrip("\n"))
    assert found is not None
    assert found[:6] == (1700000000.5, 30, "WARNING", "app.db", "low", (("user", '{"id":3}'),))
    assert (found.source, found.trace) == ("a.py:7", "Traceback\nValueError: ☃")


def test_an_extra_may_have_one_of_our_names() -> None:
    """The record's own attribute has precedence, and the extra is shown as well."""
    found = first_record(record_line(pickle.dumps(record(level="mine", time="never"))).decode())
    assert found is not None
    assert (found.level_name, found.extras) == ("WARNING", (("level", "mine"), ("time", "never")))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (uuid.UUID(int=3), "uuid.UUID"),
        (datetime.datetime(2026, 1, 2), "datetime.datetime"),
        (collections.OrderedDict(a=1), "collections.OrderedDict"),
        (logging.getLogger, "logging.getLogger"),
    ],
)
def test_what_is_no_plain_data_becomes_its_name(protocol: int, value: object, name: str) -> None:
    """The rest of the record is as it was."""
    found = json.loads(record_line(pickle.dumps(record(value=value, after="there"), protocol)))
    assert (found["value"], found["after"], found["message"]) == (f"<{name}>", "there", "low")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_called(protocol: int, tmp_path: Path) -> None:
    """A call that would create a directory is not made, wherever it is in the pickle; the line shows its name."""
    target = tmp_path / "made"
    name = f"{os.name}.mkdir".encode()
    for value in (Evil(target), record(value=Evil(target)), [Evil(target)], record(msg=Evil(target))):
        line = record_line(pickle.dumps(value, protocol))
        assert line.startswith(BROKEN) or name in line
    assert record_line(pickle.dumps(Evil(target), protocol)) == BROKEN + b"it is <" + name + b">\n"
    assert not target.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"garbage",
        b"\x80\x05",
        b"(((",
        b"0.",
        b"h\x07.",
        b"](h\x00.",
        b"N(i__main__\nEvil\n.",
        b"\x82\x01.",  # a class by its number in the receiver's registry
        b"Pid\n.",  # an object that the receiver is to fetch
        b"}(N" + b"u.",
        b"(" * 1000 + b"t" * 1000 + b".",
        b"\x8d" + b"\xff" * 8 + b".",
        b"\x8b\xff\xff\xff\x7f.",
        b"I" + b"9" * 10_000 + b"\n.",
        b"}(U\x03msgX\x03\x00\x00\x00\xed\xa0\x80u.",
    ],
)
def test_a_broken_pickle_is_one_line(data: bytes) -> None:
    """Whatever comes, it is one line of text."""
    line = record_line(data)
    assert line.count(b"\n") == 1
    line.decode()


@given(st.binary(max_size=200))
def test_any_bytes_are_one_line(data: bytes) -> None:
    """Nothing that is sent raises."""
    assert record_line(data).endswith(b"\n")
    assert record_line(data).count(b"\n") == 1


@given(st.lists(st.sampled_from(pickletools.opcodes), max_size=30), st.binary(max_size=60))
def test_any_operations_are_one_line(operations: list[Any], arguments: bytes) -> None:
    """Any sequence of pickle operations is one line, and calls nothing."""
    data = b"}".join(each.code.encode("latin-1") + arguments[i : i + 2] for i, each in enumerate(operations))
    assert record_line(data + b".").count(b"\n") == 1


def test_what_is_small_stays_small() -> None:
    """References doubled 24 times, cycles and very large numbers are not expanded."""
    doubled = b"]q\x00" + b"".join(b"](h%ch%ceq%c" % (n, n, n + 1) for n in range(24)) + b"."
    assert record_line(b"}(U\x03msg" + doubled[:-1] + b"u.").startswith(BROKEN + b"it is larger than it looks")
    itself = record()
    itself["me"] = itself
    assert record_line(pickle.dumps(itself)).startswith(BROKEN)
    found = json.loads(record_line(pickle.dumps(record(large=1 << 100_000, many="x" * 100_000))))
    assert (found["large"], len(found["many"])) == ("<a number of 100001 bits>", 100_000)


def test_keys_cost_nothing_to_compare() -> None:
    """A key of tuples in tuples, of which each holds the one before twice, would take for ever to compare."""
    nested = b"Nq\x00" + b"".join(b"h%ch%c\x86q%c" % (n, n, n + 1) for n in range(60))
    assert json.loads(record_line(b"}(U\x03msgU\x01m" + nested + b"Nu."))["<tuple>"] is None
