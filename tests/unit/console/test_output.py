"""Outputs of terminals: one for each, whoever asks for it first."""

from __future__ import annotations

import io

import reflowlog
from reflowlog.console.core import core_of
from reflowlog.console.output import ConsoleOutput, open_output, release_output


def make_output() -> ConsoleOutput:
    """An output that was not started."""
    core = core_of(reflowlog.Console(io.StringIO()))
    return ConsoleOutput(core.target, queue_size=10, blocks=True, keys=False)


def test_a_signal_handler_that_logs_while_an_output_is_created_gets_the_only_one() -> None:
    """Two printers would paint over each other."""
    terminal, users = object(), [io.StringIO(), io.StringIO()]
    inner: list[ConsoleOutput] = []

    def make() -> ConsoleOutput:
        inner.append(open_output(users[1], terminal, make_output))
        return make_output()

    output = open_output(users[0], terminal, make)
    assert output is inner[0] is open_output(users[0], terminal, make_output)
    assert not release_output(users[0], output)
    assert release_output(users[1], output)
