"""NATS URLs and ``NATS_*`` environment variables as a value: servers, subject, credentials, TLS. Pure.

Invariants:
- No value and no error of this package shows a secret, or any part of a URL that cannot be parsed.
- A URL's own credentials take precedence over the variables; a file of credentials over a key, a user, a token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from reflowlog.core.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Credentials",
    "NatsUrl",
    "NatsUrlError",
    "covers",
    "display_url",
    "parse",
    "redact",
    "subject_label",
    "token",
]

DEFAULT_PORT = 4222
MAX_SUBJECT_BYTES = 3000
"""Bytes of a subject: a server takes protocol lines of 4,096 bytes, which also hold an inbox."""

_SCHEMES = ("nats://", "tls://")
_HOST = re.compile(r"(?P<host>\[[0-9a-fA-F:.%]+\]|[^\[\]:@\s]+)(?::(?P<port>[0-9]{1,5}))?")
_SETTINGS = ("stream", "creds", "nkey", "ca", "cert", "key")
_STREAM = re.compile(r"[^\s\x00-\x1f\x7f.*>/\\]*")
_INVALID = re.compile(r"[\s\x00-\x1f\x7f*>$]+")  # $ begins the server's own subjects
_SECRET = re.compile(r"(\w:/+)[^\s'\"]*@")


class NatsUrlError(ValueError):
    """A URL is invalid; the text is the reason in one line, without the URL."""


class Credentials(NamedTuple):
    """Credentials of a client; each is empty if it is not given.

    Attributes:
        user, password, token: as the server knows them.
        nkey: the path of a file with a seed, or the seed.
        creds: the path of a file of credentials.
    """

    user: str = ""
    password: str = ""
    token: str = ""
    nkey: str = ""
    creds: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the files that are to be read; an nkey may be the seed itself."""
        return (self.creds,) if self.creds else (self.nkey,) if self.nkey and not self.nkey.startswith("SU") else ()

    def __repr__(self) -> str:
        return "Secrets(...)"


class NatsUrl(NamedTuple):
    """Servers of one cluster, a subject, and how to connect.

    Attributes:
        servers: hosts and ports.
        subject: may hold wildcards; empty if there is none.
        tls: whether TLS is required.
        stream: the name of the stream; empty: the one that holds the subject.
        ca, cert, key: paths of files for TLS; empty for none.
        secrets: the credentials.
    """

    servers: tuple[tuple[str, int], ...]
    subject: str = ""
    tls: bool = False
    stream: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""
    secrets: Credentials = Credentials()

    @property
    def name(self) -> str:
        """The URL without secrets, for messages."""
        hosts = ",".join([_join(host, port) for host, port in self.servers])
        return f"{_SCHEMES[self.tls]}{hosts}" + (f"/{self.subject}" if self.subject else "")


def parse(url: str, environ: Mapping[str, str]) -> NatsUrl:
    """Parse ``nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT][,HOST...][/SUBJECT][?SETTING=VALUE...]``.

    Settings are ``stream`` (its name), ``creds``, ``nkey``, ``ca``, ``cert`` and ``key`` (paths).

    Raises:
        NatsUrlError: the URL is invalid.

    >>> parse("nats://me:secret@a,b:4333/logs.>", {})[:3]
    ((('a', 4222), ('b', 4333)), 'logs.>', False)
    >>> parse("tls://logs.example/logs.web1", {"NATS_TOKEN": "secret"}).name
    'tls://logs.example/logs.web1'
    """
    scheme = next((each for each in _SCHEMES if url.startswith(each)), "")
    if not scheme:
        raise NatsUrlError("a URL of a stream begins with nats:// or tls://")
    rest = url[len(scheme) :]
    hosts, slash, rest = rest.partition("/") if "/" in rest else rest.partition("?")
    path, _, query = rest.partition("?") if slash != "?" else ("", "", rest)
    settings = _settings(query)
    if "@" in path:
        raise _host_error()
    servers: list[tuple[str, int]] = []
    secrets = Credentials()
    for each in hosts.split(","):
        before, _, host = each.removeprefix(scheme).rpartition("@")
        if before and servers and not any(secrets):  # the hosts before it may be a part of a password
            raise _host_error()
        if before:
            secrets = _from_url(before)
        servers.append(_server(host))
    if settings["creds"] or settings["nkey"]:
        secrets = secrets._replace(creds=settings["creds"], nkey=settings["nkey"])
    if not any(secrets):
        secrets = _from_variables(environ)
    return NatsUrl(
        tuple(servers),
        _subject(unquote(path)),
        scheme == "tls://",
        settings["stream"],
        settings["ca"] or environ.get("NATS_CA", ""),
        settings["cert"] or environ.get("NATS_CERT", ""),
        settings["key"] or environ.get("NATS_KEY", ""),
        secrets,
    )


