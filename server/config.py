"""The frozen settings of one run: a TOML file, the environment for secrets and paths, the command.

Read once at the start and printed with secrets hidden. No feature reads settings by itself: what it
needs is handed to it by ``app``.
"""

import os
import secrets
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from server.audit.retention import Policy, check_policy
from server.backup.archive import Places
from server.domain.errors import DomainError
from server.mail.model import (
    MAILBOX_PORTS,
    PORTS,
    Mailbox,
    MailServer,
    check_mailbox,
    check_server,
)

SECRET_BYTES = 32
_CHECKOUT = Path(__file__).parent.parent


class CannotStartError(Exception):
    """Something that only a person at the server can put right; one line a language, for them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set.

    Attributes:
        data_dir: where the database, the secret and the worker's socket live.
        database_url: ``sqlite:///…`` or ``postgresql://…``; empty means SQLite in ``data_dir``.
        web_dir: the folder with ``templates`` and ``static``.
        host: address to serve on; loopback unless told otherwise.
        port: TCP port of the pages.
        media_port: UDP port of the media worker; 0 lets the system choose.
        media_core: what carries the packets: ``python``, ``c``, or ``auto`` for C where it was
            built and passes its test, else Python.
        announce: addresses told to clients; empty means every local address.
        certificate: PEM file of the server certificate; empty means the one that ``pinhui cert``
            put into ``data_dir``, or plain HTTP (loopback only) when there is none.
        key: PEM file of its key; empty means that it stands in the certificate's file.
        language: in which letters are written, ``zh_CN`` or ``en``.
        mail_host: the SMTP server that takes our letters; empty means that letters wait.
        mail_port: its TCP port; 0 means the usual one.
        mail_security: ``starttls``, ``tls`` from the first byte, or ``none``.
        mail_user: who signs in there; empty for nobody.
        mail_password: with what.
        mail_from: the address letters come from.
        mail_authority: PEM file of the CA of the mail server's certificate, and of the IMAP
            server's; empty means those the system trusts.
        imap_host: the IMAP server with the mailbox that answers to invitations come to; empty
            means that only the mail server hands them in.
        imap_port: its TCP port; 0 means the usual one.
        imap_security: ``tls`` from the first byte, ``starttls``, or ``none``.
        imap_user: who signs in there; empty means ``mail_user``.
        imap_password: with what; empty means ``mail_password``.
        imap_folder: which folder is read.
        address: under which people open the pages, for letters to send them to, such as
            ``https://pinhui.street.test:8080``; empty means by the certificate's first name.
        audit_algorithm: what new events of the log are hashed with, ``sha256`` or ``sm3``.
        keep_security_days: how many days the content of sign-ins is kept in the log, at least 183;
            0 means for ever.
        keep_attendance_days: the same of sessions and attendance, 1827 are five years.
        letter_days: how many days a letter's words and files are kept after it was sent; what is
            kept for good is that it was. 0 means for ever.
        office_program: LibreOffice's ``soffice``, which turns office documents into PDF; empty
            means where it is installed.
        recordings_dir: where recordings lie, by year, month and session; empty means
            ``recordings`` in ``data_dir``.
        recording_scope: what of a session is recorded unless the chair says otherwise:
            ``programme``, ``everything``, ``venues`` or ``sound``.
        keep_recordings_days: how many days a recording is kept before it is proposed for deletion,
            which somebody signs; 0 means for ever.
        keep_videos_days: the same of experience videos, counted from when they became public.
        backup_dir: where the nightly backups lie; empty means ``backups`` in ``data_dir``. Another
            disk is better.
        keep_backups: how many of them are kept; 0 means that none are made by themselves.
        backup_recordings: whether recordings are part of a backup; experience videos always are.
    """

    data_dir: Path = Path("data")
    database_url: str = ""
    web_dir: Path = _CHECKOUT / "web"
    host: str = "127.0.0.1"
    port: int = 8080
    media_port: int = 8443
    media_core: str = "auto"
    announce: tuple[str, ...] = ()
    certificate: str = ""
    key: str = ""
    language: str = "zh_CN"
    mail_host: str = ""
    mail_port: int = 0
    mail_security: str = "starttls"
    mail_user: str = ""
    mail_password: str = ""
    mail_from: str = ""
    mail_authority: str = ""
    imap_host: str = ""
    imap_port: int = 0
    imap_security: str = "tls"
    imap_user: str = ""
    imap_password: str = ""
    imap_folder: str = "INBOX"
    address: str = ""
    audit_algorithm: str = "sha256"
    keep_security_days: int = 183
    keep_attendance_days: int = 1827
    letter_days: int = 90
    office_program: str = ""
    recordings_dir: str = ""
    recording_scope: str = "programme"
    keep_recordings_days: int = 90
    keep_videos_days: int = 1095
    backup_dir: str = ""
    keep_backups: int = 7
    backup_recordings: bool = False

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'pinhui.db'}"

    @property
    def policy(self) -> Policy:
        """How long the bodies of events are kept.

        Raises:
            ValueError: when something would be kept for less than it must be.
        """
        return check_policy(Policy(self.keep_security_days, self.keep_attendance_days))

    @property
    def recordings(self) -> Path:
        """The folder of all recordings."""
        folder = Path(self.recordings_dir) if self.recordings_dir else self.data_dir / "recordings"
        return folder.absolute()

    @property
    def places(self) -> Places:
        """What a backup holds, and where it goes."""
        folder = Path(self.backup_dir) if self.backup_dir else self.data_dir / "backups"
        return Places(self.data_dir.absolute(), self.database, self.recordings, folder.absolute())

    @property
    def mail_server(self) -> MailServer | None:
        """The mail server that is set, or None.

        Raises:
            ValueError: when what is said of it cannot be meant.
        """
        if not self.mail_host:
            return None
        try:
            return check_server(
                MailServer(
                    host=self.mail_host,
                    port=self.mail_port or PORTS.get(self.mail_security, 0),
                    security=self.mail_security,
                    user=self.mail_user,
                    password=self.mail_password,
                    sender=self.mail_from,
                    authority=self.mail_authority,
                )
            )
        except DomainError as error:
            raise ValueError(f"mail_from is not an e-mail address: {self.mail_from!r}") from error

    @property
    def mailbox(self) -> Mailbox | None:
        """The mailbox that answers come to, or None when none is set.

        Raises:
            ValueError: when what is said of it cannot be meant.
        """
        if not self.imap_host:
            return None
        return check_mailbox(
            Mailbox(
                host=self.imap_host,
                port=self.imap_port or MAILBOX_PORTS.get(self.imap_security, 0),
                security=self.imap_security,
                user=self.imap_user or self.mail_user,
                password=self.imap_password or self.mail_password,
                folder=self.imap_folder,
                authority=self.mail_authority,
            )
        )


