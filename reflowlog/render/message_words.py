"""Memo of the words of messages as they are drawn, which most are the same wherever they stand.

Invariants:
- The drawn words of a message are those of `highlight` and `draw_rows` (tests/unit/render/test_template_cache.py), or
  None where its words alone do not determine them: a part may extend over a blank (`crosses`), or be a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.core.memo import Memo
from reflowlog.core.records import PLAIN
from reflowlog.render.ansi import paint_run
from reflowlog.render.templates import HOLE, fill, make_template
from reflowlog.text.clean.digits import TEXT_DIGITS_TO_ZERO
from reflowlog.text.highlight.links import link_targets
from reflowlog.text.highlight.patterns import parts_of
from reflowlog.text.highlight.shapes import crosses, digits_that_matter, is_mere, may_cross

if TYPE_CHECKING:
    from reflowlog.core.records import Style
    from reflowlog.render.templates import Template
    from reflowlog.text.highlight.themes import Theme

__all__ = ["MessageWords"]

_MAX_WORDS = 8_192  # of messages of one style
_MAX_WORD_CHARS = 64
_MAX_SHAPES = 4_096  # of words with digits
_MAX_MESSAGES = 4_096  # of one style: those of records with fields often repeat as they are
_MAX_MESSAGE_CHARS = 600  # indentation included
_DOUBT = "\ue002"  # after a word that may be drawn differently beside other words
_LINK = "\ue001"  # after one that holds a link


class MessageWords(Memo[str, str]):
    """Memo of drawn words of messages. A word that may be drawn differently beside others ends with `_DOUBT`.

    Args:
        theme: styles of the parts.
        tint: style of the text that has no other.
        host: this machine's name, to make links; see `highlight`.
    """

    def __init__(self, theme: Theme, tint: Style, host: str | None) -> None:
        super().__init__(limit=_MAX_WORDS, max_key_length=_MAX_WORD_CHARS)
        self._theme = theme
        self._host = host
        self._on, self._off = paint_run(_DOUBT, tint).split(_DOUBT) if tint.sgr else ("", "")
        self._shapes: Memo[str, Template | None] = Memo(limit=_MAX_SHAPES)  # templates of words with digits
        self._messages: Memo[str, str] = Memo(limit=_MAX_MESSAGES, max_key_length=_MAX_MESSAGE_CHARS)

    def drawn(self, message: str, rows: str, joint: str) -> str | None:
        """Draw the rows of a message as `draw_rows` does; None where its words alone do not determine them.

        Args:
            message: the whole message.
            rows: the rows of the message; all breaks are between words.
            joint: the separator between two rows.
        """
        on, off = self._on, self._off
        drawn = " ".join(map(self.__getitem__, rows.replace(joint, " \n ").split(" ")))
        if _DOUBT in drawn:
            if _LINK in drawn or crosses(message):
                return None
            drawn = drawn.replace(_DOUBT, "")
        if rows is not message:
            drawn = drawn.replace(" \n ", off + joint + on)
        return f"{on}{drawn}{off}".replace(on + off, "") if on else drawn

    def drawn_before(self, message: str, rows: str, joint: str) -> str | None:
        """Draw the rows of a message as `drawn` does, from a cache: messages of records often repeat as they are."""
        found = self._messages.get(rows)
        if found is None:
            found = self.drawn(message, rows, joint)
            if found is not None:
                self._messages.remember(rows, found)
        return found

    def word(self, text: str) -> str | None:
        """Return a text without blanks as it is drawn by itself; None if it holds a link."""
        drawn = self[text]
        if _DOUBT in drawn:
            return None if _LINK in drawn else drawn.replace(_DOUBT, "")
        return drawn

    def __missing__(self, word: str) -> str:
        drawn = word if is_mere(word) else self._look_at(word)
        return self.remember(word, drawn)

    def _look_at(self, word: str) -> str:
        """Draw a word that is not cached, by the template of its shape if there is one."""
        shape = word.translate(TEXT_DIGITS_TO_ZERO)
        known = self._shapes.get(shape)
        if known is not None:
            return fill(known, word)
        again = shape in self._shapes
        drawn = self._draw(word, shape.replace("0", HOLE) if again else word)
        if not again:
            if "0" in shape and not digits_that_matter(word):
                self._shapes.remember(shape, None)
            return drawn
        template = self._shapes[shape] = make_template(shape.replace("0", HOLE), drawn)
        return fill(template, word)

    def _draw(self, word: str, text: str) -> str:
        """Draw a word; `text` is the word or its shape with holes."""
        parts = parts_of(word)
        pieces, at = [], 0
        for start, end, name in parts:
            style = self._theme.styles[name]
            if style is not PLAIN:
                pieces += [text[at:start], self._off, paint_run(text[start:end], style), self._on]
                at = end
        pieces.append(text[at:])
        if may_cross(word):
            pieces.append(_DOUBT)
        if self._host is not None and parts and link_targets(word, parts, self._host):
            pieces.append(_DOUBT + _LINK)
        return "".join(pieces)
