"""A real Dovecot and a real Postfix for tests: started once for a run, killed and restarted at will in a test."""

import grp
import json
import os
import pwd
import shutil
import signal
import smtplib
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from imaplib import IMAP4
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support import mail_config
from tests.support.mail_config import DOMAIN, PASSWORD, MailPorts
from tests.support.ports import accepts, free_port
from tests.support.waiting import wait_for

DOVECOT = "/usr/sbin/dovecot"
POSTFIX = "/usr/sbin/postfix"


class TokenStub:
    """Answers Dovecot's question whether an access token is valid (RFC 7662, the GET form)."""

    def __init__(self, port: int) -> None:
        self.valid: dict[str, str] = {}
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
                answer = json.dumps({"active": token in stub.valid, "username": stub.valid.get(token, "")}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Dovecot:
    """`kill` ends it like a power cut; `start` brings it back with its mail."""

    folder: Path
    ports: MailPorts
    tokens: TokenStub
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        if self._process is not None:
            return
        with (self.folder / "start.log").open("ab") as log:
            argv = [DOVECOT, "-F", "-c", str(self.folder / "dovecot.conf")]
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(lambda: accepts(self.ports.imap), f"Dovecot listens, see {self.folder}")

    def kill(self) -> None:
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        (self.folder / "run" / "master.pid").unlink(missing_ok=True)
        wait_for(lambda: not accepts(self.ports.imap), "Dovecot is gone")

    def client(self, user: str) -> IMAP4:
        """An independent client, logged in, INBOX selected."""
        client = IMAP4("127.0.0.1", self.ports.imap)
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        client.select("INBOX")
        return client

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a folder, oldest first."""
        client = self.client(user)
        try:
            if client.select(folder, readonly=True)[0] != "OK":
                return []
            numbers = client.search(None, "ALL")[1][0].split()
            answers: list[Any] = [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers]
            return [answer[1] for answer in answers]
        finally:
            client.logout()

    def append(self, user: str, *mails: bytes) -> None:
        """Put mails straight into INBOX."""
        client = self.client(user)
        try:
            for mail in mails:
                assert client.append("INBOX", "", "", mail)[0] == "OK"
        finally:
            client.logout()

    def change_uid_validity(self, user: str) -> None:
        """As if the folder had been restored: every UID becomes meaningless. Needs a stopped server."""
        assert self._process is None
        maildir = self.folder / "mail" / user / "Maildir"
        uid_list = maildir / "dovecot-uidlist"
        head, _, rest = uid_list.read_text().partition("\n")
        words = [f"V{int(word[1:]) + 1000}" if word.startswith("V") else word for word in head.split(" ")]
        uid_list.write_text(" ".join(words) + "\n" + rest)
        for index in maildir.glob("dovecot.*index*"):
            index.unlink()


@dataclass
class Postfix:
    """Takes mail by SMTP on `port` and delivers it to Dovecot. `stop` refuses connections until `start`."""

    folder: Path
    port: int

    def start(self) -> None:
        self._control("start")
        wait_for(lambda: accepts(self.port), f"Postfix listens, see {self.folder}/postfix.log")

    def stop(self) -> None:
        self._control("abort")
        wait_for(lambda: not accepts(self.port), "Postfix is gone")

    def send(self, *mails: bytes, sender: str, recipient: str) -> None:
        """Hand mails over by SMTP, as a citizen's provider would."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
            for mail in mails:
                client.sendmail(sender, [recipient], mail)

    def _control(self, order: str) -> None:
        argv = [POSTFIX, "-c", str(self.folder / "etc"), order]
        done = subprocess.run(argv, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True, kw_only=True)
class MailPeers:
    dovecot: Dovecot
    postfix: Postfix
    ports: MailPorts
    tokens: TokenStub

    def address(self, user: str) -> str:
        return f"{user}@{DOMAIN}"


@pytest.fixture(scope="session")
def mail_servers() -> Iterator[MailPeers]:
    folder = Path(tempfile.mkdtemp(prefix="axd-mail-"))
    folder.chmod(0o755)
    ports = MailPorts(**{name: free_port() for name in MailPorts.__annotations__})
    tokens = TokenStub(ports.introspection)
    dovecot, postfix = _lay_out(folder, ports, tokens)
    try:
        dovecot.start()
        postfix.start()
        yield MailPeers(dovecot=dovecot, postfix=postfix, ports=ports, tokens=tokens)
    finally:
        postfix.stop()
        dovecot.kill()
        tokens.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def mail_peers(mail_servers: MailPeers) -> MailPeers:
    """The running servers, both up whatever the test before did to them."""
    mail_servers.dovecot.start()
    if not accepts(mail_servers.ports.smtp):
        mail_servers.postfix.start()
    return mail_servers


def _lay_out(folder: Path, ports: MailPorts, tokens: TokenStub) -> tuple[Dovecot, Postfix]:
    for program in (DOVECOT, POSTFIX, "/usr/lib/dovecot/imap", "/usr/lib/dovecot/lmtp"):
        if not Path(program).exists():
            pytest.fail(f"{program} is not installed; run: scripts/install-test-peers")
    certificate, key = _certificate(folder)
    account = pwd.getpwnam(mail_config.MAIL_USER)
    group = grp.getgrgid(account.pw_gid)
    for name in ("dovecot/run", "dovecot/state", "dovecot/mail", "postfix/etc", "postfix/queue", "postfix/data"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "dovecot/mail", account.pw_name, group.gr_name)
    shutil.chown(folder / "postfix/data", "postfix")
    etc = folder / "postfix" / "etc"
    files = {
        folder / "dovecot/dovecot.conf": mail_config.dovecot_config(
            folder / "dovecot", ports, certificate, key, account.pw_uid, account.pw_gid
        ),
        folder / "dovecot/oauth2.conf.ext": mail_config.oauth2_config(ports),
        etc / "main.cf": mail_config.postfix_main(folder / "postfix", ports, certificate, key),
        etc / "master.cf": mail_config.postfix_master(ports),
    }
    for path, text in files.items():
        path.write_text(text)
    return (
        Dovecot(folder=folder / "dovecot", ports=ports, tokens=tokens),
        Postfix(folder=folder / "postfix", port=ports.smtp),
    )


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for the loopback address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
    certificate = builder.sign(key, hashes.SHA256())
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(*paths)
    return paths
