"""Who asks: from what the server knows of a request to the owner of rows in the ledger."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
)
from jupyter_server.base.handlers import JupyterHandler

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import LOCAL, Owner, owner_name

__all__ = ["owner_of", "owner_without_request", "signals_of", "tells_users_apart"]

# They tell no users apart: whoever comes with the token gets a random name for each cookie.
_STOCK = (IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider)
_RANDOM_NAME = re.compile("[0-9a-f]{32}")
_KEY_CHARS = 24
_NO = ("", "0", "false", "no", "off")


def owner_of(handler: JupyterHandler) -> Owner | None:
    """Return the owner that an authenticated request acts for; None without a lasting name."""
    if handler.current_user is None:
        return None
    secret = handler.settings.get("cookie_secret")
    if not tells_users_apart(handler.identity_provider):
        return Owner(LOCAL, _opaque(LOCAL, secret), shared=True)
    username = getattr(handler.current_user, "username", None)
    if not isinstance(username, str) or not username or _is_guest(handler.current_user):
        return None
    name = owner_name(username)
    return Owner(name, _opaque(name, secret), shared=False)


def owner_without_request(
    identity_provider: IdentityProvider, settings: Mapping[str, Any]
) -> Owner | None:
    """Return whose doing it is where no request is known: of everyone who cannot be told apart."""
    if tells_users_apart(identity_provider):
        return None
    return Owner(LOCAL, _opaque(LOCAL, settings.get("cookie_secret")), shared=True)


def tells_users_apart(identity_provider: IdentityProvider) -> bool:
    """Whether users of a server have names of their own; else whoever has its token is one."""
    return type(identity_provider) not in _STOCK


def _is_guest(user: Any) -> bool:
    """Whether jupyter_server made a name up, which is another one for the next cookie.

    What such a user agrees to or owns would be nobody's soon, so they are offered nothing.
    """
    name = getattr(user, "name", None)
    made_up = isinstance(name, str) and name.startswith("Anonymous ")
    return made_up and _RANDOM_NAME.fullmatch(user.username) is not None


def _opaque(name: str, secret: Any) -> str:
    """Return what stands for a name in a browser; only the server's key leads back."""
    return _digest(name, secret if isinstance(secret, bytes) else repr(secret).encode())


@lru_cache(maxsize=256)  # asked for at every request
def _digest(name: str, key: bytes) -> str:
    digest = hmac.new(key, b"jupyter_eventlog owner\0" + name.encode(), hashlib.sha256)
    return digest.hexdigest()[:_KEY_CHARS]


def signals_of(headers: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Signals:
    """Return the signals for privacy that a request and the server's environment carry."""
    return Signals(
        gpc=headers.get("Sec-GPC", "").strip() == "1",
        do_not_track=headers.get("DNT", "").strip() == "1"
        or environ.get("DO_NOT_TRACK", "").strip().lower() not in _NO,
    )
