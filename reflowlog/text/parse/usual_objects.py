"""Reader of objects of a usual shape, without a builder: a fast way to the record of most lines of JSON and logfmt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reflowlog.core.memo import Memo
from reflowlog.core.records import LogRecord
from reflowlog.text.parse.field_names import LEVEL, LOGGER, MESSAGE, RANKS, TIME, UNUSUAL_NAMES
from reflowlog.text.parse.json_values import CONTAINERS, text_of
from reflowlog.text.parse.record_builder import TRACEBACK, RecordBuilder, is_quantity, time_of

if TYPE_CHECKING:
    from reflowlog.text.parse.field_names import ObjectShape
    from reflowlog.text.parse.json_values import Object

__all__ = ["UsualObjectReader", "usual_object_reader"]

MAX_LEVELS = 64
"""Values of the level's field that are remembered for each shape of objects."""


class UsualObjectReader:
    """Reader of the objects of one shape, whose fields have each at most one role: time, level, logger or message.

    Invariants:
    - The record is that of `RecordBuilder` (a test holds both to each other), or None where the values are not usual.
    - The level depends on the names and its own value only, and is remembered.

    Args:
        time: place of the field; -1 for none, as for the others.
        level: place of the level.
        role: role of the level.
        logger: place of the logger.
        message: place of the message.
        count: number of fields.
        openable: places of fields that are flattened if they are objects.
    """

    __slots__ = ("extras", "level", "levels", "logger", "message", "openable", "role", "time")

    def __init__(
        self,
        time: int,
        level: int,
        role: int,
        logger: int,
        message: int,
        count: int,
        openable: tuple[int, ...],
    ) -> None:
        self.time, self.level, self.role, self.logger, self.message = time, level, role, logger, message
        self.openable = openable
        self.extras = [place for place in range(count) if place not in (time, level, logger, message)]
        self.levels: Memo[tuple[type, Any], tuple[int, str] | None] = Memo(limit=MAX_LEVELS)

    def read(self, pairs: Object) -> LogRecord | None:
        """Return the record of an object of this shape; None if it has to be read the general way."""
        message, time, logger, level = pairs[self.message][1], None, "", (0, "")
        if message.__class__ is not str or not message or message[0] == "{":
            return None
        if self.time >= 0:
            time = time_of(pairs[self.time][1])
            if time is None:
                return None
        if self.logger >= 0:
            logger = pairs[self.logger][1]
            if logger.__class__ is not str or not logger or is_quantity(logger):
                return None
        if self.level >= 0:
            value = pairs[self.level][1]
            if value.__class__ is str:
                if not value.isprintable():
                    return None
            elif value.__class__ is not int:
                return None
            key = value.__class__, value
            found = self.levels.get(key)
            if found is None:
                found = RecordBuilder(pairs).level_of(pairs[self.level][0], value, self.role)
                if found is None:
                    return None
                self.levels.remember(key, found)
            level = found
        extras = []
        for place in self.extras:
            name, value = pairs[place]
            if value.__class__ is not str:
                if value.__class__ in CONTAINERS and place in self.openable:
                    return None
                value = text_of(value)
            if len(value) > len(TRACEBACK) and TRACEBACK in value:
                return None
            extras.append((name, value))
        return LogRecord(time, *level, logger, message.rstrip("\r\n"), tuple(extras), "", "", None, ())


def usual_object_reader(keys: tuple[str, ...], shape: ObjectShape) -> UsualObjectReader | None:
    """Return the reader of a shape; None if its fields do not have one role each."""
    places = {role // RANKS * RANKS: (place, role) for role, place in shape.marked}
    message, role = places.get(MESSAGE, (-1, 0))
    is_plain = len(places) == len(shape.marked) and places.keys() <= {TIME, LEVEL, LOGGER, MESSAGE}
    if not is_plain or message < 0 or role == MESSAGE + 4 or not UNUSUAL_NAMES.isdisjoint(keys):
        return None
    level, role = places.get(LEVEL, (-1, 0))
    time, logger = places.get(TIME, (-1, 0))[0], places.get(LOGGER, (-1, 0))[0]
    return UsualObjectReader(time, level, role, logger, message, len(keys), shape.openable)
