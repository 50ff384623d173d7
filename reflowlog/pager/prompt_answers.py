"""Answers of the prompts: states after a typed search, filter, level, position or file name."""

from __future__ import annotations

import contextlib
import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from reflowlog.core.records import Anchor
from reflowlog.pager import prompts
from reflowlog.pager.bindings import COMMAND_HINTS
from reflowlog.pager.detail_keys import meant_offset
from reflowlog.pager.line_search import find_line_at, has_field_times_near, time_near
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.movement import fill_screen, jump, to_percent, top_anchor
from reflowlog.pager.save_target import parse_target
from reflowlog.pager.seeking import go_to_line, next_hit, scroll_to_hit
from reflowlog.pager.state import Goto, LoggerLevel, PagerState, Save
from reflowlog.text.parse.levels import INFO, parse_level, suggest_level
from reflowlog.text.parse.time_expressions import parse_when
from reflowlog.text.search.pattern_source import PatternError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reflowlog.core.events import Key
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.filter import FilterCriteria
    from reflowlog.pager.movement import Action
    from reflowlog.pager.prompts import Prompt
    from reflowlog.pager.state import Effect

__all__ = ["add_filter", "change_context", "clear_search", "drop_filter", "handle_prompt_key"]

QUITTING = ("q", "q!", "Q", "quit")  # typed at the colon, as in less and vim
MAX_CONTEXT = 999  # records


def handle_prompt_key(
    state: PagerState, prompt: Prompt, key: Key, context: PagerContext
) -> tuple[PagerState, Effect | None]:
    """Return the state after a key in a prompt; Enter answers it, Escape closes it."""
    if key.name in ("Escape", "Ctrl-C", "Ctrl-G") or (key.name == "Backspace" and not prompt.text):
        return state._replace(prompt=None), None
    if key.name != "Enter":
        return state._replace(prompt=prompts.handle_key(prompt, key)), None
    state = state._replace(prompt=None, message="")
    text = prompt.text
    if text and text not in state.past.get(prompt.kind, ())[-1:]:
        past = {**state.past, prompt.kind: (*state.past.get(prompt.kind, ()), text)}
        state = state._replace(past=MappingProxyType(past))
    if prompt.kind == ":" and text.strip() in QUITTING:
        return state.without_work(), "quit" if text.strip() == "Q" else "back"
    if prompt.kind == "l" and context.settings.has_loggers:
        request = _logger_level(state, text, context)
        if request is not None:
            return state, request
    return _ANSWERS[prompt.kind](state, text, context), None


def _make_search(upward: bool) -> Callable[[PagerState, str, PagerContext], PagerState]:
    def search(state: PagerState, text: str, context: PagerContext) -> PagerState:
        if text:
            try:
                state = state._replace(search=context.compile(text), hit=None)
            except PatternError as error:
                return state._replace(message=str(error))
        return next_hit(state._replace(upward=upward), context, None)

    return search


def clear_search(state: PagerState, _context: PagerContext, _count: int | None) -> PagerState:
    """Forget the search, its match and the way to it."""
    pending = state.pending if isinstance(state.pending, Goto) else None
    return state._replace(search=None, hit=None, hit_is_level=False, pending=pending)


def add_filter(state: PagerState, text: str, context: PagerContext) -> PagerState:
    """Add a typed filter; one that begins with ``!`` excludes. An empty text removes all filters, and the level."""
    exclude = text.startswith("!")
    source = text[1:] if exclude else text
    if not source:
        return _set_criteria(state, context, state.criteria._replace(tests=(), level=None))
    try:
        test = context.make_test(source, exclude=exclude)
    except PatternError as error:
        return state._replace(message=str(error))
    return _set_criteria(state, context, state.criteria._replace(tests=(*state.criteria.tests, test)))


