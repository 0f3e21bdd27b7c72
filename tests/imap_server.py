"""A real IMAP server for tests: Dovecot with a mailbox of its own, started on free ports."""

import imaplib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from server.mail.model import Mailbox
from tests.ports import free_port

PASSWORD = "sesam öffne dich"
_CONF = """
base_dir = {folder}/run
protocols = imap
listen = 127.0.0.1
log_path = {folder}/log
ssl = {ssl}
{files}
disable_plaintext_auth = no
auth_mechanisms = plain
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/mail
}}
service imap-login {{
  {chroot}
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
service anvil {{
  {chroot}
}}
"""


@dataclass(frozen=True)
class Post:
    """The mailbox of a running server; letters are put into it as a mail server would."""

    mailbox: Mailbox
    tls_port: int

    def put(self, content: bytes, at: datetime, folder: str = "INBOX") -> None:
        """Deliver a letter, come at that time."""
        with self._line() as client:
            client.create(folder)
            kind, said = client.append(folder, "", at, content)
            assert kind == "OK", said

    def flags(self) -> list[bytes]:
        """Return what is marked of each letter."""
        with self._line() as client:
            client.select(readonly=True)
            _, said = client.fetch("1:*", "(FLAGS)")
        return [line for line in said if isinstance(line, bytes)]

    def number_anew(self) -> None:
        """Copy all letters to a fresh folder under the same name: every UID is another."""
        with self._line() as client:
            client.select()
            client.create("Kept")
            client.copy("1:*", "Kept")
            client.store("1:*", "+FLAGS", "\\Deleted")
            client.expunge()
            client.select("Kept")
            client.copy("1:*", "INBOX")

    def _line(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4(self.mailbox.host, self.mailbox.port)
        proof = f"\0{self.mailbox.user}\0{PASSWORD}".encode()
        client.authenticate("PLAIN", lambda _: proof)
        return client


@contextmanager
def imap_server(certificate: tuple[Path, Path] | None = None) -> Iterator[Post]:
    """Serve an empty mailbox for the length of the block.

    Args:
        certificate: certificate and key; None for a server without TLS.
    """
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.fail("Dovecot is missing: apt install dovecot-imapd")
    # paths of its sockets must be short, and the mailbox is read by a user who is not root
    folder = Path(tempfile.mkdtemp(prefix="imap-"))
    folder.chmod(0o755)
    plain, secure = free_port(), free_port()
    conf = folder / "dovecot.conf"
    conf.write_text(_conf(folder, plain, secure, certificate))
    server = subprocess.Popen([program, "-F", "-c", str(conf)])
    try:
        _wait_for(plain, folder / "log")
        mailbox = Mailbox("127.0.0.1", plain, "none", "answers@street.test", PASSWORD)
        yield Post(mailbox, secure)
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder)


def _conf(folder: Path, plain: int, secure: int, certificate: tuple[Path, Path] | None) -> str:
    own = pwd.getpwuid(os.geteuid()).pw_name
    root = os.geteuid() == 0
    mail = folder / "mail"
    mail.mkdir()
    if root:
        shutil.chown(mail, "nobody", "nogroup")
    (folder / "users").write_text(f"answers@street.test:{{PLAIN}}{PASSWORD}\n")
    (folder / "users").chmod(0o644)
    group = "dovecot" if root else str(os.getegid())
    return _CONF.format(
        folder=folder,
        ssl="yes" if certificate else "no",
        files="ssl_cert = <{}\nssl_key = <{}".format(*certificate) if certificate else "",
        internal="dovecot" if root else own,
        login="dovenull" if root else own,
        group=group,
        owner="nobody" if root else own,
        owner_group="nogroup" if root else group,
        # only root may change its root
        chroot="" if root else "chroot =",
        plain=plain,
        tls=secure if certificate else 0,
    )


def _wait_for(port: int, log: Path) -> None:
    for _ in range(1200):
        try:
            imaplib.IMAP4("127.0.0.1", port).logout()
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.05)
            continue
        return
    pytest.fail(f"Dovecot did not start: {log.read_text() if log.exists() else ''}")
