"""Transitions of the pager: each key makes the next state.

Invariants:
- A key makes the next state (`update`), and so does time (`seeking.py: advance`). Nothing here paints or reads from a
  terminal. All knowledge of the document is in the `PagerContext`. Nothing that happens once is stored in a state: it
  is an effect.
- Only `G`, `End` and `F` begin to follow the end.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from reflowlog.core.records import Anchor
from reflowlog.pager.bindings import HINTS, action_of, key_label
from reflowlog.pager.column_chooser import handle_chooser_key, open_chooser
from reflowlog.pager.detail_keys import copy_record, edit_record, handle_detail_key, meant_offset, open_detail
from reflowlog.pager.folds import Folds
from reflowlog.pager.help import help_rows
from reflowlog.pager.level_indexes import ERRORS, WARNINGS
from reflowlog.pager.match_index import NotReady
from reflowlog.pager.movement import WHEEL_ROWS, fill_screen, jump, scroll, sideways, to_percent, top_anchor
from reflowlog.pager.prompt_answers import add_filter, change_context, clear_search, drop_filter, handle_prompt_key
from reflowlog.pager.prompts import open_prompt
from reflowlog.pager.seeking import follow, next_hit, previous_hit, seek_level, to_end, to_start
from reflowlog.pager.state import CopyShown, PagerState
from reflowlog.text.parse.tracebacks import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reflowlog.core.events import Key
    from reflowlog.pager.context import PagerContext
    from reflowlog.pager.detail import DetailState
    from reflowlog.pager.movement import Action
    from reflowlog.pager.prompts import Kind
    from reflowlog.pager.state import Effect

__all__ = ["interrupt", "update"]

MAX_COUNT_DIGITS = 12


def update(state: PagerState, key: Key, context: PagerContext) -> tuple[PagerState, Effect | None]:
    """Return the state after a key, and the effect that the display has to carry out.

    A key without an action removes the message and leaves a hint in its place.
    """
    context.sync(state)
    if state.prompt is not None:
        return handle_prompt_key(state, state.prompt, key, context)
    asking, state = state.asking, state._replace(message="", asking=None)
    name = key.name
    if name == "Paste":
        return state._replace(waiting="", digits="", message="pasted text is no keys: / searches for it"), None
    if asking is not None and name == "y":
        return state._replace(saving=asking._replace(replaces=True)), None
    if state.waiting:
        return _handle_letter(state._replace(waiting=""), state.waiting, key, context), None
    own = context.settings.keys
    if name not in own and _extends_count(state, name):
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
        hint = HINTS.get(name, "h shows the keys")
        return state._replace(message=f"{key_label(name)} does nothing here: {hint}"), None
    if action == "clear-search" and count is not None:
        return state, None
    return _ACTIONS[action](state, context, count), None


def _extends_count(state: PagerState, name: str) -> bool:
    """Return whether a key is a digit of the number before an action; the help takes none."""
    is_digit = name.isascii() and name.isdigit()
    return is_digit and bool(state.digits or name != "0") and state.help_row is None


def interrupt(state: PagerState, context: PagerContext) -> PagerState | None:
    """Return the state without its prompt, help, number or pending work; None if there is nothing to interrupt."""
    context.sync(state)
    if state.prompt is not None or state.waiting or state.digits or state.help_row is not None:
        return state._replace(prompt=None, waiting="", digits="", help_row=None)
    if state.chooser is not None:
        return state._replace(chooser=None)
    if state.detail is not None:
        return _leave_detail(state._replace(detail=None), state.detail, context)
    indexes = context.indexes.unfinished()
    if not state.is_working and not indexes:
        return None
    for match_index in indexes:
        match_index.stop()
    return state.without_work()._replace(message="interrupted")


# -- how lines are shown -------------------------------------------------------------------------------------------


def _toggle_wrap(state: PagerState, _context: PagerContext, _count: int | None) -> PagerState:
    return state._replace(wrapped=not state.wrapped, shift=0)


def _toggle_raw(state: PagerState, _context: PagerContext, _count: int | None) -> PagerState:
    return state._replace(raw=not state.raw, message="" if state.raw else "raw: the text as it came")


def _time_at(anchor: Anchor, context: PagerContext) -> float | None:
    """Return the time of the record at an anchor; None if it is unknown."""
    try:
        return context.timeline.record_time(anchor.line)
    except NotReady:
        return None


_TIMES: Mapping[str, Literal["", "before", "mark"]] = {"": "before", "before": "mark", "mark": ""}


def _change_times(state: PagerState, _context: PagerContext, _count: int | None) -> PagerState:
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


def _toggle_fold(state: PagerState, context: PagerContext, _count: int | None) -> PagerState:
    """Toggle the fold of the current record; if it has none, the first fold on the screen."""
    if state.raw:
        return state._replace(message="raw text is not folded: r shows it laid out")
    visible_rows = context.visible_rows_of(state)
    offsets = list(dict.fromkeys(visible_row.line.offset for visible_row in visible_rows))
    if state.hit is not None and state.hit.line in offsets:
        offsets = [state.hit.line, *offsets]
    for offset in offsets:
        try:
            folds = context.folds.toggled(offset)
        except NotReady:
            return state._replace(message="the end of the repeats is not found yet")
        if folds is not None:
            return _set_folds(state, context, folds, "")
    return state._replace(message="there is nothing to fold here")


def _toggle_all_folds(state: PagerState, context: PagerContext, _count: int | None) -> PagerState:
    if state.folds.is_empty:
        return _set_folds(state, context, Folds(WHOLE, True), "tracebacks and repeats are folded: Z unfolds them")
    return _set_folds(state, context, Folds(), "nothing is folded")


def _set_folds(state: PagerState, context: PagerContext, folds: Folds, message: str) -> PagerState:
    """Return the state with other folds, at the same position."""
    state = state._replace(folds=folds, message=message)
    context.sync(state)
    return state if state.following else fill_screen(state, context)


def _open_prompt(kind: Kind) -> Action:
    def open_it(state: PagerState, _context: PagerContext, _count: int | None) -> PagerState:
        return state._replace(prompt=open_prompt(kind, state.past.get(kind, ())))

    return open_it


def _expect_letter(waiting: Literal["m", "'"]) -> Action:
    def expect(state: PagerState, _context: PagerContext, _count: int | None) -> PagerState:
        return state._replace(waiting=waiting)

    return expect


def _handle_letter(state: PagerState, waiting: str, key: Key, context: PagerContext) -> PagerState:
    name = key.name
    if name == "Escape":
        return state
    if len(name) > 1:
        return state._replace(message=f"{key_label(name)} is not a letter: a mark is one character")
    if waiting == "m":
        anchor = top_anchor(state, context)
        marks = MappingProxyType({**state.marks, name: anchor})
        return state._replace(marks=marks, origin=_time_at(anchor, context), message=f"mark {name} is set")
    if name == "'":
        if state.back is None:
            return state._replace(message="there is no jump to go back from yet")
        return jump(state, context, state.back)
    if name not in state.marks:
        return state._replace(message=f"there is no mark {name}")
    return jump(state, context, state.marks[name])


def _report_position(state: PagerState, context: PagerContext, _count: int | None) -> PagerState:
    text = context.document.text
    top = top_anchor(state, context).line
    number = text.number_at(top)
    of = "" if text.count is None else f" of {text.count:,}"
    facts = [
        "" if number is None else f"line {number + 1:,}{of}",
        f"byte {top - text.start:,} of {text.end - text.start:,}",
        f"marks {''.join(sorted(state.marks))}" if state.marks else "",
    ]
    return state._replace(message=", ".join(fact for fact in facts if fact))


# -- help -----------------------------------------------------------------------------------------------------------


def _show_help(state: PagerState, _context: PagerContext, _count: int | None) -> PagerState:
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


def _open_detail(state: PagerState, context: PagerContext, _count: int | None) -> PagerState:
    return open_detail(state, context)


def _act_on_record(state: PagerState, context: PagerContext, action: str) -> tuple[PagerState, Effect | None]:
    """Return the state, and the request to copy the record that is meant, or to edit the file that it names."""
    offset = meant_offset(state, context)
    detail = None if offset is None else context.detail_at(offset)
    if detail is None:
        return state._replace(message=f"there is no record to {action}"), None
    if action == "edit":
        return state, edit_record(detail)
    return state, copy_record(detail)


def _copy_shown(state: PagerState, _context: PagerContext, _count: int | None) -> PagerState:
    if state.copying is not None:
        return state._replace(message="it is still being copied")
    return state._replace(copying=CopyShown())


def _open_columns(state: PagerState, context: PagerContext, _count: int | None) -> PagerState:
    return open_chooser(state, context)


def _handle_detail_key(
    state: PagerState, place: DetailState, name: str, action: str | None, count: int, context: PagerContext
) -> tuple[PagerState, Effect | None]:
    """Return the state after a key in the detail; outside it, its record is on the screen."""

    def act(action: str, state: PagerState) -> PagerState:
        return _ACTIONS[action](state, context, None)

    state, effect = handle_detail_key(state, name, action, count, context, act, add_filter)
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
    return jump(state, context, rows[-1].anchor if rows else Anchor(first, 0))


# -- pending operations ---------------------------------------------------------------------------------------------


_ACTIONS: Mapping[str, Action] = {
    "down": scroll(lambda _: 1),
    "up": scroll(lambda _: -1),
    "page-down": scroll(lambda context: context.height),
    "page-up": scroll(lambda context: -context.height),
    "half-down": scroll(lambda context: max(context.height // 2, 1)),
    "half-up": scroll(lambda context: -max(context.height // 2, 1)),
    "wheel-down": scroll(lambda _: WHEEL_ROWS),
    "wheel-up": scroll(lambda _: -WHEEL_ROWS),
    "start": to_start,
    "end": to_end,
    "follow": follow,
    "percent": to_percent,
    "search": _open_prompt("/"),
    "search-up": _open_prompt("?"),
    "clear-search": clear_search,
    "filter": _open_prompt("&"),
    "drop-filter": drop_filter,
    "less-context": change_context(-1),
    "more-context": change_context(1),
    "level": _open_prompt("l"),
    "line": _open_prompt(":"),
    "save": _open_prompt("s"),
    "next": next_hit,
    "previous": previous_hit,
    "next-error": seek_level(ERRORS, upward=False),
    "previous-error": seek_level(ERRORS, upward=True),
    "next-warning": seek_level(WARNINGS, upward=False),
    "previous-warning": seek_level(WARNINGS, upward=True),
    "mark": _expect_letter("m"),
    "go-to-mark": _expect_letter("'"),
    "times": _change_times,
    "fold": _toggle_fold,
    "fold-all": _toggle_all_folds,
    "wrap": _toggle_wrap,
    "raw": _toggle_raw,
    "left": sideways(right=False),
    "right": sideways(right=True),
    "detail": _open_detail,
    "copy-shown": _copy_shown,
    "columns": _open_columns,
    "help": _show_help,
    "where": _report_position,
}
"""Functions of the actions, but for those that are effects: back, quit, redraw, copy and edit."""
