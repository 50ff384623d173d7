"""Connection to NATS for synchronous code: one thread with an event loop, one client at a time.

Invariants:
- Clients never reconnect by themselves: the user of a connection knows what was acknowledged, and connects anew.
- Every failure is a `NatsConnectionError`: one line, without secrets.
- No executor threads: at the end of a program no thread can be started any more, and the last records are still to be
  sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import ssl
import stat
import sys
import threading
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any

from reflowlog.system.files import open_to_read

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import TypeVar

    from nats.aio.client import Client

    from reflowlog.nats.url import Credentials, NatsUrl

    T = TypeVar("T")

__all__ = ["NatsConnection", "NatsConnectionError", "api", "check"]

CLIENT_NAME = "reflowlog"  # in the tools of the server
ANSWER_TIMEOUT = 5.0  # seconds that a server may take to answer
CONNECT_TIMEOUT = 2.0  # seconds that connecting to one server may take
CLOSE_TIMEOUT = 0.5  # seconds that closing a connection may take
_denied = re.compile(r"permissions violation for (.*)", re.IGNORECASE).search
_DISABLED_CODES = {10039, 10076}  # codes: JetStream is not enabled for this account, on this server
_TEMPORARY_CODES = {10008, 10005, 10009}  # codes: the cluster is not ready
ENDING_TEXT = "the program is ending"
MISSING_TEXT = "nats-py is missing; pip install 'reflowlog[nats]' brings it"


class NatsConnectionError(Exception):
    """A server is unreachable or refuses a request; the text is the reason, in one line.

    Attributes:
        code: of JetStream's API, 0 for anything else.
        is_temporary: whether the failure is temporary, because a cluster is electing a leader.
    """

    def __init__(self, reason: str, code: int = 0, *, is_temporary: bool = False) -> None:
        # A server may send anything.
        super().__init__("".join([each if each.isprintable() else "?" for each in reason]))
        self.code = code
        self.is_temporary = is_temporary


class _ResolverLoop(asyncio.SelectorEventLoop):
    """Event loop that resolves host names on its own thread, because at exit no executor thread can be started."""

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        return socket.getaddrinfo(host, port, **options)


class NatsConnection:
    """Connection to one of a cluster's servers, used from one thread, which is not the loop's.

    Only `client` and `closed` belong to the loop's thread.

    Args:
        address: of the servers, which are tried in turn; servers of the cluster that one of them reports come last.

    Attributes:
        client: the connection; for coroutines on the loop.
        closed: done once the connection is gone.
    """

    def __init__(self, address: NatsUrl) -> None:
        self._address = address
        self._servers = list(address.servers)
        self._loop: _ResolverLoop | None = None
        self._thread: threading.Thread | None = None
        self.client: Client | None = None
        self.closed: asyncio.Future[None] | None = None
        self._denied = ""  # the operation that the server did not permit, in its words

    @property
    def is_connected(self) -> bool:
        """True while there is a connection, as far as is known."""
        return self.client is not None and self.client.is_connected

    @property
    def max_payload(self) -> int:
        """Bytes that a message may have; 1 MiB before there is a connection."""
        return self.client.max_payload if self.client is not None else 1 << 20

    @property
    def thread(self) -> int | None:
        """Identity of the loop's thread; None without one."""
        return self._thread.ident if self._thread is not None else None

    def connect(self, timeout: float | None = None) -> None:
        """Connect to the first server that accepts the connection.

        Raises:
            NatsConnectionError: none does, or none within `timeout` seconds.
        """
        self.start()
        self.run(self._connect(), timeout)

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = ANSWER_TIMEOUT) -> T:
        """Run a coroutine on the loop and return its result.

        Raises:
            NatsConnectionError: it failed, or took longer than `timeout` seconds.
        """
        assert self._loop is not None
        if sys.is_finalizing():  # daemon threads do not run any more
            work.close()
            raise NatsConnectionError(ENDING_TEXT)
        task = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return task.result(timeout)
        except NatsConnectionError as error:
            if self._denied and error.is_temporary:  # a request without permission gets no answer
                raise NatsConnectionError(f"no permission for {self._denied}") from None
            raise
        except (FutureTimeoutError, asyncio.TimeoutError):  # one class from Python 3.11 on
            task.cancel()
            raise NatsConnectionError("no answer in time") from None
        except asyncio.CancelledError:
            raise NatsConnectionError("the connection is gone") from None
        except Exception as error:  # such as a field missing in an answer
            raise NatsConnectionError(f"its answer cannot be understood: {type(error).__name__}") from error

    def disconnect(self, *, elsewhere: bool = False) -> None:
        """Close the connection, if any; with `elsewhere`, connect to another server next time."""
        if elsewhere:
            self._servers.append(self._servers.pop(0))
        if self.client is not None:
            with contextlib.suppress(NatsConnectionError):
                self.run(self._close_client(), CONNECT_TIMEOUT)
            self.client = None

    def close(self) -> None:
        """Close the connection and end the thread; `connect` starts both again."""
        self.disconnect()
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CONNECT_TIMEOUT)
        self._loop = self._thread = None

    def start(self) -> None:
        """Start the loop's thread, if it does not run: at the end of a program none can be started any more.

        Raises:
            NatsConnectionError: no thread can be started because the interpreter is ending.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        if sys.is_finalizing():
            raise NatsConnectionError(ENDING_TEXT)
        self._loop = loop = _ResolverLoop()
        self._thread = threading.Thread(target=_run_loop, args=(loop,), name="reflowlog-nats", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._thread = None
            loop.close()
            raise NatsConnectionError(ENDING_TEXT) from error

    # -- on the loop ----------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        if self.client is not None:
            await self._close_client()
        reasons: list[str] = []
        for server in tuple(self._servers):
            try:
                self.client = await self._connect_to(*server)
            except NatsConnectionError as error:
                reasons.append(str(error))
                continue
            discovered = [
                (each.hostname, each.port or 4222) for each in self.client.discovered_servers if each.hostname
            ]
            servers = [server, *self._address.servers, *discovered]
            self._servers = list(dict.fromkeys(servers))
            return
        raise NatsConnectionError(max(reasons, key=_rank))

    async def _connect_to(self, host: str, port: int) -> Client:
        try:
            from nats.aio.client import Client
        except ImportError:
            raise NatsConnectionError(MISSING_TEXT) from None
        client = Client()
        closed = self.closed = asyncio.get_running_loop().create_future()
        failures: list[BaseException] = []
        self._denied = ""

        async def record_failure(error: Exception) -> None:
            failures.append(error)
            if denied := _denied(str(error)):
                self._denied = self._denied or denied[1]

        async def set_closed() -> None:
            if not closed.done():
                closed.set_result(None)

        name = f"[{host}]" if ":" in host else host
        try:
            await client.connect(
                [f"{'tls' if self._address.tls else 'nats'}://{name}:{port}"],
                error_cb=record_failure,
                closed_cb=set_closed,
                name=CLIENT_NAME,
                allow_reconnect=False,
                connect_timeout=CONNECT_TIMEOUT,  # type: ignore[arg-type, unused-ignore]
                reconnect_time_wait=0,
                max_reconnect_attempts=1,
                ping_interval=10,
                pending_size=-1,
                **self._security(client),
            )
        except NatsConnectionError:
            raise
        except Exception as error:
            await _close(client)
            cause = (failures or [error])[-1]
            if isinstance(cause, (ConnectionResetError, BrokenPipeError)) and _server_info(client).get("auth_required"):
                cause = RuntimeError("authorization")  # the server hung up before its reason could be read
            raise NatsConnectionError(_reason(cause, self._address.secrets)) from None
        return client

    def _security(self, client: Client) -> dict[str, Any]:
        """Return a client's options for credentials and TLS."""
        address, secrets = self._address, self._address.secrets
        options: dict[str, Any] = {}
        if address.tls or address.ca or address.cert:
            options["tls"] = _tls_context(address)

        def guarded(secret: str) -> Any:
            """Return a callable that returns a secret, or raises if the URL requires TLS and the server has none."""

            def reveal() -> str:
                if address.tls and not _server_info(client).get("tls_required"):
                    raise ConnectionError("it has no TLS")
                return secret

            return reveal

        for path in secrets.files:
            _check_readable(path)  # the client reads it too late, and reports other failures than this one
        if secrets.creds:
            options["user_credentials"] = secrets.creds
        elif secrets.nkey:
            options["nkeys_seed_str" if secrets.nkey.startswith("SU") else "nkeys_seed"] = secrets.nkey
        elif secrets.user:
            options |= {"user": guarded(secrets.user), "password": guarded(secrets.password)}
        elif secrets.token or address.tls:  # with TLS also without a token, for the check in the callable
            options["token"] = guarded(secrets.token)
        return options

    async def _close_client(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            await _close(client)


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped, then cancel its tasks and close it. The thread's target."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    finally:
        loop.close()


def _tls_context(address: NatsUrl) -> ssl.SSLContext:
    """Return the TLS context with the URL's certificate authority, certificate and key.

    Raises:
        NatsConnectionError: a file of a certificate or a key is missing or invalid.
    """
    try:
        context = ssl.create_default_context(cafile=address.ca or None)
        if address.cert:
            context.load_cert_chain(address.cert, address.key or None)
    except OSError as error:
        paths = ", ".join(filter(None, (address.ca, address.cert, address.key)))
        reason = "no certificate, or not its key" if isinstance(error, ssl.SSLError) else error.strerror
        raise NatsConnectionError(f"TLS cannot begin with {paths}: {reason}") from None
    return context


def _check_readable(path: str) -> None:
    """Raise NatsConnectionError if a file of credentials cannot be read, or is not a regular file."""
    try:
        descriptor = open_to_read(path, blocks=False)
        try:
            is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such path"
        raise NatsConnectionError(f"cannot read a file of credentials: {reason}") from None
    if not is_regular:
        raise NatsConnectionError("cannot read a file of credentials: not a regular file")


def _server_info(client: Client) -> dict[str, Any]:
    """Return the INFO that the server sent, empty if none came."""
    return getattr(client, "_server_info", None) or {}


async def _close(client: Client) -> None:
    """Close a client within `CLOSE_TIMEOUT`: nats-py may wait for ever where the TLS handshake did not happen."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(client.close(), CLOSE_TIMEOUT)


async def api(client: Client, operation: str, body: Any = None) -> dict[str, Any]:
    """Send a request to JetStream's API and return its answer.

    Raises:
        NatsConnectionError: it does not answer, or answers with an error.
    """
    from nats.errors import Error, NoRespondersError

    try:
        reply = await client.request(f"$JS.API.{operation}", json.dumps(body or {}).encode(), timeout=ANSWER_TIMEOUT)
        answer: dict[str, Any] = json.loads(reply.data)
        check(answer)
    except NoRespondersError:
        raise NatsConnectionError("JetStream is off there") from None
    except (asyncio.TimeoutError, Error, OSError):
        raise NatsConnectionError("JetStream does not answer", is_temporary=True) from None
    except (ValueError, AttributeError):  # not JSON, or not an object
        raise NatsConnectionError("JetStream does not answer in JSON") from None
    return answer


def check(answer: dict[str, Any]) -> None:
    """Raise the error in an answer of JetStream, if any.

    Raises:
        NatsConnectionError: the answer holds an error.
    """
    if error := answer.get("error"):
        code = int(error.get("err_code", 0))
        text = str(error.get("description", "")).partition("\n")[0][:200]
        reason = "JetStream is off there" if code in _DISABLED_CODES else text or "it says no"
        raise NatsConnectionError(reason, code, is_temporary=code in _TEMPORARY_CODES)


# -- reasons of failures ---------------------------------------------------------------------------------------------

_REFUSED = "it wants other credentials"
_NEEDED = "it wants credentials (in the URL, or NATS_CREDS, NATS_NKEY, NATS_USER and NATS_PASSWORD, NATS_TOKEN)"
_NO_SERVER = "no NATS server answers"
_NO_HOST = "no such host"


def _reason(error: BaseException, secrets: Credentials) -> str:
    """Return why there is no connection, in one line of this package's words: a library's text may hold secrets."""
    text = str(error).lower()
    if any(word in text for word in _AUTHENTICATION_WORDS):
        return _REFUSED if any(secrets) else _NEEDED
    for kind, make_reason in _REASONS_BY_TYPE:
        if isinstance(error, kind):
            return make_reason(error)
    for word, reason in _REASONS_BY_WORD.items():
        if word in text:
            return reason
    is_signing = secrets.creds or secrets.nkey
    is_of_client = type(error).__module__.partition(".")[0] == "nats"
    return "the credentials cannot be used" if is_signing and not is_of_client else _NO_SERVER


def _os_error_reason(error: OSError) -> str:
    if error.filename is not None:
        return f"cannot read a file of credentials: {error.strerror}"
    return error.strerror or ("it has no TLS" if "TLS" in str(error) else "connection failed")


_AUTHENTICATION_WORDS = ("authorization", "authentication", "user jwt")
_REASONS_BY_TYPE: tuple[tuple[type[BaseException], Callable[[Any], str]], ...] = (  # the first that matches counts
    (ssl.SSLCertVerificationError, lambda error: f"its certificate is not good: {error.verify_message}"),
    (ssl.SSLError, lambda error: f"TLS fails: {error.reason or 'no TLS there'}"),
    (ConnectionRefusedError, lambda _: "connection refused"),
    (socket.gaierror, lambda _: _NO_HOST),
    (TimeoutError, lambda _: _NO_SERVER),
    (asyncio.TimeoutError, lambda _: _NO_SERVER),  # three classes before Python 3.11
    (FutureTimeoutError, lambda _: _NO_SERVER),
    (ImportError, lambda _: "nkeys is missing; pip install 'reflowlog[nats]' brings it"),
    (OSError, _os_error_reason),
)
_REASONS_BY_WORD = {"idna": _NO_HOST, "tls": "TLS fails", "ssl": "TLS fails"}


def _rank(reason: str) -> int:
    """Rank the reasons of several servers: the ones that a user can fix are highest."""
    return 2 if "credentials" in reason or "pip" in reason else 1 if "TLS" in reason or "certificate" in reason else 0
