"""Notify: tell people of a run that failed, by log, e-mail and webhook.

Where to is set in the environment only. Passwords and the address of a webhook (which often holds a
token) never stand in a log, a message or the representation of an object.
"""

import json
import logging
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPException
from urllib.parse import urlsplit

from ipsdata.errors import ConfigurationError, DataError

PREFIX = "IPSDATA_NOTIFY_"
SECURITY = ("starttls", "tls", "none")
DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}
MAX_SUBJECT = 150
MAX_BODY = 20_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Notification:
    """What happened, for people and for programs.

    Attributes:
        event: a word for programs, such as `run_failed`.
        subject: one line.
        messages: what was found, one a line.
        facts: names and values, such as the job and the id of the run.
    """

    event: str
    subject: str
    messages: Sequence[str] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """The subject as one printable line, not too long for a header."""
        line = " ".join("".join(c if c.isprintable() else " " for c in self.subject).split())
        return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1]}…"

    @property
    def text(self) -> str:
        """All of it as plain text."""
        facts = [f"{name}: {value}" for name, value in self.facts.items()]
        text = "\n".join([self.headline, "", *self.messages, "", *facts]).strip()
        return text if len(text) <= MAX_BODY else f"{text[: MAX_BODY - 1]}…"


@dataclass(frozen=True)
class Mail:
    """Where e-mail goes.

    Attributes:
        security: `starttls`, `tls` or `none`; a password is never sent without encryption.
    """

    host: str
    port: int
    security: str
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class NotifySettings:
    """Where notifications go, beside the log.

    Attributes:
        mail: the mail server, if any.
        webhook: the address that JSON is posted to, if any; it may hold a token.
        timeout: how long a server may take, in seconds.
    """

    mail: Mail | None = None
    webhook: str | None = field(default=None, repr=False)
    timeout: float = 10.0

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels in use."""
        used = {"log": True, "e-mail": self.mail, "webhook": self.webhook}
        return tuple(name for name, setting in used.items() if setting)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "NotifySettings":
        """Read `IPSDATA_NOTIFY_SMTP_HOST` and its companions, and `IPSDATA_NOTIFY_WEBHOOK_URL`.

        Raises:
            ConfigurationError: one is malformed, or one that another needs is missing. The message
                never tells a password or the address of the webhook.
        """
        given = {
            name.removeprefix(PREFIX): value
            for name, value in environment.items()
            if name.startswith(PREFIX) and value
        }
        return cls(_mail(given), _webhook(given), _timeout(given))


def _mail(given: Mapping[str, str]) -> Mail | None:
    if "SMTP_HOST" not in given:
        return None
    security = given.get("SMTP_SECURITY", "starttls")
    if security not in SECURITY:
        raise _malformed("SMTP_SECURITY", repr(security), f"one of {', '.join(SECURITY)}")
    recipients = tuple(part.strip() for part in given.get("TO", "").split(",") if part.strip())
    sender = given.get("FROM", "").strip()
    for name, addresses in (("TO", recipients), ("FROM", (sender,))):
        if not addresses or not all("@" in address for address in addresses):
            raise _malformed(name, repr(given.get(name, "")), "e-mail addresses")
    if "SMTP_PASSWORD" in given and security == "none":
        raise _malformed("SMTP_SECURITY", "'none'", "starttls or tls where a password is sent")
    return Mail(
        host=given["SMTP_HOST"],
        port=_port(given.get("SMTP_PORT"), DEFAULT_PORTS[security]),
        security=security,
        sender=sender,
        recipients=recipients,
        user=given.get("SMTP_USER", ""),
        password=given.get("SMTP_PASSWORD", ""),
    )


def _port(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise _malformed("SMTP_PORT", repr(text), "a port between 1 and 65535")
    return int(text)


def _webhook(given: Mapping[str, str]) -> str | None:
    url = given.get("WEBHOOK_URL")
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and url.isprintable()
    except ValueError:
        is_fit = False
    if not is_fit or " " in url:
        # The address is a secret: not even a wrong one is told.
        raise _malformed("WEBHOOK_URL", "something else", "an address with http:// or https://")
    return url


def _timeout(given: Mapping[str, str]) -> float:
    text = given.get("TIMEOUT", "10")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 30:
        raise _malformed("TIMEOUT", repr(text), "seconds, at most 30")
    return seconds


def _malformed(name: str, found: str, expected: str) -> ConfigurationError:
    return ConfigurationError(f"{PREFIX}{name}: found {found}, expected {expected}")


def notify(notification: Notification, settings: NotifySettings) -> tuple[str, ...]:
    """Tell people, by every channel that is set; return the names of the channels.

    Raises:
        DataError: a channel failed; the others were used all the same.
    """
    log.error("%s", notification.text)
    failures = list(_failures(notification, settings))
    if failures:
        raise DataError("; ".join(failures))
    return settings.channels


def _failures(notification: Notification, settings: NotifySettings) -> Iterator[str]:
    if settings.mail is not None:
        try:
            _send_mail(notification, settings.mail, settings.timeout)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            yield f"no e-mail was sent by {settings.mail.host}: {_told(error)}"
    if settings.webhook is not None:
        try:
            _post(notification, settings.webhook, settings.timeout)
        except (OSError, HTTPException, ValueError) as error:
            host = urlsplit(settings.webhook).hostname
            yield f"no webhook was called at {host}: {_told(error)}"


def _told(error: Exception) -> str:
    """Name what went wrong, without the text of the other side, which may repeat a secret."""
    match error:
        case urllib.error.HTTPError():
            return f"it answered with HTTP {error.code}"
        case smtplib.SMTPRecipientsRefused():
            return "it refused all recipients"
        case smtplib.SMTPResponseException():
            return f"it answered with SMTP {error.smtp_code} ({type(error).__name__})"
        case urllib.error.URLError(reason=OSError() as reason):
            return f"{type(reason).__name__}: {reason.strerror or reason}"
        case OSError():
            return f"{type(error).__name__}: {error.strerror or error}"
        case _:
            return type(error).__name__


def _send_mail(notification: Notification, mail: Mail, timeout: float) -> None:
    message = EmailMessage()
    message["Subject"] = notification.headline
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.recipients)
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain="ipsdata.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notification.text)
    with _connection(mail, timeout) as server:
        if mail.user:
            server.login(mail.user, mail.password)
        refused = server.send_message(message)
    if refused:
        raise smtplib.SMTPRecipientsRefused(refused)


def _connection(mail: Mail, timeout: float) -> smtplib.SMTP:
    if mail.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=timeout, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=timeout)
    if mail.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


class _SameAddress(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: what a run found goes to the address that was set, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


def _post(notification: Notification, url: str, timeout: float) -> None:
    """Post JSON; the key `text` is what chat programs show."""
    data = {
        "text": notification.text,
        "event": notification.event,
        "subject": notification.headline,
        "messages": list(notification.messages),
        **notification.facts,
    }
    request = urllib.request.Request(  # noqa: S310 - settings take http and https only
        url,
        json.dumps(data).encode(),
        {"Content-Type": "application/json", "User-Agent": "ipsdata"},
        method="POST",
    )
    with urllib.request.build_opener(_SameAddress).open(request, timeout=timeout) as answer:
        answer.read(1)
