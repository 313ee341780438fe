"""Who may ask: a token or a password, the right Host and Origin, and headers that bind browsers."""

import hashlib
import hmac
import ipaddress
import os
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from scarmap.errors import DataError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOGIN = "/login"
_BEFORE_LOGIN = (LOGIN, "/static/room.css")
"""What a reader without a session may see where there is a password."""
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_SAME_SITE = frozenset({"same-origin", "none"})
_WRONG_PASSWORD_S = 1.0
_PLACE = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::(\d{1,5}))?", re.ASCII | re.IGNORECASE)
"""Name and port, as in the headers Host and Origin."""
_HTTP, _HTTPS = 80, 443
"""Ports that browsers leave out."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
"""Of every answer."""

_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>scarmap</title>"
    "<h1>The reading room</h1><p>{text}</p>"
)


@dataclass
class Session:
    """What lets a reader in.

    Attributes:
        port: Of the server.
        host: Address that it listens at.
        token: In the address that the command prints; it lives as long as the server.
        password: Salt and hash of the password; None where there is only the token.
        public: Address at which a proxy with TLS stands before it, as `read_public` gives it; ""
            where none does.
    """

    port: int
    host: str = "127.0.0.1"
    token: str = field(default_factory=lambda: token_urlsafe(32))
    password: tuple[bytes, bytes] | None = None
    public: str = ""

    def __post_init__(self) -> None:
        """Make the secret of the cookie, which is another one than the token."""
        self._cookie = token_urlsafe(32)
        self._guessing = threading.Lock()

    @property
    def cookie_name(self) -> str:
        """Cookies are shared by all ports of a host, so the name tells servers apart."""
        return f"scarmap_session_{self.port}"

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    def is_token(self, given: str) -> bool:
        """Whether this is the token, in the same time whatever it is."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def is_cookie(self, header: str) -> bool:
        """Whether a Cookie header holds the session."""
        try:
            morsel = SimpleCookie(header).get(self.cookie_name)
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(
            morsel.value.encode(), self._cookie.encode()
        )

    def is_password(self, given: str) -> bool:
        """Whether this is the password; one guess at a time, and a wrong one costs a second."""
        if self.password is None:
            return False
        with self._guessing:
            salt, known = self.password
            right = hmac.compare_digest(_hash(given, salt), known)
            if not right:
                time.sleep(_WRONG_PASSWORD_S)
            return right

    def give_cookie(self, response: Response) -> Response:
        """The response, which lets its receiver in from now on."""
        response.set_cookie(
            self.cookie_name,
            self._cookie,
            httponly=True,
            samesite="strict",
            path="/",
            secure=bool(self.public),
        )
        return response

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this server; another name may be a trap of DNS."""
        if self._is_public(header):
            return True
        name, port = _place(header, _HTTP)
        if port != self.port:
            return False
        if name in LOOPBACK or name == self.host.lower():
            return True
        return not self.local and (_is_address(name) or name in _own_names())

    def knows_origin(self, header: str, host: str) -> bool:
        """Whether an Origin header names this server's own pages.

        Args:
            header: The Origin.
            host: The Host of the same request; a proxy may have put another one there.
        """
        if self.public and header == self.public:
            return True
        scheme, _, place = header.partition("://")
        if scheme != "http" or self._is_public(host):
            return False
        return _place(place, _HTTP) == _place(host, _HTTP)

    def _is_public(self, host: str) -> bool:
        if not self.public:
            return False
        public = _place(self.public.removeprefix("https://"), _HTTPS)
        return _place(host, public[1]) == public  # Some proxies leave any port out.


def read_public(text: str) -> str:
    """The address of a proxy with TLS, as browsers name it in the header Origin.

    Raises:
        DataError: It is something else.

    >>> read_public("https://Reading.Hospital:443/")
    'https://reading.hospital'
    """
    place = text.removeprefix("https://").removesuffix("/")
    if not text.startswith("https://") or _place(place, _HTTPS) == _NOWHERE:
        raise DataError(f"--public {text!r} is no address of a proxy. Give https://HOST[:PORT].")
    return f"https://{place.lower().removesuffix(f':{_HTTPS}')}"


def hash_password(password: str) -> tuple[bytes, bytes]:
    """Salt and hash of a password; it cannot be found from them but by guessing."""
    salt = os.urandom(16)
    return salt, _hash(password, salt)


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


_NOWHERE = ("", 0)


def _place(text: str, default: int) -> tuple[str, int]:
    """Name and port of a header, `_NOWHERE` where it names none; browsers leave out the default."""
    match = _PLACE.fullmatch(text)
    if match is None:
        return _NOWHERE
    return match[1].strip("[]").lower(), int(match[2] or default)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> set[str]:
    own = socket.gethostname().lower()
    return {own, f"{own}.local", socket.getfqdn().lower()}


class Guard:
    """Stands before the application: nobody gets past it without a session.

    Args:
        app: The application.
        session: What lets a reader in.
    """

    def __init__(self, app: App, session: Session) -> None:
        self.app = app
        self.session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # There are no web sockets here.
            return

        async def send_bound(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _bound(message.get("headers", ()))
            await send(message)

        answer = self._refusal(scope) or self._entrance(scope)
        await (answer or self.app)(scope, receive, send_bound)

    def _refusal(self, scope: Scope) -> Response | None:
        """Why a request is not even looked at: it comes from another site, or to another name."""
        headers = _headers(scope)
        host = headers.get("host", "")
        if not self.session.knows_host(host):
            return _told(scope, 421, "This server does not go by that name.")
        origin = headers.get("origin")
        if origin is not None and not self.session.knows_origin(origin, host):
            return _told(scope, 403, "Requests of other sites are not answered.")
        site = headers.get("sec-fetch-site", "none")
        if scope["method"] not in _SAFE_METHODS and site not in _SAME_SITE:
            return _told(scope, 403, "Requests of other sites are not answered.")
        return None

    def _entrance(self, scope: Scope) -> Response | None:
        """None for who has a session; else how to get one."""
        path, method = scope["path"], scope["method"]
        if path == "/" and method == "GET":
            given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
            if given and self.session.is_token(given):
                return self.session.give_cookie(RedirectResponse("/", status_code=303))
        if self.session.is_cookie(_headers(scope).get("cookie", "")):
            return None
        if self.session.password is not None:
            if path in _BEFORE_LOGIN:
                return None
            if method == "GET" and not path.startswith(("/api", "/static")):
                return RedirectResponse(LOGIN, status_code=303)
        return _told(
            scope,
            401,
            "Open the address that scarmap serve has printed, with its token; it changes each time "
            "the server is started.",
        )


def _headers(scope: Scope) -> dict[str, str]:
    return {
        key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]
    }


def _told(scope: Scope, status: int, text: str) -> Response:
    if scope["path"].startswith("/api"):
        return JSONResponse({"detail": text}, status)
    return HTMLResponse(_PAGE.format(text=text), status)


def _bound(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers of an answer with those that bind a browser."""
    ours = {name.lower().encode(): value.encode() for name, value in HEADERS.items()}
    return [pair for pair in headers if pair[0].lower() not in ours] + list(ours.items())
