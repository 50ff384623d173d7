"""A connection to NATS for who has no event loop: one thread with a loop, one client at a time.

Rules of this file:
- Clients are never left to reconnect by themselves: who uses a link knows what was acknowledged, and does it anew.
- Whatever goes wrong is a `NatsConnectionError`: one line, in which nothing is secret.
- No helper threads: at the end of a program no thread can be started any more, and the last records are still to go.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import ssl
import sys
import threading
from concurrent.futures import TimeoutError as LateError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import TypeVar

    from nats.aio.client import Client

    from reflowlog.nats.url import Credentials, NatsUrl

    T = TypeVar("T")

__all__ = ["NatsConnection", "NatsConnectionError", "api", "check"]

ANSWER = 5.0  # seconds that a server may take to answer
REACH = 2.0  # seconds that it may take to be there
LEAVE = 0.5  # seconds for the last words to a server
_denied = re.compile(r"permissions violation for (.*)", re.IGNORECASE).search
_OFF = {10039, 10076}  # codes: not for this account, not on this server
_PASSING = {10008, 10005, 10009}  # codes: a cluster is not ready
ENDING = "the program is ending"
MISSING = "nats-py is missing; pip install 'reflowlog[nats]' brings it"


class NatsConnectionError(Exception):
    """A server is not there, or does not do what it is asked for; the text says why in one line.

    Attributes:
        code: of JetStream's API, 0 for anything else.
        passes: whether it may be otherwise in a moment, because a cluster is electing a leader.
    """

    def __init__(self, reason: str, code: int = 0, *, passes: bool = False) -> None:
        super().__init__("".join([each if each.isprintable() else "?" for each in reason]))  # a server may say anything
        self.code = code
        self.passes = passes


class _ResolverLoop(asyncio.SelectorEventLoop):
    """A loop that finds addresses on its own thread, where an executor's thread could not be had."""

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        return socket.getaddrinfo(host, port, **options)