def display_url(url: str) -> str:
    """Return a URL for a message, without secrets even if it is invalid."""
    try:
        return parse(url, {}).name
    except NatsUrlError:
        return "the URL of the stream"


def redact(text: str) -> str:
    """Return a message that may hold a URL, however mistyped, without the credentials in it.

    >>> redact("cannot read NATS://me:secret@logs.example/logs: no such file")
    'cannot read NATS://logs.example/logs: no such file'
    """
    return _SECRET.sub(r"\1", text)


def _settings(query: str) -> dict[str, str]:
    settings = dict.fromkeys(_SETTINGS, "")
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if name not in settings:
            raise NatsUrlError(f"after ? only these may stand: {', '.join(_SETTINGS)}")
        settings[name] = unquote(value)
    if not _STREAM.fullmatch(settings["stream"]):
        raise NatsUrlError("the name of a stream must not contain blanks, dots, slashes, * or >")
    return settings


def _host_error() -> NatsUrlError:
    return NatsUrlError("HOST or HOST:PORT is missing; in a password / and @ and , are %2F, %40 and %2C")


def _server(text: str) -> tuple[str, int]:
    match = _HOST.fullmatch(text)
    port = int(match["port"] or DEFAULT_PORT) if match else 0
    if match is None or not 0 < port < 65536:
        raise _host_error()
    return match["host"].strip("[]"), port


def _subject(text: str) -> str:
    """Return `text` if it is a valid subject or empty; raise `NatsUrlError` otherwise."""
    tokens = text.split(".")
    if text and ("" in tokens or ">" in tokens[:-1] or re.search(r"\s", text)):
        raise NatsUrlError("this is not a subject, such as 'logs.>' (quoted for the shell)")
    if len(text.encode("utf-8", "replace")) > MAX_SUBJECT_BYTES:
        raise NatsUrlError(f"a subject has at most {MAX_SUBJECT_BYTES:,} bytes")
    return text


def _from_url(text: str) -> Credentials:
    user, colon, password = text.partition(":")
    return Credentials(user=unquote(user), password=unquote(password)) if colon else Credentials(token=unquote(user))


def _from_variables(environ: Mapping[str, str]) -> Credentials:
    creds, nkey, user, password, token = (
        environ.get(f"NATS_{name}", "") for name in ("CREDS", "NKEY", "USER", "PASSWORD", "TOKEN")
    )
    if creds or nkey:
        return Credentials(creds=creds, nkey="" if creds else nkey)
    return Credentials(user=user, password=password) if user else Credentials(token=token)


def _join(host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port == DEFAULT_PORT else f"{name}:{port}"


# -- subjects --------------------------------------------------------------------------------------------------------


def token(text: str, *, dots: bool = False) -> str:
    """Return a text as a token of a subject, with invalid characters replaced by ``_``.

    Args:
        text: such as the name of a logger.
        dots: whether its dots separate tokens.

    >>> token("app.db pool*", dots=True), token("web1.example.com"), token("..", dots=True)
    ('app.db_pool_', 'web1_example_com', '_')
    """
    text = _INVALID.sub("_", text[:200])
    if not dots:
        return text.replace(".", "_") or "_"
    return ".".join(filter(None, text.split("."))) or "_"


def covers(wide: str, narrow: str) -> bool:
    """Return True if the subject `wide` matches everything that the subject `narrow` matches.

    >>> covers("logs.>", "logs.web1.api"), covers("logs.*", "logs.>"), covers(">", "logs.>")
    (True, False, True)
    """
    left, right = wide.split("."), narrow.split(".")
    for index, each in enumerate(left):
        if each == ">":
            return len(right) > index
        if index >= len(right) or right[index] == ">" or each not in ("*", right[index]):
            return False
    return len(left) == len(right)


def subject_label(subject: str, asked: str, widest: int) -> str:
    """Return a label for a subject of at most `widest` cells, if possible, by dropping the prefix that `asked` fixes.

    >>> subject_label("logs.web1.api", "logs.>", 16), subject_label("logs.worker-17.db", "logs.>", 16)
    ('logs.web1.api', 'worker-17.db')
    """
    if len(subject) <= widest:
        return subject
    common = re.split(r"[*>]", asked, maxsplit=1)[0]
    return subject[len(common) :] if subject.startswith(common) else subject
