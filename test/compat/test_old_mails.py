"""`RLA.email_send.send_error` sends over TLS alone, and shows no credentials whatever happens."""

from __future__ import annotations

import shutil
import smtplib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from RLA.email_send import send_error

from rla import RLAWarning
from rla.errors import ConfigError

PASSWORD = "hunter2-very-secret"
ANSWERS = {b"AUTH": b"235 welcome", b"QUIT": b"221 bye", b"STARTTLS": b"220 go on"}

Server = Callable[..., tuple[int, list[bytes]]]


@pytest.fixture
def server() -> Iterator[Server]:
    """Start a mail server for one mail: ``server(context)``; returns its port and the lines it was told."""
    sockets: list[socket.socket] = []

    def start(context: ssl.SSLContext | None) -> tuple[int, list[bytes]]:
        listening = socket.create_server(("127.0.0.1", 0))
        sockets.append(listening)
        heard: list[bytes] = []
        threading.Thread(target=serve, args=(listening, heard, context), daemon=True).start()
        return listening.getsockname()[1], heard

    yield start
    for each in sockets:
        each.close()


def serve(listening: socket.socket, heard: list[bytes], context: ssl.SSLContext | None) -> None:
    """Talk as a mail server does, as far as one mail needs."""
    connection, _ = listening.accept()
    connection.sendall(b"220 here\r\n")
    reading, in_mail = connection.makefile("rb"), False
    with connection:
        while line := reading.readline():
            heard.append(line)
            word = line.strip().upper()
            if in_mail:
                in_mail = word != b"."
                answer = b"" if in_mail else b"250 taken"
            elif word.startswith(b"EHLO"):
                answer = b"250-here\r\n250-AUTH PLAIN LOGIN\r\n250 " + (b"STARTTLS" if context else b"SIZE 1000000")
            elif word == b"DATA":
                in_mail, answer = True, b"354 go on"
            else:
                answer = ANSWERS.get(word.split()[0], b"250 fine")
            if answer:
                connection.sendall(answer + b"\r\n")
            if word == b"STARTTLS" and context is not None:
                try:
                    connection = context.wrap_socket(connection, server_side=True)
                except ssl.SSLError:
                    return
                reading, context = connection.makefile("rb"), None
                heard.append(b"-- encrypted --")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The certificate of a server at 127.0.0.1, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, which makes the certificate")
    path = tmp_path / "server.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    subprocess.run([*command, *names, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def sender(port: int) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": port, "address": "me@example.org", "password": PASSWORD}


def test_a_mail_is_sent_once_the_connection_is_encrypted(
    server: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port, heard = server(context)
    assert send_error("a run\nhas failed", "ValueError: …", sender(port), {"address": "you@example.org"})
    begin = heard.index(b"-- encrypted --")
    assert not any(line.startswith(b"AUTH") for line in heard[:begin])
    assert b"Subject: a run has failed\r\n" in heard[begin:]
    assert b"To: you@example.org\r\n" in heard[begin:]


def test_a_server_that_nobody_vouches_for_gets_nothing(server: Server, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    port, heard = server(context)
    with pytest.warns(RLAWarning, match="could not be sent: SSLCertVerificationError"):
        assert not send_error("a run has failed", "…", sender(port), "you@example.org")
    assert not any(b"AUTH" in line for line in heard)


def test_a_server_without_tls_gets_nothing(server: Server) -> None:
    port, heard = server(None)
    with pytest.warns(RLAWarning, match="could not be sent: SMTPNotSupportedError"):
        assert not send_error("a run has failed", "…", sender(port), ["you@example.org"])
    assert not any(b"AUTH" in line or b"Subject" in line for line in heard)


def test_credentials_are_in_no_message(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise smtplib.SMTPAuthenticationError(535, f"{PASSWORD} is wrong".encode())

    monkeypatch.setattr("rla.compat.email_send._send", refuse)
    assert not send_error("a run has failed", "…", sender(587), "you@example.org")
    assert said == ["rla: the mail could not be sent: SMTPAuthenticationError 535"]
    incomplete = {"address": "me@example.org", "password": PASSWORD}
    with pytest.raises(ConfigError, match=r"needs 'host' \(or smtp_server, server, mail_host\)") as caught:
        send_error("a run has failed", "…", incomplete, "you@example.org")
    assert PASSWORD not in str(caught.value)