class NatsConnection:
    """See above. All methods but `closed` and `client` are for one thread, which is not the loop's.

    Args:
        address: of the servers, which are tried in turn; those of the same cluster that a server tells of come last.
        role: what the server's own tools call this client.

    Attributes:
        client: the connection; for coroutines on the loop.
        closed: done once that is gone.
    """

    def __init__(self, address: NatsUrl, role: str) -> None:
        self._address = address
        self._role = role
        self._servers = list(address.servers)
        self._loop: _ResolverLoop | None = None
        self._thread: threading.Thread | None = None
        self.client: Client | None = None
        self.closed: asyncio.Future[None] | None = None
        self._denied = ""  # what a server has not permitted us, in its words

    @property
    def up(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self.client is not None and self.client.is_connected

    @property
    def most(self) -> int:
        """Bytes that a message may have."""
        return self.client.max_payload if self.client is not None else 1 << 20

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, once there was a connection."""
        assert self._loop is not None
        return self._loop

    @property
    def thread(self) -> int | None:
        """The identity of the loop's thread."""
        return self._thread.ident if self._thread is not None else None

    def connect(self, timeout: float | None = None) -> None:
        """Connect to the first server that takes us.

        Raises:
            LinkError: there is none, or none within that many seconds.
        """
        self.begin()
        self.run(self._connect(), timeout)

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = ANSWER) -> T:
        """What a coroutine returns that runs on the loop.

        Raises:
            LinkError: it failed, or took longer than that many seconds.
        """
        assert self._loop is not None
        if sys.is_finalizing():  # other threads do not run any more
            work.close()
            raise NatsConnectionError(ENDING)
        task = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return task.result(timeout)
        except NatsConnectionError as error:
            if self._denied and error.passes:  # no answer comes to what may not be asked
                raise NatsConnectionError(f"no permission for {self._denied}") from None
            raise
        except (LateError, asyncio.TimeoutError):  # both are one from Python 3.11 on
            task.cancel()
            raise NatsConnectionError("no answer in time") from None
        except asyncio.CancelledError:
            raise NatsConnectionError("the connection is gone") from None
        except Exception as error:  # such as an answer in which something is missing
            raise NatsConnectionError(f"its answer makes no sense: {type(error).__name__}") from error

    def drop(self, *, elsewhere: bool = False) -> None:
        """Let go of the connection, if any; the next one is to another server, if so asked."""
        if elsewhere:
            self._servers.append(self._servers.pop(0))
        if self.client is not None:
            with contextlib.suppress(NatsConnectionError):
                self.run(self._drop(), REACH)
            self.client = None

    def close(self) -> None:
        """End connection and thread; `connect` begins anew."""
        self.drop()
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(REACH)
        self._loop = self._thread = None

    def begin(self) -> None:
        """Have a thread with a loop, from now on: later there may be none to be had.

        Raises:
            LinkError: there is none to be had, because the interpreter is ending.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        if sys.is_finalizing():
            raise NatsConnectionError(ENDING)
        self._loop = loop = _ResolverLoop()
        self._thread = threading.Thread(target=_serve, args=(loop,), name="reflowlog-nats", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._thread = None
            loop.close()
            raise NatsConnectionError(ENDING) from error

    # -- on the loop ----------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        if self.client is not None:
            await self._drop()
        reasons: list[str] = []
        for server in tuple(self._servers):
            try:
                self.client = await self._connect_to(*server)
            except NatsConnectionError as error:
                reasons.append(str(error))
                continue
            told = [(each.hostname, each.port or 4222) for each in self.client.discovered_servers if each.hostname]
            known = [server, *self._address.servers, *told]
            self._servers = list(dict.fromkeys(known))
            return
        raise NatsConnectionError(max(reasons, key=_weight))

    async def _connect_to(self, host: str, port: int) -> Client:
        try:
            from nats.aio.client import Client
        except ImportError:
            raise NatsConnectionError(MISSING) from None
        client = Client()
        closed = self.closed = asyncio.get_running_loop().create_future()
        failures: list[BaseException] = []
        self._denied = ""

        async def note(error: Exception) -> None:
            failures.append(error)
            if denied := _denied(str(error)):
                self._denied = self._denied or denied[1]

        async def gone() -> None:
            if not closed.done():
                closed.set_result(None)

        name = f"[{host}]" if ":" in host else host
        try:
            await client.connect(
                [f"{'tls' if self._address.tls else 'nats'}://{name}:{port}"],
                error_cb=note,
                closed_cb=gone,
                name=self._role,
                allow_reconnect=False,
                connect_timeout=REACH,  # type: ignore[arg-type, unused-ignore]
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
            if isinstance(cause, (ConnectionResetError, BrokenPipeError)) and _told(client).get("auth_required"):
                cause = RuntimeError("authorization")  # it was gone before its reason could be read
            raise NatsConnectionError(_reason(cause, self._address.secrets)) from None
        return client

    def _security(self, client: Client) -> dict[str, Any]:
        """What a client is told of credentials and TLS."""
        address, secrets = self._address, self._address.secrets
        told: dict[str, Any] = {}
        if address.tls or address.ca or address.cert:
            told["tls"] = _context(address)

        def kept(secret: str) -> Any:
            """A secret that is told when the connection is as it has to be."""

            def tell() -> str:
                if address.tls and not _told(client).get("tls_required"):
                    raise ConnectionError("it has no TLS")
                return secret

            return tell

        if secrets.creds:
            told["user_credentials"] = secrets.creds
        elif secrets.nkey:
            told["nkeys_seed_str" if secrets.nkey.startswith("SU") else "nkeys_seed"] = secrets.nkey
        elif secrets.user:
            told |= {"user": kept(secrets.user), "password": kept(secrets.password)}
        elif secrets.token or address.tls:  # without a token, for what is checked when it is asked for
            told["token"] = kept(secrets.token)
        return told

    async def _drop(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            await _close(client)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """The thread of a loop: until that is stopped."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    finally:
        loop.close()


