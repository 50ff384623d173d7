"""Safe reader of pickled log records, as Python's ``SocketHandler`` sends them -> lines of JSON. Pure; any thread.

Invariants:
- **A pickle is data here, never a program.** It is read by a small machine that builds texts, numbers, lists and
  dicts. Nothing is imported, called or instantiated: a value that requires that becomes its name in angle brackets.
- The cost of reading is bounded by the pickle's size: a repeated value counts each time, keys are small, and a value
  that contains itself is refused.
- An unreadable pickle becomes a line that reports the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.parse.json_values import json_encoder

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_pickle", "record_line"]

MAX_DEPTH = 32
"""Levels of nested containers at most."""

MAX_NUMBER_BITS = 1024
"""Bits of a number at most; 64 for one used as a key."""

_ATTRIBUTES = """
    name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno funcName created
    msecs relativeCreated thread threadName processName process taskName message asctime
"""  # attributes of every record; the others are extras
_STANDARD_ATTRIBUTES = frozenset(_ATTRIBUTES.split())
_STANDARD_LEVELS = (("DEBUG", 10), ("INFO", 20), ("WARNING", 30), ("ERROR", 40), ("CRITICAL", 50))


class _UnknownObject(NamedTuple):
    """Placeholder for an object that would have to be imported or called.

    Attributes:
        name: dotted name of the object.
    """

    name: str


class _StackMark:
    """Marker on the stack before the values of a container."""


# -- lines -------------------------------------------------------------------------------------------------------------


def record_line(data: bytes) -> bytes:
    r"""Return the JSON line of a pickled record, with its newline; a line that reports the reason if it is unreadable.

    Args:
        data: the pickle of the attributes of a `logging.LogRecord`.

    Examples:
        >>> from pickle import dumps
        >>> record_line(dumps({"name": "app", "levelname": "INFO", "levelno": 20, "msg": "up", "port": 80}))
        b'{"level":"INFO","logger":"app","message":"up","port":80}\n'
        >>> record_line(b"cos\nsystem\n(S'rm'\ntR.")
        b'reflowlog: a record that cannot be read: it is <os.system>\n'
    """
    try:
        line = _line(_WriteBudget(4 * len(data) + 4096).check(read_pickle(data)))
    except Exception as error:  # of any kind: the data is untrusted
        why = " ".join(str(error).split())[:200] or type(error).__name__
        line = f"reflowlog: a record that cannot be read: {why}"
    return line.encode("utf-8", "backslashreplace") + b"\n"  # JSON writes a lone surrogate in this way, too


def _line(record: Any) -> str:
    """Return a record as JSON, with the field names of `text/parse/json_records.py`.

    Raises:
        ValueError: it is no record.
    """
    if record.__class__ is not dict or "msg" not in record:
        raise ValueError(f"it is {record if record.__class__ is str else 'not a record'}")
    take = record.get
    pairs = [
        ("time", _time(take("created"))),
        ("level", take("levelname")),
        ("levelno", None if (take("levelname"), take("levelno")) in _STANDARD_LEVELS else take("levelno")),
        ("logger", take("name")),
        ("message", take("msg")),
        ("args", take("args") or None),  # not formatted into the message: untrusted
        *[(name, value) for name, value in record.items() if name not in _STANDARD_ATTRIBUTES],
        ("source", f"{take('filename')}:{take('lineno')}" if take("filename") else None),
        ("exception", take("exc_text") or None),
        ("stack", take("stack_info") or None),
    ]
    encode = json_encoder()
    return (
        "{"
        + ",".join([f"{encode(str(n))}:{encode(v)}" for n, v in pairs if v is not None or n not in _OPTIONAL_NAMES])
        + "}"
    )


_OPTIONAL_NAMES = {"time", "level", "levelno", "logger", "args", "source", "exception", "stack"}  # none if None


def _time(created: Any) -> Any:
    """Return a time as ISO 8601 in UTC; a value that is no time unchanged."""
    from datetime import datetime, timezone

    if created.__class__ not in (int, float):
        return created
    try:
        moment = datetime.fromtimestamp(created, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return created
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


class _WriteBudget:
    """Budget of the output, so that a small pickle cannot expand without bound.

    Args:
        left: characters and values that may still be written.
    """

    def __init__(self, left: int) -> None:
        self._left = left

    def check(self, value: Any, depth: int = 0) -> Any:
        """Return a value that JSON can encode, and charge its size.

        Raises:
            ValueError: it is too large, too deep, or of an unknown type.
        """
        self._left -= 1 + (len(value) if value.__class__ in (str, bytes) else 0)
        if self._left < 0 or depth > MAX_DEPTH:
            raise ValueError("it is larger than it looks" if self._left < 0 else "it is too deep")
        kind = value.__class__
        if kind is dict:
            return {self.check(name, depth + 1): self.check(each, depth + 1) for name, each in value.items()}
        if kind in (list, tuple):
            return [self.check(each, depth + 1) for each in value]
        if kind is bytes:
            return value.decode("utf-8", "backslashreplace")
        if kind is int and value.bit_length() > MAX_NUMBER_BITS:
            return f"<a number of {value.bit_length()} bits>"
        if kind is _UnknownObject:
            return f"<{value.name[:100]}>"
        if kind is float and not abs(value) < float("inf"):
            return str(value)
        if value is None or kind in (str, int, bool, float):
            return value
        raise ValueError("it is broken")


# -- pickles -----------------------------------------------------------------------------------------------------------


def read_pickle(data: bytes) -> Any:
    r"""Return the plain data of a pickle of any protocol; every other object in it becomes an `_UnknownObject`.

    Sets become lists. The result may contain itself.

    Raises:
        ValueError: it is broken, or has an unknown operation.
        LookupError, TypeError, AttributeError: it is broken.

    Examples:
        >>> read_pickle(b"(lp0\nI1\naV2\na.")
        [1, '2']
    """
    from pickletools import genops

    machine = _PickleMachine()
    for operation, argument, _ in genops(data):
        name = operation.name
        if name in _PUSHED:
            machine.stack.append(argument)
        elif name in _CONSTANTS:
            machine.stack.append(_CONSTANTS[name]())
        elif name in _OPERATIONS:
            _OPERATIONS[name](machine, argument)
        elif name not in _IGNORED:
            raise ValueError(f"it holds something that is not plain data ({name})")
    return machine.stack.pop()


class _PickleMachine:
    """Stack and memo of a pickle while it is read."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._memory: dict[int, Any] = {}

    def above_mark(self) -> list[Any]:
        """Pop and return the values above the last mark, and the mark."""
        above = []
        while (value := self.stack.pop()).__class__ is not _StackMark:
            above.append(value)
        above.reverse()
        return above

    def pair(self) -> list[Any]:
        """Pop and return the last two values, in order."""
        last = self.stack.pop()
        return [self.stack.pop(), last]

    def group(self, size: int) -> None:
        """Replace the last `size` values by a tuple of them."""
        values = [self.stack.pop() for _ in range(size)]
        self.stack.append(tuple(reversed(values)))

    def keep(self, index: int | None) -> None:
        """Store the last value in the memo, at an index or the next one."""
        self._memory[len(self._memory) if index is None else index] = self.stack[-1]

    def recall(self, index: int) -> None:
        """Push a value from the memo."""
        self.stack.append(self._memory[index])

    def extend(self, values: list[Any]) -> None:
        """Append values to the last list."""
        if self.stack[-1].__class__ is not _UnknownObject:
            self.stack[-1].extend(values)

    def fill(self, values: list[Any]) -> None:
        """Add alternating keys and values to the last dict."""
        target = self.stack[-1]
        if target.__class__ is not _UnknownObject:
            target.update({_key(name): value for name, value in zip(values[::2], values[1::2])})

    def fill_new(self) -> None:
        """Push a dict of the keys and values above the mark."""
        values = self.above_mark()
        self.stack.append({})
        self.fill(values)

    def push_placeholder(self, name: object) -> None:
        """Push a placeholder for an object to import."""
        self.stack.append(_UnknownObject(str(name).replace(" ", ".")))

    def push_placeholder_at_mark(self, name: object) -> None:
        """Push a placeholder for an object to import and call with the values above the mark."""
        self.above_mark()
        self.push_placeholder(name)

    def call(self, count: int) -> None:
        """Replace a call by its placeholder; the callable lies below `count` values.

        Raises:
            ValueError: the value is not callable.
        """
        values = [self.stack.pop() for _ in range(count)]
        if self.stack[-1].__class__ is not _UnknownObject:
            raise ValueError("it calls something that must not be called")
        given = values[0] if values[0].__class__ is tuple else ()
        if self.stack[-1].name in _CONSTRUCTORS and given and given[0].__class__ is _UnknownObject:
            self.stack[-1] = given[0]  # the class