def _coerced(name: str, value: Any) -> Any:
    kinds = {field.name: field.type for field in fields(Settings)}
    if name not in kinds:
        raise ValueError(f"unknown setting: {name}")
    kind = kinds[name]
    if kind is Path:
        return Path(value)
    if kind is int:
        return int(value)
    if kind is bool:
        return _yes_or_no(name, value)
    if kind == tuple[str, ...]:
        return tuple(value.split(",")) if isinstance(value, str) else tuple(value)
    return str(value)


def _yes_or_no(name: str, value: Any) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    said = words.get(str(value).lower())
    if said is None:
        raise ValueError(f"{name} is true or false, not {value!r}")
    return said


def read_settings(
    file: Path | None, environment: Mapping[str, str] = os.environ, **told: Any
) -> Settings:
    """Return the settings: defaults, then the file, then ``PINHUI_*``, then the command's words.

    Args:
        file: a TOML file, or None.
        environment: ``PINHUI_DATABASE_URL`` sets ``database_url``, and so on.
        told: values from the command line; None means not told.

    Raises:
        ValueError: for a setting that does not exist or a value of the wrong kind.
    """
    values: dict[str, Any] = {}
    if file is not None:
        values |= tomllib.loads(file.read_text(encoding="utf-8"))
    for field in fields(Settings):
        if (found := environment.get(f"PINHUI_{field.name.upper()}")) is not None:
            values[field.name] = found
    values |= {name: value for name, value in told.items() if value is not None}
    return replace(Settings(), **{name: _coerced(name, value) for name, value in values.items()})


def find_office() -> str:
    """Return the path of LibreOffice on this computer, empty when it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice") or ""


def load_secret(data_dir: Path) -> bytes:
    """Return the installation's secret, made at the first start and readable by its owner only.

    Raises:
        CannotStartError: when the file is too short: links made from it could be guessed.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / "secret"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise CannotStartError(
            f"密钥文件 {path} 不完整。请从备份里恢复；没有备份就删掉它，再重新发会场链接。\n"
            f"The secret in {path} is not whole. Restore it from the backup; without one, delete "
            "it and hand out new venue links."
        )
    return secret
