"""OSC 8 links for the addresses and files in a text."""

from __future__ import annotations

import re
from zlib import crc32

from reflowlog.core.lazy_pattern import lazy_pattern
from reflowlog.core.named_tuple import NamedTuple
from reflowlog.core.records import Style

__all__ = ["link_styles", "with_link"]


_file = lazy_pattern(  # a path that is no route of a web server, even without a file extension or a line number
    "/(?:usr|var|home|etc|opt|tmp|root|srv|mnt|media|proc|sys|dev|run|lib|bin|sbin|boot|nix|snap"
    "|Users|Library|Applications|private|Volumes)/"
)
_place = lazy_pattern(r"(/.*?)(?::([0-9]+)(?::[0-9]+)?)?", re.DOTALL)
_ending = lazy_pattern(r"\.\w{1,8}\Z", re.ASCII)
_LONGEST_ADDRESS = 2_000  # characters; terminals take no longer ones
_unsafe = lazy_pattern(rb"[^!-~]")
_unsafe_in_paths = lazy_pattern(rb"[^A-Za-z0-9/._~+@,=:-]")


class LinkTarget(NamedTuple):
    """Target of a link: an address composed of parts of the text.

    Attributes:
        before: prefix of the address.
        path: span in the text of the part after the prefix, which may need percent-encoding.
        line: span in the text of a line number; (0, 0) for none.
        unsafe: matches the bytes to percent-encode.
    """

    before: str
    path: tuple[int, int]
    line: tuple[int, int]
    unsafe: re.Pattern[bytes]

    def address(self, text: str) -> str:
        """Return the address; empty where it is too long for a link."""
        start, end = self.line
        address = self.before + _escaped(self.unsafe, text[slice(*self.path)]) + (f"#{text[start:end]}" if end else "")
        return address if len(address) <= _LONGEST_ADDRESS else ""


def link_id(text: str) -> str:
    """Return the prefix of the ids of a text's links: a checksum of the text, so that equal lines are drawn equally."""
    return f"{crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def link_targets(text: str, parts: list[tuple[int, int, str]], host: str) -> dict[int, LinkTarget]:
    """Return the targets of the links in a text by their start: addresses, and absolute paths that look like files.

    A path after an HTTP method is a route of a web server, not a file of this machine.
    """
    targets: dict[int, LinkTarget] = {}
    asked = -1
    for start, end, name in parts:
        target = None
        if name == "url":
            if text.startswith(("http://", "https://"), start):
                target = LinkTarget("", (start, end), (0, 0), _unsafe)
            elif text.startswith("file:///", start):
                target = _file_target(text, start + 7, end, host)
        elif name == "path":
            if start != asked:
                target = _file_target(text, start, end, host)
        elif name == "http.method":
            asked = end + 1
        if target is not None:
            targets[start] = target
    return targets


def _file_target(text: str, start: int, end: int, host: str) -> LinkTarget | None:
    """Return the target for a path; None if it may as well be a route of a web server."""
    place = _place.fullmatch(text, start, end)
    if place is None or "?" in place[0]:
        return None
    line = place.span(2) if place[2] else (0, 0)
    if not (place[2] or _file.match(place[1]) or _ending.search(place[1])):
        return None
    return LinkTarget(f"file://{host}", place.span(1), line, _unsafe_in_paths)


def link_styles(text: str, parts: list[tuple[int, int, str]], host: str) -> dict[int, str]:
    """Return `Style.link` by the start of each part of a text that is a link."""
    found = link_targets(text, parts, host)
    if not found:
        return {}
    name = f"id={link_id(text)}"
    addresses = [(start, target.address(text)) for start, target in found.items()]
    return {start: f"{name}.{number};{each}" for number, (start, each) in enumerate(addresses, 1) if each}


def with_link(style: Style, link: str | None) -> Style:
    """Return a style with a link added, if there is one."""
    return Style(style.sgr, link) if link else style


def _escaped(unsafe: re.Pattern[bytes], text: str) -> str:
    """Percent-encode the unsafe bytes of a text."""
    return unsafe.sub(lambda found: b"%%%02X" % found[0][0], text.encode("utf-8", "replace")).decode("ascii")
