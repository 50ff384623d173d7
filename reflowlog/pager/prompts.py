"""The line editor of the status row, as a value: a key makes the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.text.clean.cells import cells, clip, split

if TYPE_CHECKING:
    from reflowlog.core.events import Key

__all__ = ["Kind", "Prompt", "handle_key", "show"]

Kind = Literal["/", "?", "&", ":", "s", "l"]

LABELS: dict[Kind, tuple[str, ...]] = {
    "/": ("/",),
    "?": ("?",),
    "&": ("show only (! not): ", "only: ", "&"),
    ":": ("line, 50% or time: ", "go to: ", ":"),
    "s": ("save to: ", "to: ", "s"),
    "l": ("least level: ", "level: ", "l"),
}
"""Labels of each prompt, the longest first: the one shown is the first that takes at most half of the row."""


class Prompt(NamedTuple):
    """A line that is being typed.

    Attributes:
        kind: the key that opened it.
        text: the text typed so far.
        cursor: an offset in the text, from 0 to its length.
        past: lines typed before at such a prompt, oldest first.
        chosen: number of the past line that is shown; ``len(past)`` for the new one.
        draft: the new line, while a past one is shown.
    """

    kind: Kind
    text: str = ""
    cursor: int = 0
    past: tuple[str, ...] = ()
    chosen: int = 0
    draft: str = ""


def open_prompt(kind: Kind, past: tuple[str, ...]) -> Prompt:
    """Return an empty prompt."""
    return Prompt(kind, past=past, chosen=len(past))


def handle_key(prompt: Prompt, key: Key) -> Prompt:
    """Return the prompt after an editing key; Enter, Escape and keys without a meaning change nothing.

    Of a pasted text the first line that is not blank is inserted, without controls.

    >>> from reflowlog.core.events import Key
    >>> handle_key(Prompt("/", "eror", 2), Key("r")).text
    'error'
    """
    name = key.name
    text, cursor = prompt.text, prompt.cursor
    if name == "Paste":
        pasted = "".join(filter(str.isprintable, first_line(key.text)))
        return _edit(prompt, text[:cursor] + pasted + text[cursor:], cursor + len(pasted))
    if len(name) == 1 or (len(name) > 1 and "-" not in name and not name.isascii()):
        return _edit(prompt, text[:cursor] + name + text[cursor:], cursor + len(name))
    if name in ("Backspace", "Ctrl-H") and cursor:
        return _edit(prompt, text[: cursor - 1] + text[cursor:], cursor - 1)
    if name in ("Delete", "Ctrl-D"):
        return _edit(prompt, text[:cursor] + text[cursor + 1 :], cursor)
    if name == "Ctrl-U":
        return _edit(prompt, text[cursor:], 0)
    if name == "Ctrl-K":
        return _edit(prompt, text[:cursor], cursor)
    if name in ("Ctrl-W", "Alt-Backspace"):
        start = text[:cursor].rstrip().rfind(" ") + 1  # the blank stays
        return _edit(prompt, text[:start] + text[cursor:], start)
    moved = {"Left": cursor - 1, "Right": cursor + 1, "Home": 0, "Ctrl-A": 0, "End": len(text), "Ctrl-E": len(text)}
    if name in moved:
        return prompt._replace(cursor=min(max(moved[name], 0), len(text)))
    if name in ("Up", "Ctrl-P"):
        return _recall(prompt, prompt.chosen - 1)
    if name in ("Down", "Ctrl-N"):
        return _recall(prompt, prompt.chosen + 1)
    return prompt


def first_line(text: str) -> str:
    r"""Return the first line of a text that is not blank, without its end; empty if there is none.

    >>> first_line("\n one two\r\nthree")
    ' one two'
    """
    return next((line for line in text.splitlines() if line.strip()), "")


def _edit(prompt: Prompt, text: str, cursor: int) -> Prompt:
    return prompt._replace(text=text, cursor=cursor, chosen=len(prompt.past), draft="")


def _recall(prompt: Prompt, chosen: int) -> Prompt:
    if not 0 <= chosen <= len(prompt.past) or chosen == prompt.chosen:
        return prompt
    draft = prompt.text if prompt.chosen == len(prompt.past) else prompt.draft
    text = prompt.past[chosen] if chosen < len(prompt.past) else draft
    return prompt._replace(text=text, cursor=len(text), chosen=chosen, draft=draft)


def show(prompt: Prompt, width: int) -> tuple[str, int]:
    """Return the prompt's row, at most `width` cells wide, and the column of the cursor in it.

    A text that is too long is shown around the cursor; a narrow terminal has a short label, or none.
    """
    label = next((label for label in LABELS[prompt.kind] if len(label) <= width // 2), "")
    room = max(width - cells(label), 1)
    before = prompt.text[: prompt.cursor]
    while cells(before) >= room:  # leave a cell for the cursor
        before = before[len(split(before)[0][0]) :]
    text = clip(before + prompt.text[prompt.cursor :], room)
    return label + text, min(cells(label) + cells(before), width - 1)
