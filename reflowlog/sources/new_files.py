"""Files that appear in followed directories."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from reflowlog.core.named_tuple import NamedTuple
from reflowlog.sources.expand_paths import new_logs_in
from reflowlog.sources.inputs import output_files
from reflowlog.sources.reader import POLL_INTERVAL
from reflowlog.system.fds import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reflowlog.sources.merge_input import MergeInput

__all__ = ["NewFiles"]

LINK_TIMEOUT = 1.0  # seconds for which a link that is followed may move to a file that has appeared beside it


class _NewFile(NamedTuple):
    """A file that has appeared, and the monotonic time at which it is to be read."""

    due: float
    path: str


class NewFiles:
    """Finds the files that appear in some directories: neither those known, nor those that this program writes.

    A file is not new if a link that is followed leads to it, which may move to it a moment after it has appeared.

    Args:
        directories: the directories, which may be none.
        known: paths of the files that are read from the start.
        output: path of a file that is written besides standard output.

    Attributes:
        are_possible: whether there is a directory.
    """

    def __init__(self, directories: Sequence[str], known: Iterable[str], output: str | None) -> None:
        self.are_possible = bool(directories)
        self._directories = directories
        self._known_paths = set(known)
        self._output = output
        self._listed_at = 0.0  # monotonic time of the last look into the directories
        self._waiting: list[_NewFile] = []

    @property
    def due(self) -> float:
        """Monotonic time of the next look into the directories."""
        return self._listed_at + POLL_INTERVAL

    @property
    def is_first_look(self) -> bool:
        """Whether no look was taken yet; files that cannot be read by then were reported at the start."""
        return not self._listed_at

    def poll(self, inputs: Sequence[MergeInput]) -> list[str]:
        """Return the paths of the files that are to be read now beside some inputs; none before `due`.

        Each is to be read if it `is_new` when those before it are read already.
        """
        now = time.monotonic()
        if not self.are_possible or now < self.due:
            return []
        is_first, self._listed_at = self.is_first_look, now
        has_links = any(os.path.islink(merge_input.source.name) for merge_input in inputs)
        due = now + LINK_TIMEOUT if has_links and not is_first else now
        for directory in self._directories:
            self._waiting += [_NewFile(due, path) for path in new_logs_in(directory, self._known_paths)]
        ready = [path for due, path in self._waiting if due <= now]
        self._waiting = [file for file in self._waiting if file.due > now]
        return ready

    def is_new(self, path: str, inputs: Sequence[MergeInput]) -> bool:
        """Return whether a file is there that is neither read already, under another name, nor written here."""
        identity = identity_of(path)
        if identity is None or identity in output_files(self._output):
            return False
        followed = [merge_input.followed for merge_input in inputs if merge_input.followed is not None]
        return all(identity not in (file.identity, identity_of(file.name)) for file in followed)
