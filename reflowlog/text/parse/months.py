"""Month names of the languages that ``strftime`` and libraries write -> month numbers. Pure; any thread.

Invariants:
- A name is read without case, accents and a final dot, in full or as a prefix of at least three letters, as long as
  the prefix means one month in all languages of the table: ``jui`` (juin, juillet) is no month.
- A character that could not be decoded (U+FFFD or ``?``) stands for any letter: ``M?rz`` is March.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

__all__ = ["month_of", "month_words"]

_FULL_NAMES = {  # language -> its months, January first
    "en": "january february march april may june july august september october november december",
    "de": "januar februar marz april mai juni juli august september oktober november dezember",
    "at": "janner feber maerz april mai juni juli august september oktober november dezember",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "ru, alone": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
}
_ABBREVIATIONS = {
    "mrt": 3,
    "juil": 7,
    "jui": None,
    "jul": 7,
    "jun": 6,
    "мая": 5,
    "май": 5,
    "мар": 3,
    "мрт": 3,
    "set": 9,
}
"""Abbreviations that are no prefix, or ambiguous as one; None: no month."""

_ACCENTS = str.maketrans("äáàâãåçéèêëíìîïñóòôöõúùûüýœæøßśźżłńąęćйѣ", "aaaaaaceeeeiiiinooooouuuuyoaosszzlnaecие")
_MIN_LETTERS = 3
_MEMO_ENTRIES = 256


@lru_cache(_MEMO_ENTRIES)
def month_of(name: str) -> int | None:
    """Return the number of a month, 1 to 12, from its name or abbreviation; None for any other word.

    Examples:
        >>> month_of("Mar"), month_of("Mär"), month_of("févr."), month_of("авг"), month_of("jui"), month_of("soon")
        (3, 3, 2, 8, None, None)
    """
    word = name.lower().rstrip(".").translate(_ACCENTS)
    if "\ufffd" in word or "?" in word:
        pattern = re.compile(re.escape(word).replace(r"\?", ".").replace("\ufffd", "."))
        found = {number for known, number in _names().items() if number and pattern.fullmatch(known)}
        return found.pop() if len(found) == 1 else None
    return _names().get(word)


def month_words() -> list[str]:
    """Return the names and abbreviations as heads of lines have them: ``?`` for a character that is not ASCII."""
    words = {
        word
        for names in _FULL_NAMES.values()
        for name in names.split()
        for size in {3, 4, len(name)}
        for word in (name[:size], name[:size].title(), name[:size].upper())
    }
    accented = {"Mär", "März", "mär", "févr", "fév", "août", "déc", "Jän", "marc", "març"}
    return sorted({word.encode("ascii", "replace").decode() for word in words | accented} - {"???", "????"})


@cache
def _names() -> dict[str, int | None]:
    """Return every name and every unambiguous prefix, and its month."""
    months: dict[str, set[int]] = {}
    for names in _FULL_NAMES.values():
        for number, name in enumerate(names.translate(_ACCENTS).split(), 1):
            for size in range(_MIN_LETTERS, len(name) + 1):
                months.setdefault(name[:size], set()).add(number)
    found: dict[str, int | None] = {name: min(each) for name, each in months.items() if len(each) == 1}
    found.update({name.translate(_ACCENTS): number for name, number in _ABBREVIATIONS.items()})
    return found
