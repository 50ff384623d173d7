"""Transitions of the pager: each key, and each slice of a pending operation, makes the next state.

Invariants:
- A key makes the next state (`update`), and so does time (`advance`). Nothing here paints or reads from a terminal. All
  knowledge of the document is in the `PagerContext`. Nothing that happens once is stored in a state: it is an effect.
- Scrolling ends with the last row at the bottom of the screen. Only `G`, `End` and `F` begin to follow the end, and
  every move away from the end stops following.
- No step takes longer than its budget: longer work is a pending operation, continued by `advance` between two keys.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from reflowlog.core.records import Anchor
from reflowlog.pager import prompts as prompts
from reflowlog.pager.bindings import HINTS, action_of, key_label
from reflowlog.pager.column_chooser import handle_chooser_key, open_chooser
from reflowlog.pager.context import ERRORS, WARNINGS
from reflowlog.pager.detail import DetailState
from reflowlog.pager.detail_keys import edit_record, handle_detail_key, meant_offset, open_detail
from reflowlog.pager.folds import Folds
from reflowlog.pager.help import help_rows
from reflowlog.pager.line_search import find_line_at, time_near
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.save_target import parse_target
from reflowlog.pager.state import Copy, CopyShown, Goto, LoggerLevel, PagerState, Save, Seek
from reflowlog.pager.viewport import VisibleRow
from reflowlog.text.parse.levels import INFO
from reflowlog.text.parse.line_levels import parse_level
from reflowlog.text.parse.time_expressions import parse_when
from reflowlog.text.parse.tracebacks import WHOLE
from reflowlog.text.search.pattern_source import PatternError, no_match_hint

if TYPE_CHECKING:
    from reflowlog.core.events import Key
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.filter import FilterCriteria
    from reflowlog.pager.prompts import Kind, Prompt
    from reflowlog.pager.state import Effect

__all__ = ["advance", "interrupt", "update"]

WHEEL_ROWS = 3
MAX_SCROLL_ROWS = 5_000  # rows that one key scrolls at most, whatever number is typed before it
MAX_COUNT_DIGITS = 12
QUITTING = ("q", "q!", "Q", "quit")  # typed at the colon, as in less and vim
MAX_CONTEXT = 999  # records

Action = Callable[[PagerState, "PagerContext", "int | None"], PagerState]
"""Makes the next state; its last argument is the number typed before the key."""


def update(state: PagerState, key: Key, context: PagerContext) -> tuple[PagerState, Effect | None]:
    """Return the state after a key, and the effect that the display has to carry out.

    A key without an action removes the message and leaves a hint in its place.
    """
    context.sync(state)
    if state.prompt is not None:
        return _handle_prompt_key(state, state.prompt, key, context)
    asking, state = state.asking, state._replace(message="", asking=None)
    name = key.name
    if asking is not None and name == "y":
        return state._replace(saving=asking._replace(replaces=True)), None
    if state.waiting:
        return _handle_letter(state._replace(waiting=""), state.waiting, key, context), None
    own = context.settings.keys
    if (
        name.isdigit()
        and name.isascii()
        and name not in own
        and (state.digits or name != "0")
        and state.help_row is None
    ):
        return state._replace(digits=(state.digits + name)[:MAX_COUNT_DIGITS]), None
    count = int(state.digits) if state.digits else None
    state = state._replace(digits="")
    action = action_of(name, own)
    in_list = state.help_row is not None or state.detail is not None or state.chooser is not None
    if action == "quit" or (action == "back" and not in_list):
        return state.without_work()._replace(help_row=None), "back" if action == "back" else "quit"
    if action == "redraw":
        return state, "redraw"
    if action in ("copy", "edit") and not in_list:
        return _act_on_record(state, context, action)
    if state.help_row is not None:
        return _handle_help_key(state, state.help_row, name, action, context), None
    if state.chooser is not None:
        return handle_chooser_key(state, state.chooser, own.get(name, name), action, context)
    if state.detail is not None:
        return _handle_detail_key(state, state.detail, own.get(name, name), action, count or 1, context)
    if action is None:
        return state._replace(
            message=f"{key_label(name)} does nothing here: {HINTS.get(name, 'h shows the keys')}"
        ), None
    if action == "clear-search" and count is not None:
        return state, None
    return _ACTIONS[action](state, context, count), None


def interrupt(state: PagerState, context: PagerContext) -> PagerState | None:
    """Return the state without its prompt, help, number or pending work; None if there is nothing to interrupt."""
    context.sync(state)
    if state.prompt is not None or state.waiting or state.digits or state.help_row is not None:
        return state._replace(prompt=None, waiting="", digits="", help_row=None)
    if state.chooser is not None:
        return state._replace(chooser=None)
    if state.detail is not None:
        return _leave_detail(state._replace(detail=None), state.detail, context)
    indexes = [each for each in context.background_indexes() if not each.is_complete and not each.is_stopped]
    if not state.is_working and not indexes:
        return None
    for each in indexes:
        each.stop()
    return state.without_work()._replace(message="interrupted")


# -- moving ---------------------------------------------------------------------------------------------------------


def _scroll(unit: Callable[[PagerContext], int]) -> Action:
    def move(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
        rows = unit(context) * (1 if count is None else count)
        if abs(rows) > MAX_SCROLL_ROWS:
            state = state._replace(message=f"moved by {MAX_SCROLL_ROWS:,} rows, the most at once")
            rows = MAX_SCROLL_ROWS if rows > 0 else -MAX_SCROLL_ROWS
        return _scroll_down(state, context, rows) if rows > 0 else _scroll_up(state, context, -rows)

    return move


def _scroll_down(state: PagerState, context: PagerContext, rows: int) -> PagerState:
    """Return the state `rows` rows further down, at most with the last row at the bottom of the screen."""
    if state.following:
        return state
    found, more = context.take_rows(context.viewport.below(context.shown, state.top), rows + context.height)
    at = max(min(rows, len(found) - (1 if more else context.height)), 0)
    return state._replace(top=found[at].anchor) if at else state


def _scroll_up(state: PagerState, context: PagerContext, rows: int) -> PagerState:
    """Return the state `rows` rows further up."""
    if state.following:
        visible_rows = context.visible_rows_of(state)
        if not visible_rows:
            return state
        state = state._replace(top=visible_rows[0].anchor)
        if len(visible_rows) < context.height:  # the whole document is on the screen
            return state
    found, _ = context.take_rows(context.viewport.above(context.shown, state.top), rows)
    return state._replace(top=found[-1].anchor if found else state.top, following=False)


def _to_start(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    if count is not None:
        return _go_to_line(state, Goto(max(count - 1, 0)), context)
    return _jump(state, context, Anchor(context.document.text.start, 0))


def _to_end(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    if count is not None:
        return _go_to_line(state, Goto(max(count - 1, 0)), context)
    if state.following:
        return state
    return state._replace(back=_top_anchor(state, context), following=True, pending=None)


def _follow(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001 - an action's signature
    return _to_end(state, context, None)


def _to_percent(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    if count is None:
        return state._replace(message="a number before % goes there: 50%")
    text = context.document.text
    if count > 100:
        return state._replace(message=f"{count}% is more than 100%")
    offset = context.document.at(text.start + (text.end - text.start) * count // 100)
    return _jump(state, context, Anchor(offset, 0))


def _top_anchor(state: PagerState, context: PagerContext) -> Anchor:
    """Return the anchor of the top of the screen."""
    if not state.following:
        return state.top
    visible_rows = context.visible_rows_of(state)
    return visible_rows[0].anchor if visible_rows else state.top


def _jump(state: PagerState, context: PagerContext, top: Anchor) -> PagerState:
    """Return the state with another top; a position near the end is shown with a full screen."""
    state = state._replace(back=_top_anchor(state, context), top=top, following=False, pending=None)
    return _fill_screen(state, context)


def _fill_screen(state: PagerState, context: PagerContext) -> PagerState:
    """Return the state without blank rows below the end, as far as there are rows to fill the screen."""
    found, more = context.take_rows(context.viewport.below(context.shown, state.top), context.height)
    missing = context.height - len(found)
    if more or not found or missing <= 0:
        return state
    above, _ = context.take_rows(context.viewport.above(context.shown, state.top), missing)
    return state._replace(top=above[-1].anchor) if above else state


def _sideways(right: bool) -> Action:
    def move(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
        if state.wrapped:
            return state._replace(message="lines are wrapped: S shows them unwrapped")
        if not right and not state.shift:
            return state._replace(message="this is the left edge")
        step = max(context.size.columns // 2, 1) if count is None else count
        return state._replace(shift=max(state.shift + (step if right else -step), 0))

    return move


# -- looks and marks ------------------------------------------------------------------------------------------------


def _toggle_wrap(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    return state._replace(wrapped=not state.wrapped, shift=0)


def _toggle_raw(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    return state._replace(raw=not state.raw, message="" if state.raw else "raw: the text as it came")


def _time_at(anchor: Anchor, context: PagerContext) -> float | None:
    """Return the time of the record at an anchor; None if it is unknown."""
    try:
        return context.timeline.record_time(anchor.record)
    except NotReady:
        return None


_TIMES: Mapping[str, Literal["", "before", "mark"]] = {"": "before", "before": "mark", "mark": ""}


def _change_times(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    times = _TIMES[state.times]
    message = "times as they are" if not times else "times since the record before"
    if times == "mark":
        if not state.marks:
            message = "times since the mark: m and a letter sets one"
        elif state.origin is None:
            message = "times since the mark, whose own time is not known"
        else:
            message = "times since the mark"
    return state._replace(times=times, message=message)


def _toggle_fold(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    """Toggle the fold of the current record; if it has none, the first fold on the screen."""
    if state.raw:
        return state._replace(message="raw text is not folded: r shows it laid out")
    visible_rows = context.visible_rows_of(state)
    offsets = list(dict.fromkeys(visible_row.line.offset for visible_row in visible_rows))
    if state.hit is not None and state.hit.record in offsets:
        offsets = [state.hit.record, *offsets]
    for offset in offsets:
        try:
            folds = context.toggled_folds(offset)
        except NotReady:
            return state._replace(message="the end of the repeats is not found yet")
        if folds is not None:
            return _set_folds(state, context, folds, "")
    return state._replace(message="there is nothing to fold here")


def _toggle_all_folds(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    if state.folds.is_empty:
        return _set_folds(state, context, Folds(WHOLE, True), "tracebacks and repeats are folded: Z unfolds them")
    return _set_folds(state, context, Folds(), "nothing is folded")


def _set_folds(state: PagerState, context: PagerContext, folds: Folds, message: str) -> PagerState:
    """Return the state with other folds, at the same position."""
    state = state._replace(folds=folds, message=message)
    context.sync(state)
    return state if state.following else _fill_screen(state, context)


def _unfold_at(state: PagerState, context: PagerContext, offset: int) -> PagerState:
    """Return the state with a segment visible that may be folded."""
    folds = context.opened_folds(offset)
    if folds != state.folds and not state.raw:
        state = state._replace(folds=folds)
        context.sync(state)
    return state


def _open_prompt(kind: Kind) -> Action:
    def open_it(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
        return state._replace(prompt=prompts.open_prompt(kind, state.past.get(kind, ())))

    return open_it


def _expect_letter(waiting: Literal["m", "'"]) -> Action:
    def expect(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
        return state._replace(waiting=waiting)

    return expect


def _handle_letter(state: PagerState, waiting: str, key: Key, context: PagerContext) -> PagerState:
    name = key.name
    if name == "Escape":
        return state
    if len(name) > 1:
        return state._replace(message=f"{key_label(name)} is not a letter: a mark is one character")
    if waiting == "m":
        anchor = _top_anchor(state, context)
        marks = MappingProxyType({**state.marks, name: anchor})
        return state._replace(marks=marks, origin=_time_at(anchor, context), message=f"mark {name} is set")
    if name == "'":
        if state.back is None:
            return state._replace(message="there is no jump to go back from yet")
        return _jump(state, context, state.back)
    if name not in state.marks:
        return state._replace(message=f"there is no mark {name}")
    return _jump(state, context, state.marks[name])


def _report_position(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    text = context.document.text
    top = _top_anchor(state, context).record
    number = text.number_at(top)
    of = "" if text.count is None else f" of {text.count:,}"
    facts = [
        "" if number is None else f"line {number + 1:,}{of}",
        f"byte {top - text.start:,} of {text.end - text.start:,}",
        f"marks {''.join(sorted(state.marks))}" if state.marks else "",
    ]
    return state._replace(message=", ".join(fact for fact in facts if fact))


# -- help -----------------------------------------------------------------------------------------------------------


def _show_help(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    return state._replace(help_row=0)


def _handle_help_key(state: PagerState, row: int, name: str, action: str | None, context: PagerContext) -> PagerState:
    """Return the state after a key typed in the help: it scrolls, or leaves the help."""
    if name == "Escape" or action in ("back", "help"):
        return state._replace(help_row=None)
    height = context.height
    last = max(len(help_rows(context.size.columns, height, context.settings.keys, state.place)) - height, 0)
    steps = {
        "down": 1,
        "up": -1,
        "page-down": height,
        "page-up": -height,
        "half-down": max(height // 2, 1),
        "half-up": -max(height // 2, 1),
        "wheel-down": WHEEL_ROWS,
        "wheel-up": -WHEEL_ROWS,
        "start": -last,
        "end": last,
    }
    if action not in steps:
        return state._replace(message=f"{key_label(name)} does nothing here: q leaves the help")
    return state._replace(help_row=min(max(min(row, last) + steps[action], 0), last))


# -- the record in detail -------------------------------------------------------------------------------------------


def _open_detail(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    return open_detail(state, context)


def _act_on_record(state: PagerState, context: PagerContext, action: str) -> tuple[PagerState, Effect | None]:
    """Return the state, and the request to copy the record that is meant, or to edit the file that it names."""
    offset = meant_offset(state, context)
    detail = None if offset is None else context.detail_at(offset)
    if detail is None:
        return state._replace(message=f"there is no record to {action}"), None
    if action == "edit":
        return state, edit_record(detail)
    return state, Copy(detail.original, "the record" if detail.record.is_whole else "the start of the record")


def _copy_shown(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    if state.copying is not None:
        return state._replace(message="it is still being copied")
    return state._replace(copying=CopyShown())


def _open_columns(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    return open_chooser(state, context)


def _handle_detail_key(
    state: PagerState, place: DetailState, name: str, action: str | None, count: int, context: PagerContext
) -> tuple[PagerState, Effect | None]:
    """Return the state after a key in the detail; outside it, its record is on the screen."""

    def act(action: str, state: PagerState) -> PagerState:
        return _ACTIONS[action](state, context, None)

    state, effect = handle_detail_key(state, name, action, count, context, act, _add_filter)
    return (_leave_detail(state, place, context) if state.detail is None else state), effect


def _leave_detail(state: PagerState, place: DetailState, context: PagerContext) -> PagerState:
    """Return the state with the detail's record on the screen, a third below the top if it is not there yet."""
    detail = context.detail_at(place.offset)
    if detail is None:
        return state
    first, last = detail.record.offset, detail.record.last
    if any(first <= each.line.offset <= last for each in context.visible_rows_of(state)):
        return state
    rows, _ = context.take_rows(context.viewport.above(context.shown, Anchor(first, 0)), context.height // 3)
    return _jump(state, context, rows[-1].anchor if rows else Anchor(first, 0))


# -- prompts --------------------------------------------------------------------------------------------------------


def _handle_prompt_key(
    state: PagerState, prompt: Prompt, key: Key, context: PagerContext
) -> tuple[PagerState, Effect | None]:
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
        return _next_hit(state._replace(upward=upward), context, None)

    return search


def _clear_search(state: PagerState, context: PagerContext, count: int | None) -> PagerState:  # noqa: ARG001
    pending = state.pending if isinstance(state.pending, Goto) else None
    return state._replace(search=None, hit=None, hit_is_level=False, pending=pending)


def _add_filter(state: PagerState, text: str, context: PagerContext) -> PagerState:
    exclude = text.startswith("!")
    source = text[1:] if exclude else text
    if not source:
        return _set_criteria(state, context, state.criteria._replace(tests=()))
    try:
        test = context.make_test(source, exclude=exclude)
    except PatternError as error:
        return state._replace(message=str(error))
    return _set_criteria(state, context, state.criteria._replace(tests=(*state.criteria.tests, test)))


def _drop_filter(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    tests = state.criteria.tests
    if not tests:
        return state._replace(message="there is no filter: & adds one")
    return _set_criteria(state, context, state.criteria._replace(tests=tests[: -(count or 1)]))


def _change_context(step: int) -> Action:
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
        return state._replace(message=f"{text!r} is not a level: debug, info, warning, error, critical, or a number")
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
    """Return the state with another selection, at the same position."""
    message = "saving was stopped: something else is shown" if state.saving is not None else state.message
    state = state.without_work()._replace(criteria=criteria, message=message)
    if not state.following:
        context.sync(state)
        state = _fill_screen(state, context)
    return state


def _go_to_typed(state: PagerState, text: str, context: PagerContext) -> PagerState:
    """Go to a typed line number, per cent or time."""
    typed = text.strip()
    digits = typed.replace(",", "")
    if not digits:
        return state
    if digits.isascii() and digits.isdigit():
        return _go_to_line(state, Goto(max(int(digits) - 1, 0)), context)
    percent = typed.removesuffix("%").strip()
    if typed.endswith("%") and percent.isascii() and percent.isdigit():
        return _to_percent(state, context, int(percent))
    offset, message = _offset_at(typed, state, context)
    if offset is None:
        return state._replace(message=message)
    return _jump(state, context, Anchor(offset, 0))._replace(message=message)


def _offset_at(text: str, state: PagerState, context: PagerContext) -> tuple[int | None, str]:
    """Return the offset of the first line at a typed time or after it, and a message; None if there is none.

    A time of day belongs to the day of the line at the top of the screen, a duration counts back from the last line
    that has a time.
    """
    names = context.names
    document = context.document
    is_ago = text.startswith("-")
    near = document.text.end if is_ago else _top_anchor(state, context).record
    now = time_near(document, near, names)
    when = parse_when(text[1:] if is_ago else text, time.time() if now is None else now)
    if when is None:
        return None, f"{text!r} is not a line number, a percentage or a time, such as 120, 50%, 12:30 or -10m"
    if now is None:
        return None, "no line near here has a time"
    offset = find_line_at(document, when, names)
    if offset is None:
        return document.at(document.text.end), "all lines are before that time"
    return offset, ""


def _start_saving(state: PagerState, text: str, context: PagerContext) -> PagerState:  # noqa: ARG001
    if state.saving is not None:
        return state._replace(message=f"{state.saving.path} is still being saved")
    path, kind = parse_target(text)
    return state._replace(saving=Save(path, format=kind)) if path else state


# -- pending operations ---------------------------------------------------------------------------------------------


def advance(state: PagerState, context: PagerContext) -> PagerState:
    """Return the state after a slice of the pending work, until the budget is over."""
    context.sync(state)
    if isinstance(state.pending, Seek):
        state = _seek(state, state.pending, context)
    elif isinstance(state.pending, Goto):
        state = _go_to_line(state, state.pending, context)
    try:
        context.continue_folds()
        for match_index in context.background_indexes():
            if not match_index.is_complete and not context.budget.is_over:
                match_index.step()
    except NotReady:
        pass  # the regex worker has not answered yet
    return state


def _go_to_line(state: PagerState, pending: Goto, context: PagerContext) -> PagerState:
    text = context.document.text
    offset = text.offset_of(pending.number)
    if offset is not None:
        return _jump(_unfold_at(state, context, offset), context, Anchor(offset, 0))
    if text.count is None:
        return state._replace(pending=pending)
    held = text.number_at(text.start)
    if held is not None and pending.number < held:
        return _to_start(state, context, None)._replace(message=f"line {pending.number + 1:,} is no longer held")
    last = context.document.at(text.end)
    message = f"the last line is {text.count:,}" if text.count else "there are no lines"
    return _jump(state, context, Anchor(last, 0))._replace(message=message)


def _next_hit(state: PagerState, context: PagerContext, count: int | None, *, reverse: bool = False) -> PagerState:
    """Return the state at the next hit; at the previous one with ``reverse``."""
    if state.search is None:
        return state._replace(message="nothing to search for: / searches")
    context.sync(state)
    upward = state.upward != reverse
    return _seek(state, Seek(None, upward, _search_origin(state, context, upward), repeat=count or 1), context)


def _previous_hit(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
    return _next_hit(state, context, count, reverse=True)


def _search_origin(state: PagerState, context: PagerContext, upward: bool) -> int:
    """Return the offset beyond which to search: the hit's if it is on the screen, else the one before the screen.

    While a record is shown in detail, it is that record's.
    """
    detail = None if state.detail is None else context.detail_at(state.detail.offset)
    if detail is not None:
        return detail.record.offset if upward else detail.record.last
    offsets = [visible_row.line.offset for visible_row in context.visible_rows_of(state)]
    if state.hit is not None and state.hit.record in offsets:
        return state.hit.record
    if not offsets:
        return context.document.text.end if upward else context.document.text.start - 1
    return offsets[-1] + 1 if upward else offsets[0] - 1


def _seek_level(levels: tuple[int, int], *, upward: bool) -> Action:
    def seek(state: PagerState, context: PagerContext, count: int | None) -> PagerState:
        return _seek(state, Seek(levels, upward, _search_origin(state, context, upward), repeat=count or 1), context)

    return seek


def _seek(state: PagerState, pending: Seek, context: PagerContext) -> PagerState:
    match_index = context.levels(*pending.levels) if pending.levels else context.hits
    if match_index is None:
        return state._replace(pending=None)
    try:
        while True:
            found = match_index.before(pending.offset) if pending.upward else match_index.after(pending.offset)
            if found is not None and pending.repeat > 1:
                pending = pending._replace(offset=found, repeat=pending.repeat - 1)
                if context.budget.is_over:
                    return state._replace(pending=pending)
            elif found is not None:
                return _show_hit(state, pending, found, context)
            elif pending.again:
                break
            else:  # continue from the other end
                text = context.document.text
                pending = pending._replace(offset=text.end if pending.upward else text.start - 1, again=True)
    except NotReady:
        return state._replace(pending=pending)
    return state._replace(pending=None, message=_explain_no_match(state, pending, context))


def _explain_no_match(state: PagerState, pending: Seek, context: PagerContext) -> str:
    """Return the message for a search without a match, with a hint where the case may be the reason."""
    among = " among what is shown" if context.filter_index else ""
    if pending.levels is not None:
        return f"{'no error' if pending.levels == ERRORS else 'no warning'}{among}"
    search = state.search
    if search is not None and search.unknown:
        return search.unknown
    hint = ""
    if search is not None and not search.of_fields:
        hint = no_match_hint(search.source, ignore_case=context.settings.ignore_case)
    return f"no match{among}{f': {hint}' if hint else ''}"


def _show_hit(state: PagerState, pending: Seek, start: int, context: PagerContext) -> PagerState:
    """Return the state with a hit in view: where it is if it is on the screen, else a third below the top."""
    state = _unfold_at(state, context, start)
    try:
        offset = context.first_match_offset(context.viewport.line(start)) if pending.levels is None else 0
    except NotReady:
        offset = 0
    hit = Anchor(start, offset)
    if state.detail is not None:
        found = context.detail_at(start)
        state = state._replace(detail=DetailState(start if found is None else found.record.offset))
    message = "" if not pending.again else "went round: " + ("from the end" if pending.upward else "from the start")
    state = state._replace(
        hit=hit, hit_is_level=pending.levels is not None, pending=None, message=message or state.message
    )
    if state.following:  # new input would scroll the hit away
        state = state._replace(top=_top_anchor(state, context), following=False)
    number = context.viewport.line(start).row_of(hit.offset)
    if any(
        each.line.offset == start and each.number == number and not each.line.kind
        for each in context.visible_rows_of(state)
    ):
        return state
    rows, _ = context.take_rows(context.viewport.above(context.shown, hit), context.height // 3)
    visible_row = VisibleRow(context.viewport.line(start), number)
    top = rows[-1].anchor if rows else visible_row.anchor
    back = _top_anchor(state, context)
    return _fill_screen(state._replace(top=top, following=False, back=back), context)


_ANSWERS: Mapping[str, Callable[[PagerState, str, PagerContext], PagerState]] = {
    "/": _make_search(upward=False),
    "?": _make_search(upward=True),
    "&": _add_filter,
    "l": _set_level,
    ":": _go_to_typed,
    "s": _start_saving,
}

_ACTIONS: Mapping[str, Action] = {
    "down": _scroll(lambda _: 1),
    "up": _scroll(lambda _: -1),
    "page-down": _scroll(lambda context: context.height),
    "page-up": _scroll(lambda context: -context.height),
    "half-down": _scroll(lambda context: max(context.height // 2, 1)),
    "half-up": _scroll(lambda context: -max(context.height // 2, 1)),
    "wheel-down": _scroll(lambda _: WHEEL_ROWS),
    "wheel-up": _scroll(lambda _: -WHEEL_ROWS),
    "start": _to_start,
    "end": _to_end,
    "follow": _follow,
    "percent": _to_percent,
    "search": _open_prompt("/"),
    "search-up": _open_prompt("?"),
    "clear-search": _clear_search,
    "filter": _open_prompt("&"),
    "drop-filter": _drop_filter,
    "less-context": _change_context(-1),
    "more-context": _change_context(1),
    "level": _open_prompt("l"),
    "line": _open_prompt(":"),
    "save": _open_prompt("s"),
    "next": _next_hit,
    "previous": _previous_hit,
    "next-error": _seek_level(ERRORS, upward=False),
    "previous-error": _seek_level(ERRORS, upward=True),
    "next-warning": _seek_level(WARNINGS, upward=False),
    "previous-warning": _seek_level(WARNINGS, upward=True),
    "mark": _expect_letter("m"),
    "go-to-mark": _expect_letter("'"),
    "times": _change_times,
    "fold": _toggle_fold,
    "fold-all": _toggle_all_folds,
    "wrap": _toggle_wrap,
    "raw": _toggle_raw,
    "left": _sideways(right=False),
    "right": _sideways(right=True),
    "detail": _open_detail,
    "copy-shown": _copy_shown,
    "columns": _open_columns,
    "help": _show_help,
    "where": _report_position,
}
"""Functions of the actions, but for those that are effects: back, quit, redraw, copy and edit."""
