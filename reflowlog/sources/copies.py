"""Where a copy of the input goes besides the screen: into a file, into a stream, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflowlog.sources.reading import FileTee

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.commandline.options import Options
    from reflowlog.sources.reading import Tee

__all__ = ["make_tee"]


def make_tee(options: Options, complain: Callable[[str], None]) -> Tee | None:
    """What takes a copy of the input; None if nothing does.

    Raises:
        ValueError: the URL of a stream makes no sense.
        ImportError: what is needed for a stream is missing; the text says what helps.
    """
    tees: list[Tee] = []
    if options.publish is not None:
        from reflowlog.stream.publishing import PublishTee

        tees.append(PublishTee(options.publish, complain))
    if options.output is not None:
        tees.append(FileTee(options.output, complain))
    return _Both(tees) if len(tees) > 1 else next(iter(tees), None)


class _Both:
    """Several tees as one."""

    def __init__(self, tees: list[Tee]) -> None:
        self._tees = tees

    def begin(self) -> None:
        for each in self._tees:
            each.begin()

    def __call__(self, data: bytes) -> None:
        for each in self._tees:
            each(data)

    @property
    def complain(self) -> Callable[[str], None]:
        return self._tees[0].complain

    @complain.setter
    def complain(self, complain: Callable[[str], None]) -> None:
        for each in self._tees:
            each.complain = complain

    @property
    def failed(self) -> bool:
        return any(each.failed for each in self._tees)

    def close(self, timeout: float | None = None) -> None:
        for each in self._tees:
            each.close(timeout)
