"""NATS servers for tests; skipped, with the reason, where nats-server is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.nats_servers import NatsServer, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., NatsServer]]:
    """Return `start_server(settings)`."""
    if reason := missing():
        pytest.skip(reason)
    servers: list[NatsServer] = []

    def start(settings: str = "", **options: Any) -> NatsServer:
        servers.append(NatsServer(tmp_path / f"server{len(servers)}", settings, **options))
        return servers[-1].start()

    yield start
    for server in servers:
        server.kill()
