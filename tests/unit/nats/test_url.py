"""NATS URLs and variables: their meaning, and that no secret appears in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflowlog.nats.url import Credentials, NatsUrl, NatsUrlError, covers, display_url, parse, redact, token


def test_hosts_and_ports() -> None:
    """A URL has several servers, with ports or without, also of IPv6."""
    address = parse("nats://a,b:4333,[::1]:4334/logs.>", {})
    assert address.servers == (("a", 4222), ("b", 4333), ("::1", 4334))
    assert (address.subject, address.tls) == ("logs.>", False)
    assert address.name == "nats://a,b:4333,[::1]:4334/logs.>"


@pytest.mark.parametrize(
    ("url", "environ", "secrets"),
    [
        ("nats://me:p%40ss@a/x", {}, Credentials(user="me", password="p@ss")),
        ("nats://s3cr3t@a,b/x", {}, Credentials(token="s3cr3t")),
        ("nats://a/x?creds=/c%20d", {}, Credentials(creds="/c d")),
        ("nats://a/x", {"NATS_TOKEN": "t"}, Credentials(token="t")),
        (
            "nats://a/x",
            {"NATS_USER": "u", "NATS_PASSWORD": "p", "NATS_TOKEN": "t"},
            Credentials(user="u", password="p"),
        ),
        ("nats://a/x", {"NATS_NKEY": "SUAX", "NATS_USER": "u"}, Credentials(nkey="SUAX")),
        ("nats://a/x", {"NATS_CREDS": "/c", "NATS_NKEY": "SUAX"}, Credentials(creds="/c")),
        ("nats://me:pass@a/x", {"NATS_CREDS": "/c"}, Credentials(user="me", password="pass")),
    ],
)
def test_credentials(url: str, environ: dict[str, str], secrets: Credentials) -> None:
    """The URL's credentials take precedence over the variables, and among these the strongest."""
    assert tuple(parse(url, environ).secrets) == tuple(secrets)


@pytest.mark.parametrize(
    "url",
    [
        *("nats://", "nats:///logs", "nats://a:x/logs", "nats://a:0/logs", "nats://a:99999/logs", "nats://a b/logs"),
        *("nats://a,/logs", "nats://a/logs.", "nats://a/.logs", "nats://a/logs.>.x", "nats://a/lo gs", "http://a/logs"),
        *("nats://me:12/hush@a/logs", "nats://me:12,hush@a/logs", f"nats://a/{'x' * 4000}", "nats://a/x?stream=a%20b"),
        *("nats://a/x?stream=a%0d%0ab", "nats://a/x?stream=a.b", "nats://me:12/a,hush@a"),
        *("nats://me:hush/hush@a/logs", "nats://me@hush@/x", "nats://a/logs?password=hush", "nats://hush:hush:hush"),
    ],
)
def test_invalid_urls(url: str) -> None:
    """They are refused, in one line that contains no part of them."""
    with pytest.raises(NatsUrlError) as failure:
        parse(url, {})
    assert "hush" not in str(failure.value)
    assert "\n" not in str(failure.value)
    assert display_url(url) == "the URL of the stream"


@given(
    st.text(st.characters(codec="utf-8"), min_size=8),
    st.sampled_from(["nats://me:{}@a/x", "tls://{}@a:1/x", "nats://a/x?creds={}"]),
)
def test_no_secret_is_shown(secret: str, url: str) -> None:
    """Neither a URL nor its parts show a credential, and a quoted one is decoded."""
    from urllib.parse import quote

    secret = f"~{secret}~"
    address = parse(url.format(quote(secret, safe="")), {})
    assert secret in address.secrets
    for text in (repr(address), str(address), address.name, repr(address.secrets), f"{address}"):
        assert secret not in text


@pytest.mark.parametrize("url", ["NATS://me:hush@a/x", "nats:/me:hush@a/x", "natss://hush@a", "+nats://me:h@ush@a"])
def test_a_message_with_a_url(url: str) -> None:
    """Secrets are removed even from mistyped and misplaced URLs."""
    assert redact(f"cannot read {url}: no") == f"cannot read {url.partition(':')[0]}:{_rest(url)}: no"
    assert redact("cannot read me@example: no") == "cannot read me@example: no"


def _rest(url: str) -> str:
    slashes = "/" * url.count("/", 0, url.rindex("@"))
    return slashes + url.rpartition("@")[2]


def test_names_as_parts_of_a_subject() -> None:
    """Invalid characters are replaced, and empty parts are dropped."""
    assert token("a.b c\t*.>", dots=True) == "a.b_c_._"
    assert token("..a..b.", dots=True) == "a.b"
    assert token("") == "_"
    assert token("a.b") == "a_b"
    assert token("$JS.API", dots=True) == "_JS.API"
    assert len(token("x" * 1000)) == 200


@pytest.mark.parametrize(
    ("wide", "narrow", "does"),
    [
        *(("logs.>", "logs.a", True), ("logs.>", "logs", False), ("*.a", "logs.a", True), ("*", "logs.a", False)),
        *(("logs.*", "logs.*", True), ("logs.a", "logs.*", False), (">", ">", True), ("a.b", "a.b", True)),
    ],
)
def test_covers(wide: str, narrow: str, does: bool) -> None:
    """Wildcards match as on the server."""
    assert covers(wide, narrow) is does


def test_an_address_has_defaults() -> None:
    """A URL needs only one server."""
    assert NatsUrl((("a", 4222),)).name == "nats://a"