def drop_filter(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    """Remove the latest filter, or as many as typed; the level, if there is no other."""
    criteria = state.criteria
    if criteria.is_empty:
        return state._replace(message="there is no filter: & adds one")
    if not criteria.tests:
        return _set_criteria(state, context, criteria._replace(level=None))
    return _set_criteria(state, context, criteria._replace(tests=criteria.tests[: -(count or 1)]))


def change_context(step: int) -> Action:
    """Return the action that shows more or fewer records around each match of the filters."""

    def change(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
        criteria = state.criteria
        if criteria.is_empty:
            return state._replace(message="there is no filter: & adds one")
        records = min(max(criteria.context + step * (count or 1), 0), MAX_CONTEXT)
        if records == criteria.context:
            message = f"{records} records are the most" if records else "no context is shown: ] shows more"
            return state._replace(message=message)
        shown = f"{records} record{'s' * (records != 1)} around each" if records else "no context"
        return _set_criteria(state._replace(message=shown), context, criteria._replace(context=records))

    return change


def _set_level(state: PagerState, text: str, context: PagerContext) -> PagerState:
    level = parse_level(text) if text else None
    if text and level is None:
        meant = suggest_level(text)
        known = f"did you mean {meant}?" if meant else "debug, info, warning, error, critical, or a number"
        return state._replace(message=f"{text!r} is not a level: {known}")
    if level is not None and level < INFO and context.settings.has_loggers:
        state = state._replace(message=f"'{text.strip()} all' or '{text.strip()} LOGGER' makes loggers log it")
    return _set_criteria(state, context, state.criteria._replace(level=level))


def _logger_level(state: PagerState, text: str, context: PagerContext) -> LoggerLevel | None:
    """Return the request of a typed ``LEVEL LOGGER``, ``LEVEL this``, ``LEVEL all`` or ``reset``; None for all else."""
    level, _, logger = text.strip().partition(" ")
    logger = logger.strip()
    if level == "reset" and not logger:
        return LoggerLevel(None)
    number = parse_level(level) if logger else None
    if number is None or " " in logger:
        return None
    if logger == "this":
        offset = meant_offset(state, context)
        detail = None if offset is None else context.detail_at(offset)
        fields = () if detail is None else detail.fields
        logger = next((field.value for field in fields if field.kind == "logger"), "root")
    return LoggerLevel(number, None if logger == "all" else logger)


def _set_criteria(state: PagerState, context: PagerContext, criteria: FilterCriteria) -> PagerState:
    """Return the state with another selection, at the same position; a hit that was on the screen stays there."""
    message = "saving was stopped: something else is shown" if state.saving is not None else state.message
    hit = state.hit if _is_on_screen(state, context) else None
    state = state.without_work()._replace(criteria=criteria, message=message)
    if not state.following:
        context.sync(state)
        state = fill_screen(state, context)
        with contextlib.suppress(NotReady):
            if hit is not None and context.shown.at(hit.line) == hit.line and not _is_on_screen(state, context):
                state = scroll_to_hit(state, hit, context)
    return state


def _is_on_screen(state: PagerState, context: PagerContext) -> bool:
    """Return whether any row of the hit is on the screen."""
    hit = state.hit
    return hit is not None and any(each.line.offset == hit.line for each in context.visible_rows_of(state))


def _go_to_typed(state: PagerState, text: str, context: PagerContext) -> PagerState:
    """Go to a typed line number, per cent or time."""
    typed = text.strip()
    digits = typed.replace(",", "")
    if not digits:
        return state
    if digits == "$":  # as in vim
        return jump(state, context, Anchor(context.document.at(context.document.text.end), 0))
    if digits.isascii() and digits.isdigit():
        return go_to_line(state, Goto(max(int(digits) - 1, 0)), context)
    percent = typed.removesuffix("%").strip()
    if typed.endswith("%") and percent.isascii() and percent.isdigit():
        return to_percent(state, context, int(percent))
    offset, message = _offset_at(typed, state, context)
    if offset is None:
        return state._replace(message=message)
    return jump(state, context, Anchor(offset, 0))._replace(message=message)


def _offset_at(text: str, state: PagerState, context: PagerContext) -> tuple[int | None, str]:
    """Return the offset of the first line at a typed time or after it, and a message; None if there is none.

    A time of day belongs to the day of the line at the top of the screen, a duration counts back from the last line
    that has a time. Without a zone it is a time in the zone in which those near are shown.
    """
    names = context.names
    document = context.document
    is_ago = text.startswith("-")
    near = document.text.end if is_ago else top_anchor(state, context).line
    now = time_near(document, near, names)
    utc = context.settings.render.appearance.utc and has_field_times_near(document, near, names)
    when = parse_when(text[1:] if is_ago else text, time.time() if now is None else now, utc=utc)
    if when is None:
        hint = COMMAND_HINTS.get(text.partition(" ")[0].rstrip("!"))
        if hint:
            return None, f":{text} does nothing here: {hint}"
        return None, f"{text!r} is not a line number, a percentage or a time, such as 120, 50%, 12:30 or -10m"
    if now is None:
        return None, "no line near here has a time"
    offset = find_line_at(document, when, names)
    if offset is None:
        return document.at(document.text.end), "all lines are before that time"
    return offset, ""


def _start_saving(state: PagerState, text: str, _context: PagerContext) -> PagerState:
    if state.saving is not None:
        return state._replace(message=f"{state.saving.path} is still being saved")
    path, kind = parse_target(text)
    return state._replace(saving=Save(path, format=kind)) if path else state


_ANSWERS: Mapping[str, Callable[[PagerState, str, PagerContext], PagerState]] = {
    "/": _make_search(upward=False),
    "?": _make_search(upward=True),
    "&": add_filter,
    "l": _set_level,
    ":": _go_to_typed,
    "s": _start_saving,
}
