"""Names of keys by the sequences that a terminal sends for them, from blessed's database."""

from __future__ import annotations

from reflowlog.terminal.key_decoder import ESCAPE

__all__ = ["key_names"]

_NAMES = {
    "KEY_UP": "Up",
    "KEY_DOWN": "Down",
    "KEY_LEFT": "Left",
    "KEY_RIGHT": "Right",
    "KEY_PGUP": "PageUp",
    "KEY_PGDOWN": "PageDown",
    "KEY_HOME": "Home",
    "KEY_FIND": "Home",  # of a VT220, which has no Home
    "KEY_END": "End",
    "KEY_SELECT": "End",
    "KEY_INSERT": "Insert",
    "KEY_DELETE": "Delete",
    "KEY_ENTER": "Enter",
    "KEY_TAB": "Tab",
    "KEY_BACKSPACE": "Backspace",
    "KEY_UP_LEFT": "Home",  # the keypad
    "KEY_UP_RIGHT": "PageUp",
    "KEY_DOWN_LEFT": "End",
    "KEY_DOWN_RIGHT": "PageDown",
    "KEY_KP_MULTIPLY": "*",
    "KEY_KP_ADD": "+",
    "KEY_KP_SEPARATOR": ",",
    "KEY_KP_SUBTRACT": "-",
    "KEY_KP_DECIMAL": ".",
    "KEY_KP_DIVIDE": "/",
    "KEY_KP_EQUAL": "=",
    **{f"KEY_KP_{digit}": str(digit) for digit in range(10)},
    **{f"KEY_F{number}": f"F{number}" for number in range(1, 13)},
}
"""Key names by blessed's names."""


def key_names(kind: str) -> dict[str, str]:
    """Return key names by the sequence, without its ESC, that a terminal type sends; xterm's for an unknown type.

    It imports blessed without letting it query the terminal: one that does not answer would block for seconds.
    """
    import io

    import blessed
    from blessed.keyboard import get_keyboard_codes, get_keyboard_sequences

    class Database(blessed.Terminal):
        """A terminal database that ignores NO_COLOR, under which blessed has no key sequences either."""

        @property
        def does_styling(self) -> bool:
            return True

    terminal = Database(kind=kind or "xterm", stream=io.StringIO(), force_styling=True)
    codes = get_keyboard_codes()
    named = {sequence: _NAMES.get(codes.get(code, "")) for sequence, code in get_keyboard_sequences(terminal).items()}
    return {text[1:]: name for text, name in named.items() if name and len(text) > 2 and ord(text[0]) == ESCAPE}
