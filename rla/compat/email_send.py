"""`RLA.email_send`: a mail that says that a run has failed."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from typing import Any, Final

from rla.errors import ConfigError, warn_quietly

__all__ = ["send_error"]

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "host": ("host", "smtp_server", "server", "mail_host"),
    "port": ("port", "smtp_port"),
    "address": ("address", "email", "mail", "sender"),
    "user": ("user", "username", "mail_user"),
    "password": ("password", "passwd", "mail_pass"),
}
"""What is asked for → keys that it may stand under."""

_SUBMISSION: Final = 587
_TLS_FROM_THE_START: Final = 465
_PATIENCE_SECONDS: Final = 20.0


def send_error(
    sub: str, info: object, source_info: Mapping[str, Any], target_info: Mapping[str, Any] | str | Iterable[str]
) -> bool:
    """Send a mail over TLS. It stands in ``except`` blocks, so what goes wrong while it is sent only warns.

    Args:
        sub: the subject.
        info: the text.
        source_info: who sends it: ``host``, ``address`` and ``password``, also ``user`` (the address where it is
            missing) and ``port`` (587: the connection becomes encrypted before anything else; 465: it begins so).
        target_info: who gets it: an address, several of them, or a mapping with ``address``.

    Returns:
        Whether the server took it.

    Raises:
        ConfigError: something of that is missing; the message never shows a value.
    """
    host, port = str(_value(source_info, "host")), int(_value(source_info, "port", _SUBMISSION))
    sender, password = str(_value(source_info, "address")), str(_value(source_info, "password"))
    message = EmailMessage()
    message["Subject"] = " ".join(str(sub).split())
    message["From"], message["To"] = sender, ", ".join(_addresses(target_info))
    message.set_content(str(info))
    try:
        _send(message, host, port, str(_value(source_info, "user", sender)), password)
    except (OSError, smtplib.SMTPException, ValueError) as error:  # what a server says may repeat what it was told
        code = getattr(error, "smtp_code", None)
        warn_quietly(f"the mail could not be sent: {type(error).__name__}" + (f" {code}" if code else ""))
        return False
    return True


def _send(message: EmailMessage, host: str, port: int, user: str, password: str) -> None:
    context = ssl.create_default_context()
    if port == _TLS_FROM_THE_START:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_PATIENCE_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=_PATIENCE_SECONDS)
    with server:
        if port != _TLS_FROM_THE_START:
            server.starttls(context=context)  # raises where the server has none: nothing is ever sent in the clear
        server.login(user, password)
        server.send_message(message)


def _value(info: Mapping[str, Any], asked: str, default: Any = None) -> Any:
    if not isinstance(info, Mapping):
        raise ConfigError(f"send_error() takes who sends it as a dict; got a {type(info).__name__}.")
    found = next((info[name] for name in _NAMES[asked] if info.get(name)), default)
    if found is None:
        raise ConfigError(f"send_error() needs '{asked}' (or {', '.join(_NAMES[asked][1:])}) of who sends it.")
    return found


def _addresses(target: Mapping[str, Any] | str | Iterable[str]) -> list[str]:
    found = _value(target, "address") if isinstance(target, Mapping) else target
    addresses = [found] if isinstance(found, str) else [str(each) for each in found]
    if not addresses:
        raise ConfigError("send_error() needs an address that the mail goes to.")
    return addresses