def _context(address: NatsUrl) -> ssl.SSLContext:
    """Whom we trust, and who we are.

    Raises:
        LinkError: a file of a certificate or a key is not there, or is none.
    """
    try:
        context = ssl.create_default_context(cafile=address.ca or None)
        if address.cert:
            context.load_cert_chain(address.cert, address.key or None)
    except OSError as error:
        paths = ", ".join(filter(None, (address.ca, address.cert, address.key)))
        why = "no certificate, or not its key" if isinstance(error, ssl.SSLError) else error.strerror
        raise NatsConnectionError(f"TLS cannot begin with {paths}: {why}") from None
    return context


def _told(client: Client) -> dict[str, Any]:
    """What a server has said of itself."""
    return getattr(client, "_server_info", None) or {}


async def _close(client: Client) -> None:
    """Close it; it may wait for ever for the end of a connection that has not become one of TLS."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(client.close(), LEAVE)


async def api(client: Client, what: str, body: Any = None) -> dict[str, Any]:
    """Ask JetStream's API.

    Raises:
        LinkError: it does not answer, or says no.
    """
    from nats.errors import Error, NoRespondersError

    try:
        reply = await client.request(f"$JS.API.{what}", json.dumps(body or {}).encode(), timeout=ANSWER)
        answer: dict[str, Any] = json.loads(reply.data)
        check(answer)
    except NoRespondersError:
        raise NatsConnectionError("JetStream is off there") from None
    except (asyncio.TimeoutError, Error, OSError):
        raise NatsConnectionError("JetStream does not answer", passes=True) from None
    except (ValueError, AttributeError):  # no JSON, or not of an object
        raise NatsConnectionError("JetStream does not answer in JSON") from None
    return answer


def check(answer: dict[str, Any]) -> None:
    """Raise what an answer of JetStream complains of.

    Raises:
        LinkError: it does.
    """
    if error := answer.get("error"):
        code = int(error.get("err_code", 0))
        text = str(error.get("description", "")).partition("\n")[0][:200]
        raise NatsConnectionError(
            "JetStream is off there" if code in _OFF else text or "it says no", code, passes=code in _PASSING
        )


# -- what went wrong -------------------------------------------------------------------------------------------------

_REFUSED = "it wants other credentials"
_NEEDED = "it wants credentials (in the URL, or NATS_CREDS, NATS_NKEY, NATS_USER and NATS_PASSWORD, NATS_TOKEN)"


def _reason(error: BaseException, secrets: Credentials) -> str:
    """Why there is no connection: in one line, and in our own words, because a library's may hold anything."""
    text = str(error).lower()
    if "authorization" in text or "authentication" in text or "user jwt" in text:
        return _REFUSED if any(secrets) else _NEEDED
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {error.reason or 'no TLS there'}"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror) or "idna" in text:
        return "no such host"
    if isinstance(error, (TimeoutError, asyncio.TimeoutError, LateError)):
        return "no NATS server answers"
    if isinstance(error, ImportError):
        return "nkeys is missing; pip install 'reflowlog[nats]' brings it"
    if isinstance(error, OSError) and error.filename is not None:
        return f"cannot read a file of credentials: {error.strerror}"
    if isinstance(error, OSError):
        return error.strerror or ("it has no TLS" if "TLS" in str(error) else "connection failed")
    if "tls" in text or "ssl" in text:
        return "TLS fails"
    module = type(error).__module__.partition(".")[0]
    signs = (secrets.creds or secrets.nkey) and module != "nats"
    return "the credentials cannot be used" if signs else "no NATS server answers"


def _weight(reason: str) -> int:
    """Of the reasons of several servers, what somebody can mend counts most."""
    return 2 if "credentials" in reason or "pip" in reason else 1 if "TLS" in reason or "certificate" in reason else 0
