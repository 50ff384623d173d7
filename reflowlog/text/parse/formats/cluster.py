"""Formats of containers and clusters: prefixes before the header of an application."""

from __future__ import annotations

from reflowlog.text.parse.formats.format import Format

__all__ = ["FORMATS"]

FORMATS = (
    Format(
        "kubectl logs --prefix",
        "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/",
        r"\[ pod/[^][\s]+ \] \ ",
        r"""
        2024-05-01T10:00:00 ERROR * » [pod/web-5f7c/app] 2024-05-01 10:00:00 ERROR §boom
        - - - » [pod/web-5f7c/app] §hello
        - ERROR * » [pod/web-5f7c/app] ERROR: §boom
        """,
        starts="[",
        needs=("[pod/",),
        carries=True,
    ),
    Format(
        "stern",
        "https://github.com/stern/stern",
        r"(?P<logger>[a-z][\w-]*-[\da-z]{8,10}-[\da-z]{5}) \ +(?:>\ |\S+\ ) \ *",
        r"""
        2024-05-01T10:00:00 ERROR * » web-5f7c9d8b6-x2x4z app 2024-05-01 10:00:00 ERROR §boom
        - ERROR * » web-5f7c9d8b6-x2x4z app ERROR §boom
        - - web-5f7c9d8b6-x2x4z » web-5f7c9d8b6-x2x4z app §hello
        """,
        starts="a",
        needs=("-",),
        carries=True,
    ),
    Format(
        "foreman, overmind: name | after a time",
        "https://github.com/ddollar/foreman",
        r"(?P<logger>[A-Za-z][\w.-]*) \ * \| \ ",
        r"""
        2026-01-01T00:00:00 ERROR web.1 » 00:00:00 web.1  | ERROR §boom
        2026-01-01T00:00:01 - worker.1 » 00:00:01 worker.1 | §hello
        2026-01-01T00:00:02 - web.1 » 00:00:02 web.1  | §started with pid 12
        """,
        starts="aA",
        needs=("| ",),
        carries=True,
        behind_time=True,
    ),
)
