"""Notifications: to a real mail server and a real web server, and never a secret told."""

import logging
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import given, settings
from hypothesis import strategies as st

from hooks import Hook, free_port, listening
from ipsdata.errors import ConfigurationError, DataError
from ipsdata.notify import MAX_BODY, Notification, NotifySettings, notify

PASSWORD = "geheim-wachtwoord"
TOLD = Notification(
    "run_failed",
    "build_release failed",
    ["deployments: “café” is no number"],
    {"job": "build_release", "run_id": "42"},
)


class Mailbox:
    """Keeps mail, and lets in who knows the password."""

    def __init__(self) -> None:
        self.came: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.users: list[str] = []
        self.answer = "250 kept"

    async def handle_DATA(  # noqa: N802 - the name that the library calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.came.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.extend(envelope.rcpt_tos)
        return self.answer

    def authenticate(self, *arguments: Any) -> AuthResult:
        login = arguments[-1]
        assert isinstance(login, LoginPassword)
        self.users.append(login.login.decode())
        return AuthResult(success=login.password == PASSWORD.encode(), handled=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the authority that vouches for the mail server."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def plain(mailbox: Mailbox) -> Iterator[int]:
    """Return the port of a mail server without encryption."""
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    yield from serve(server)


@pytest.fixture
def encrypted(mailbox: Mailbox, authority: trustme.CA) -> Iterator[int]:
    """Return the port of a mail server that wants encryption and a password."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    server = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=mailbox.authenticate,
    )
    yield from serve(server)


def serve(server: Controller) -> Iterator[int]:
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as found:
        yield found


def mail(port: int, **more: str) -> dict[str, str]:
    given = {
        "SMTP_HOST": "localhost",
        "SMTP_PORT": str(port),
        "FROM": "ipsdata@example.org",
        "TO": "beheer@example.org, data@example.org",
        **more,
    }
    return {f"IPSDATA_NOTIFY_{name}": value for name, value in given.items()}


def settings_of(environment: dict[str, str]) -> NotifySettings:
    return NotifySettings.from_environment(environment)


def test_without_settings_it_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "ipsdata.notify"):
        assert notify(TOLD, settings_of({"PATH": "/bin"})) == ("log",)
    (record,) = caplog.records
    assert record.getMessage() == (
        "build_release failed\n\ndeployments: “café” is no number\n\njob: build_release\nrun_id: 42"
    )


def test_mail_arrives_as_it_was_written(plain: int, mailbox: Mailbox) -> None:
    assert notify(TOLD, settings_of(mail(plain, SMTP_SECURITY="none"))) == ("log", "e-mail")
    (came,) = mailbox.came
    assert came["Subject"] == "build_release failed"
    assert came["Auto-Submitted"] == "auto-generated"
    assert "“café” is no number" in came.get_content()
    assert mailbox.recipients == ["beheer@example.org", "data@example.org"]


@pytest.mark.usefixtures("trusted")
def test_mail_by_starttls_with_a_password(encrypted: int, mailbox: Mailbox) -> None:
    notify(TOLD, settings_of(mail(encrypted, SMTP_USER="ipsdata", SMTP_PASSWORD=PASSWORD)))
    assert mailbox.users == ["ipsdata"]
    assert len(mailbox.came) == 1


def test_a_certificate_of_nobody_known_gets_no_password(encrypted: int, mailbox: Mailbox) -> None:
    with pytest.raises(DataError, match="no e-mail was sent by localhost: SSLCert") as caught:
        notify(TOLD, settings_of(mail(encrypted, SMTP_USER="ipsdata", SMTP_PASSWORD=PASSWORD)))
    assert PASSWORD not in str(caught.value)
    assert mailbox.users == mailbox.came == []


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_told_without_it(encrypted: int) -> None:
    with pytest.raises(DataError, match="SMTP 535") as caught:
        notify(TOLD, settings_of(mail(encrypted, SMTP_USER="ipsdata", SMTP_PASSWORD="wrong-one")))
    assert "wrong-one" not in str(caught.value)


def test_a_server_that_does_not_take_it_is_told(plain: int, mailbox: Mailbox) -> None:
    mailbox.answer = "554 your text: build_release failed"
    with pytest.raises(DataError, match="SMTP 554") as caught:
        notify(TOLD, settings_of(mail(plain, SMTP_SECURITY="none")))
    assert "your text" not in str(caught.value)


def test_a_webhook_gets_json(hook: Hook) -> None:
    environment = {"IPSDATA_NOTIFY_WEBHOOK_URL": hook.url}
    assert notify(TOLD, settings_of(environment)) == ("log", "webhook")
    (posted,) = hook.posted
    assert posted.pop("text").startswith("build_release failed\n")
    assert posted == {
        "path": f"/hooks/{hook.token}",
        "event": "run_failed",
        "subject": "build_release failed",
        "messages": ["deployments: “café” is no number"],
        "job": "build_release",
        "run_id": "42",
    }


def test_one_channel_that_fails_does_not_stop_the_other(
    hook: Hook, plain: int, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    hook.status = 500
    environment = {
        **mail(plain, SMTP_SECURITY="none"),
        "IPSDATA_NOTIFY_WEBHOOK_URL": hook.url,
    }
    with pytest.raises(DataError) as caught:
        notify(TOLD, settings_of(environment))
    assert str(caught.value) == "no webhook was called at 127.0.0.1: it answered with HTTP 500"
    assert len(mailbox.came) == 1
    assert hook.token not in caplog.text


def test_no_redirect_is_followed(hook: Hook) -> None:
    with listening() as other:
        hook.status, hook.location = 307, other.url
        with pytest.raises(DataError, match="HTTP 307"):
            notify(TOLD, settings_of({"IPSDATA_NOTIFY_WEBHOOK_URL": hook.url}))
        assert other.posted == []


def test_where_nobody_listens_that_is_told() -> None:
    with listening() as gone:
        port, url = gone.port, gone.url
    environment = {**mail(port, SMTP_SECURITY="none"), "IPSDATA_NOTIFY_WEBHOOK_URL": url}
    with pytest.raises(DataError) as caught:
        notify(TOLD, settings_of(environment))
    told = str(caught.value)
    assert "no e-mail was sent by localhost: " in told
    assert "no webhook was called at 127.0.0.1: ConnectionRefusedError: Connection refused" in told
    assert gone.token not in told


def test_nothing_shows_a_secret() -> None:
    environment = {
        **mail(25, SMTP_USER="ipsdata", SMTP_PASSWORD=PASSWORD),
        "IPSDATA_NOTIFY_WEBHOOK_URL": "https://chat.example.org/hooks/s3cr3t-t0ken",
    }
    found = settings_of(environment)
    assert found.channels == ("log", "e-mail", "webhook")
    assert PASSWORD not in repr(found)
    assert "s3cr3t-t0ken" not in repr(found)
    assert "localhost" in repr(found)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY: found 'ssl'"),
        ({"SMTP_PORT": "0"}, "SMTP_PORT: found '0'"),
        ({"SMTP_PORT": "x"}, "SMTP_PORT: found 'x'"),
        ({"TO": " , "}, "TO: found ' , '"),
        ({"TO": "beheer"}, "TO: found 'beheer'"),
        ({"FROM": ""}, "FROM: found ''"),
        ({"SMTP_SECURITY": "none", "SMTP_PASSWORD": PASSWORD}, "SMTP_SECURITY: found 'none'"),
        ({"WEBHOOK_URL": "file:///etc/s3cr3t"}, "WEBHOOK_URL: found something else"),
        ({"WEBHOOK_URL": "https://"}, "WEBHOOK_URL: found something else"),
        ({"WEBHOOK_URL": "https://[s3cr3t/"}, "WEBHOOK_URL: found something else"),
        ({"WEBHOOK_URL": "https://a/s3cr3t b"}, "WEBHOOK_URL: found something else"),
        ({"TIMEOUT": "0"}, "TIMEOUT: found '0'"),
        ({"TIMEOUT": "nan"}, "TIMEOUT: found 'nan'"),
        ({"TIMEOUT": "ten"}, "TIMEOUT: found 'ten'"),
    ],
)
def test_wrong_settings_are_told_without_secrets(changes: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_of(mail(25, **changes))
    assert str(caught.value).startswith(f"IPSDATA_NOTIFY_{named}, expected ")
    assert "s3cr3t" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


@settings(deadline=None)
@given(subject=st.text(max_size=300), messages=st.lists(st.text(max_size=50), max_size=3))
def test_any_text_makes_one_line_of_subject(subject: str, messages: list[str]) -> None:
    told = Notification("run_failed", subject, messages)
    message = EmailMessage()
    message["Subject"] = told.headline
    assert "\n" not in told.headline
    assert len(told.headline) <= 150


def test_a_long_text_is_cut() -> None:
    told = Notification("run_failed", "failed", ["x" * 50_000])
    assert len(told.text) == MAX_BODY
    assert told.text.endswith("x…")
