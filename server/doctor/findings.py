"""What was found, and its sentence in either language.

The words stand here and not in the catalogues, which need libraries that may be missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How a finding stands: fine, to be minded, or in the way of a session."""

    OK = "OK"
    WARN = "WARN"
    BAD = "BAD"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``code`` is a key of ``WORDS``, ``params`` fill it."""

    level: Level
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


LEVELS = {Level.OK: ("正常", "good"), Level.WARN: ("提醒", "mind"), Level.BAD: ("要办", "mend")}
WORDS: dict[str, tuple[str, str]] = {
    "python_ok": ("Python {version}", "Python {version}"),
    "python_old": (
        "Python {version} 太旧，要 3.11 或更新。请装新的 Python 再建虚拟环境。",
        "Python {version} is too old: 3.11 or later is needed, with a new virtual environment.",
    ),
    "libraries_ok": ("{count} 个库都在", "All {count} libraries are there"),
    "libraries_missing": (
        "缺这些库：{names}。请在源码文件夹里运行 pip install -r requirements.lock",
        "Libraries are missing: {names}. Run pip install -r requirements.lock in the source folder",
    ),
    "web_ok": ("页面文件夹 {path}", "Folder of pages {path}"),
    "web_missing": (
        "缺页面文件夹 {path}。请在源码文件夹里运行，或用 PINHUI_WEB_DIR 指明 web。",
        "The folder of pages {path} is missing. Run from the source folder, or name its web folder "
        "in PINHUI_WEB_DIR.",
    ),
    "data_ok": ("数据文件夹 {path} 可写", "Data folder {path} can be written"),
    "data_bad": (
        "数据文件夹 {path} 写不进去（{reason}）。请换一个 --data-dir，或改它的主人和权限。",
        "The data folder {path} cannot be written ({reason}). Choose another --data-dir, or mend "
        "its owner and rights.",
    ),
    "disk_ok": ("磁盘还剩 {free} GB（{percent}%）", "{free} GB of disk are free ({percent}%)"),
    "disk_little": (
        "磁盘只剩 {free} GB（{percent}%）。低于 5% 会停录像，考勤照记。请清理旧录像。",
        "Only {free} GB of disk are free ({percent}%). Recording stops below 5%; attendance goes "
        "on. Remove old recordings.",
    ),
    "disk_full": (
        "磁盘快满了，只剩 {free} GB（{percent}%）。请马上清理。",
        "The disk is nearly full: {free} GB are free ({percent}%). Make room now.",
    ),
    "database_ok": ("数据库能打开，版本 {release}", "The database opens, schema {release}"),
    "database_new": (
        "还没有数据库，第一次启动时会自己建好。",
        "There is no database yet; the first start makes it.",
    ),
    "database_older": (
        "数据库是旧版本 {current}，启动时会升级到 {release}。请先备份。",
        "The database has the older schema {current}; the next start brings it to {release}. "
        "Back it up first.",
    ),
    "database_away": (
        "数据库打不开（{reason}）。请看 database_url 对不对、数据库开着没有。",
        "The database does not open ({reason}). Check database_url and whether it is running.",
    ),
    "port_free": ("{kind} 端口 {port} 空着", "{kind} port {port} is free"),
    "port_ours": ("{kind} 端口 {port} 是拼会自己在用", "{kind} port {port}: Pinhui itself has it"),
    "port_any": ("{kind} 端口由系统挑", "{kind} port: the system chooses"),
    "port_taken": (
        "{kind} 端口 {port} 被别的程序占着。请关掉它，或换一个端口。",
        "{kind} port {port} is taken by another program. Stop it, or choose another port.",
    ),
    "port_refused": (
        "{kind} 端口 {port} 不让用（{reason}）。1024 以下的端口要管理员权限；地址要是本机的。",
        "{kind} port {port} cannot be used ({reason}). Ports below 1024 need root; the address "
        "must be this computer's.",
    ),
    "fonts_ok": ("中文字体（宋体、黑体）齐全", "Chinese fonts, serif and sans, are there"),
    "fonts_missing": (
        "缺中文字体 {names}，PDF 会印成方块。请运行 apt install fonts-noto-cjk",
        "Chinese fonts are missing: {names}. PDFs would show boxes. Run apt install fonts-noto-cjk",
    ),
    "pango_ok": ("PDF 排版库 Pango", "Pango for PDF"),
    "pango_missing": (
        "缺 {names}，出不了 PDF 报告。请运行 apt install libpango-1.0-0 libpangoft2-1.0-0 "
        "libharfbuzz-subset0",
        "{names} missing: no PDF reports. Run apt install libpango-1.0-0 libpangoft2-1.0-0 "
        "libharfbuzz-subset0",
    ),
    "office_ok": (
        "LibreOffice 在（{path}），Word、Excel、PPT 材料能直接看",
        "LibreOffice is there ({path}): office documents are shown in sessions",
    ),
    "office_off": (
        "没有装 LibreOffice：Word、Excel、PPT 材料只能下载看，PDF 和图片照常。要直接看请运行 "
        "apt install libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui",
        "LibreOffice is not installed: office documents can only be downloaded, PDFs and pictures "
        "are shown as ever. To see them, run apt install libreoffice-writer-nogui "
        "libreoffice-calc-nogui libreoffice-impress-nogui",
    ),
    "office_wrong": (
        "设置 office_program 指的 {path} 不是能运行的程序，Word、Excel、PPT 材料打不开",
        "The setting office_program names {path}, which is no program that can be run: office "
        "documents cannot be shown",
    ),
    "core_c": ("音视频包走 C 核", "Sound and picture take the core in C"),
    "core_python": (
        "音视频包走 Python 核（按设置）",
        "Sound and picture take the core in Python, as set",
    ),
    "core_away": (
        "C 核用不了（{reason}），音视频包走 Python 核，多费处理器。请装 gcc 和 python3-dev，"
        "再运行 python -m server.media.core.build",
        "The core in C cannot be used ({reason}): the one in Python takes more of the processor. "
        "Install gcc and python3-dev, then run python -m server.media.core.build",
    ),
    "core_unheard_of": (
        "设置 media_core 不能是 {core}，只能是 auto、python 或 c",
        "The setting media_core cannot be {core}: auto, python or c",
    ),
    "certificate_ok": ("证书还有 {days} 天", "The certificate has {days} days left"),
    "certificate_soon": (
        "证书还有 {days} 天到期。请运行 pinhui cert，再重新启动服务。",
        "The certificate ends in {days} days. Run pinhui cert, then restart the server.",
    ),
    "certificate_over": (
        "证书已过期，会场开不了摄像头。请运行 pinhui cert，再重新启动服务。",
        "The certificate has ended: venues get no camera. Run pinhui cert, then restart.",
    ),
    "certificate_bad": (
        "证书 {path} 读不了（{reason}）。请运行 pinhui cert --renew",
        "The certificate {path} cannot be read ({reason}). Run pinhui cert --renew",
    ),
    "certificate_local": (
        "没有证书，只能在本机打开。给会场用要先运行 pinhui cert",
        "No certificate: pages open on this computer only. For venues, run pinhui cert first",
    ),
    "certificate_needed": (
        "在 {host} 上开放要有证书。请运行 pinhui cert",
        "Serving on {host} needs a certificate. Run pinhui cert",
    ),
    "mail_off": (
        "没有设邮件服务器，信件攒着不发（要发请设 mail_host）",
        "No mail server is set: letters wait (to send them, set mail_host)",
    ),
    "mail_ok": ("邮件服务器 {host}:{port} 连得上", "The mail server {host}:{port} answers"),
    "mail_open": (
        "邮件服务器 {host}:{port} 连得上，但密码不加密就过网。请设 mail_security 为 starttls "
        "或 tls",
        "The mail server {host}:{port} answers, but the password crosses the network in the clear. "
        "Set mail_security to starttls or tls",
    ),
    "mail_away": (
        "邮件服务器 {host}:{port} 用不了（{reason}）。信件攒着，通了再发。请看 mail_host、"
        "mail_port、mail_security、mail_user、mail_password。",
        "The mail server {host}:{port} cannot be used ({reason}). Letters wait until it can. Check "
        "mail_host, mail_port, mail_security, mail_user, mail_password.",
    ),
    "mail_wrong": (
        "邮件设置不对：{reason}",
        "The settings of mail cannot be meant: {reason}",
    ),
    "imap_ok": (
        "收回信的邮箱 {host}:{port} 打得开（{folder}）",
        "The mailbox for answers at {host}:{port} opens ({folder})",
    ),
    "imap_open": (
        "收回信的邮箱 {host}:{port} 打得开，但密码不加密就过网。请设 imap_security 为 tls 或 "
        "starttls",
        "The mailbox for answers at {host}:{port} opens, but the password crosses the network in "
        "the clear. Set imap_security to tls or starttls",
    ),
    "imap_away": (
        "收回信的邮箱 {host}:{port} 打不开（{reason}）。会前的答复先不读，通了再读。请看 "
        "imap_host、imap_port、imap_security、imap_user、imap_password、imap_folder。",
        "The mailbox for answers at {host}:{port} cannot be opened ({reason}). Answers are read "
        "once it can. Check imap_host, imap_port, imap_security, imap_user, imap_password, "
        "imap_folder.",
    ),
    "clock_ok": ("时间 {time}（{zone}）", "Time {time} ({zone})"),
    "backup_made": (
        "最近一份备份是 {days} 天前的；每晚 02:30 自动做，或运行 pinhui backup",
        "The newest backup is {days} days old; one is made at 02:30, or by pinhui backup",
    ),
    "backup_none": (
        "还没有备份：服务开着，夜里 02:30 会做；也可以现在运行 pinhui backup",
        "No backup yet: a running server makes one at 02:30, or run pinhui backup now",
    ),
    "backup_off": (
        "没有备份，也没有设自动备份（keep_backups 是 0）。请运行 pinhui backup",
        "No backup, and none is made by itself (keep_backups is 0). Run pinhui backup",
    ),
    "clock_wrong": (
        "电脑的时间是 {time}，不对。请对时，否则考勤和证书都会错。",
        "The clock says {time}, which cannot be. Set it, or attendance and certificates go wrong.",
    ),
    "zone_missing": (
        "没有时区数据 {zone}。请运行 pip install tzdata",
        "No data for the time zone {zone}. Run pip install tzdata",
    ),
}


def choose_language(told: str | None, environment: Mapping[str, str]) -> str:
    """Return ``zh`` or ``en``: what was told, else English only where the locale asks for it."""
    if told:
        return told
    names = (environment.get(n, "") for n in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "en" if next((name for name in names if name), "").lower().startswith("en") else "zh"


def sentence_of(finding: Finding, language: str) -> str:
    """Return a finding as one line: its level in brackets, then what it is and what to do."""
    place = 0 if language == "zh" else 1
    return f"[{LEVELS[finding.level][place]}] " + WORDS[finding.code][place].format(
        **finding.params
    )