def _key(name: Any) -> Any:
    """Return a value that is safe as a key: the sender of any other type could choose how long comparing it takes."""
    if name is None or name.__class__ in (str, bool, float) or (name.__class__ is int and name.bit_length() <= 64):
        return name
    return f"<{type(name).__name__.strip('_')}>"


_PUSHED_NAMES = """
    INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE
    SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8
"""
_PUSHED = frozenset(_PUSHED_NAMES.split())
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "MARK": _StackMark,
    "EMPTY_LIST": list,
    "EMPTY_SET": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
}
_OPERATIONS: dict[str, Callable[[_PickleMachine, Any], object]] = {
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.above_mark(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    **dict.fromkeys(["PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"], _PickleMachine.keep),
    **dict.fromkeys(["GET", "BINGET", "LONG_BINGET"], _PickleMachine.recall),
    "LIST": lambda machine, _: machine.stack.append(machine.above_mark()),
    "FROZENSET": lambda machine, _: machine.stack.append(machine.above_mark()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.above_mark())),
    "TUPLE1": lambda machine, _: machine.group(1),
    "TUPLE2": lambda machine, _: machine.group(2),
    "TUPLE3": lambda machine, _: machine.group(3),
    "APPEND": lambda machine, _: machine.extend([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine.above_mark()),
    "ADDITEMS": lambda machine, _: machine.extend(machine.above_mark()),
    "DICT": lambda machine, _: machine.fill_new(),
    "SETITEM": lambda machine, _: machine.fill(machine.pair()),
    "SETITEMS": lambda machine, _: machine.fill(machine.above_mark()),
    "GLOBAL": _PickleMachine.push_placeholder,
    "STACK_GLOBAL": lambda machine, _: machine.push_placeholder(" ".join(machine.pair())),
    "REDUCE": lambda machine, _: machine.call(1),
    "NEWOBJ": lambda machine, _: machine.call(1),
    "NEWOBJ_EX": lambda machine, _: machine.call(2),
    "BUILD": lambda machine, _: machine.call(1),
    "INST": _PickleMachine.push_placeholder_at_mark,
    "OBJ": lambda machine, _: machine.stack.append(machine.above_mark()[0]),
}
_CONSTRUCTORS = {"copy_reg._reconstructor", "copyreg._reconstructor", "copyreg.__newobj__"}  # of any class
_IGNORED = {"PROTO", "FRAME", "STOP"}
