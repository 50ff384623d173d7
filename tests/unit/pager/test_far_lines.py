"""Lines far from a block are found by an evaluation that is interrupted again and again."""

from __future__ import annotations

from support.texts import Memory

from reflowlog.pager.far_lines import FarLines
from reflowlog.pager.match_index import NotReady
from reflowlog.store.document import Document


class InterruptedAt:
    """Check that raises `NotReady` at every call, as in steps of work whose time is always used up."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        raise NotReady


def test_every_attempt_gets_further() -> None:
    """Each evaluates one block at least, and none is evaluated twice, also at the far end of the reach."""
    other = b"web-1  | 10:00:00 INFO nothing of interest\n" * (3_200_000 // 43)
    data = b"db-1   | 10:00:00 ERROR it failed\n" + other + b"db-1   |   at x.y(z.java:1)\n"
    document = Document(Memory(data))
    check = InterruptedAt()
    lines = FarLines(document, check)
    last = (document.text.end - 1) // document.BLOCK_BYTES
    begin, end = document.BLOCK_BYTES * last, document.text.end
    attempts = 0
    found = None
    while found is None:
        attempts += 1
        assert attempts <= last + 2
        try:
            found = lines.find(last, begin, end, end)
        except NotReady:
            continue
    assert found[0].data.startswith(b"db-1   | 10:00:00 ERROR it failed\n")
    assert check.calls == attempts - 1
