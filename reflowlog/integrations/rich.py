r"""Rich on the console: any Rich renderable stays under the log, and is rendered again at each width.

    from reflowlog.integrations import rich
    from rich.progress import Progress

    progress = Progress()
    with rich.pin(progress):
        for item in progress.track(items):
            ...

Invariants:
- Rich renders: each pin has a Rich console that renders into memory. No Rich console writes to the terminal, so a
  renderable with a live display of its own (`Progress`, `Live`, `Status`) must not have been started.
- A thread repaints animated renderables, and ends with its pin.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

from rich.console import Console as RichConsole
from rich.live import Live
from rich.progress import Progress
from rich.status import Status

from reflowlog.console.shared import shared_console

if TYPE_CHECKING:
    from collections.abc import Callable

    from reflowlog.console.console import Console, Pin

__all__ = ["pin"]

CHECK_INTERVAL = 0.25  # seconds between two checks whether the pin still exists


def pin(
    renderable: Any,
    console: Console | None = None,
    *,
    refresh_per_second: float | None = 10,
    leave: bool | None = None,
    order: int = 0,
) -> Pin:
    """Pin a Rich renderable under the log: a progress display, a table, a panel, a spinner, text with markup.

    Args:
        renderable: rendered on the printer thread, at each width, at each `Pin.update` and `refresh_per_second` times a
            second. The live display of a `rich.progress.Progress` is disabled: ``with progress:`` starts nothing, and
            `Progress.track` counts each item on the caller's thread.
        console: where to show it; if not given, the console that is open on standard error, or one created for it.
        refresh_per_second: repaints per second, for animated renderables; None: only after `Pin.update`. A repaint
            without a change writes nothing to the terminal.
        leave: whether its last state stays in the log when it is removed; it is rendered again at later widths. None:
            as Rich has it, a `Progress` stays once all its tasks are finished, unless it is transient; all else
            disappears.
        order: see `Console.pin`.

    Returns:
        The pin, a context manager.

    Raises:
        ValueError: the console is closed, the rate is below 0, or Rich shows the renderable already.

    Example:
        >>> import reflowlog
        >>> stream = io.StringIO()
        >>> with reflowlog.Console(stream) as console, pin("[bold]all[/] is well", console, leave=True):
        ...     console.print("working")
        >>> print(stream.getvalue(), end="")
        working
        all is well
    """
    if refresh_per_second is not None and not refresh_per_second >= 0:
        raise ValueError(f"refresh_per_second is {refresh_per_second!r}; it has to be at least 0")
    _check_not_started(renderable)
    if isinstance(renderable, Progress):
        renderable.disable = True
        renderable.live.auto_refresh = False  # else track() counts on a thread that ends where no live display runs
    if console is None:
        console = shared_console()
    created = console.pin(
        _make_renderer(renderable),
        leave=False if leave is False else lambda: _last_renderer(renderable, stays=leave),
        order=order,
    )
    if refresh_per_second and console.width is not None:
        arguments = (created, console, 1 / refresh_per_second)
        threading.Thread(target=_animate, args=arguments, name="reflowlog-rich", daemon=True).start()
    return created


def _check_not_started(renderable: Any) -> None:
    live = _live_display(renderable)
    if isinstance(live, Live) and live.is_started:
        raise ValueError(f"this {type(renderable).__name__} is on the terminal already: do not start it, pin it")


def _live_display(renderable: Any) -> Any:
    """Return Rich's own live display of a renderable; the renderable where it has none."""
    return renderable.live if isinstance(renderable, Progress) else getattr(renderable, "_live", renderable)


def _snapshot(renderable: Any) -> Any:
    """Return the renderable of a live display as it is now, without its later changes; others unchanged."""
    if isinstance(renderable, (Progress, Live)):
        return renderable.get_renderable()
    return renderable.renderable if isinstance(renderable, Status) else renderable


def _last_renderer(renderable: Any, *, stays: bool | None) -> Callable[[int], str]:
    """Return the renderer of the lines, if any, that stay in the log when a pin is removed."""
    if stays is None:
        stays = isinstance(renderable, Progress) and renderable.finished and not renderable.live.transient
    return _make_renderer(_snapshot(renderable)) if stays else _draw_nothing


def _draw_nothing(width: int) -> str:  # noqa: ARG001 - a renderer's argument
    return ""


def _make_renderer(renderable: Any) -> Callable[[int], str]:
    """Return a function that renders a renderable at a width. It runs only on the printer thread."""
    consoles: list[RichConsole] = []

    def draw(width: int) -> str:
        if not consoles:
            consoles.append(RichConsole(file=io.StringIO(), force_terminal=True, legacy_windows=False, width=width))
        (console,) = consoles
        console.width = width
        with console.capture() as captured:
            console.print(_snapshot(renderable), end="")
        return str(captured.get())

    return draw


def _animate(pin: Pin, console: Console, seconds: float) -> None:
    """Repaint a pin every `seconds` until it is removed or its console closed. The thread's target."""
    waiting = threading.Event()
    remaining = seconds
    while not (pin.removed or console.closed):
        waiting.wait(min(remaining, CHECK_INTERVAL))
        remaining -= CHECK_INTERVAL
        if remaining <= 0:
            pin.update()
            remaining = seconds
