"""Signals that are passed on to a command."""

from __future__ import annotations

import os
import signal

import pytest

from reflowlog.core.frames import Size

pytest.importorskip("termios", reason="needs pseudo-terminals")

from reflowlog.sources.pty.child import PtyChild


def test_a_second_hangup_after_the_command_has_ended_keeps_its_status() -> None:
    """The kernel and the shell both send SIGHUP when a window is closed; a second SIGTERM ends this process."""
    command = ["sh", "-c", "trap 'exit 4' HUP; echo ready; while :; do sleep 0.05; done"]
    with PtyChild(command, Size(80, 24), session=True, separate_stderr=False, environ=os.environ) as child:
        chunks = child.chunks()
        assert next(chunks)
        assert child.pass_on(signal.SIGHUP)
        for _ in chunks:  # the shell may report that SIGHUP has ended `sleep`
            pass
        assert child.status == 4
        assert child.pass_on(signal.SIGHUP)
        assert not child.pass_on(signal.SIGTERM)
