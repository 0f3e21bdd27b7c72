import socket
import string
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import tls
from server.backup.model import name_of
from server.cli import main
from server.config import Settings
from server.db.migrate import standing, upgrade
from server.doctor import examine, findings
from server.doctor.findings import Finding, Level
from tests.imap_server import imap_server
from tests.mail_servers import Inbox, smtp_thread
from tests.unit.media.cores import build_core

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_every_finding_has_its_words_with_the_same_blanks_in_both_languages() -> None:
    for code, sentences in findings.WORDS.items():
        blanks = [{b for _, b, _, _ in string.Formatter().parse(s) if b} for s in sentences]
        assert blanks[0] == blanks[1], code


def test_a_finding_reads_as_its_level_and_what_to_do() -> None:
    finding = Finding(Level.BAD, "port_taken", {"kind": "TCP", "port": 8080})
    assert findings.sentence_of(finding, "zh").startswith("[要办] TCP 端口 8080 被别的程序占着")
    assert findings.sentence_of(finding, "en").startswith("[mend] TCP port 8080 is taken")


@pytest.mark.parametrize(
    ("told", "environment", "language"),
    [
        (None, {}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LANG": "C.UTF-8"}, "zh"),
        (None, {"LANG": "en_GB.UTF-8"}, "en"),
        (None, {"LC_ALL": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_english_is_spoken_where_the_locale_asks_for_it(
    told: str | None, environment: dict[str, str], language: str
) -> None:
    assert findings.choose_language(told, environment) == language


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 10, 12), Level.BAD), ((3, 11, 0), Level.OK), ((3, 13, 1), Level.OK), ((2, 7), Level.BAD)],
)
def test_python_must_be_new_enough(version: tuple[int, ...], level: Level) -> None:
    assert examine.judge_python(version).level is level


def test_missing_libraries_are_named() -> None:
    assert examine.judge_libraries(examine.LIBRARIES).level is Level.OK
    finding = examine.judge_libraries(["aiohttp", "no_such_library"])
    assert finding.level is Level.BAD
    assert finding.params["names"] == "no_such_library"


def test_the_list_of_libraries_is_that_of_the_package() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    wanted = {d.split("[")[0].split("=")[0].split(">")[0].lower() for d in project["dependencies"]}
    modules = {"argon2-cffi": "argon2", "chinesecalendar": "chinese_calendar", "pillow": "PIL"}
    modules["python-calamine"] = "python_calamine"
    assert {modules.get(w, w) for w in wanted} - {"tzdata"} <= set(examine.LIBRARIES)


def test_pages_that_are_not_there_are_missed(tmp_path: Path, settings: Settings) -> None:
    assert examine.judge_web(settings.web_dir).level is Level.OK
    assert examine.judge_web(tmp_path).code == "web_missing"


def test_a_data_folder_is_tried_and_not_made(tmp_path: Path) -> None:
    assert examine.judge_data(tmp_path / "a" / "b").level is Level.OK
    assert list(tmp_path.iterdir()) == []
    file = tmp_path / "file"
    file.write_text("")
    assert examine.judge_data(file / "below").code == "data_bad"


@pytest.mark.parametrize(
    ("free", "level"), [(4, Level.BAD), (5, Level.WARN), (14, Level.WARN), (15, Level.OK)]
)
def test_a_disk_warns_below_15_percent_and_is_bad_below_5(free: int, level: Level) -> None:
    assert examine.judge_disk(free * 10**9, 100 * 10**9).level is level


def test_an_empty_disk_has_no_share(settings: Settings) -> None:
    assert examine.judge_disk(0, 0).level is Level.BAD


def test_a_database_is_new_then_older_then_up_to_date(settings: Settings) -> None:
    assert examine.probe_database(settings.database).code == "database_new"
    assert not settings.data_dir.exists()
    settings.data_dir.mkdir()
    upgrade(settings.database, "0001")
    assert examine.probe_database(settings.database).code == "database_older"
    upgrade(settings.database)
    assert examine.probe_database(settings.database).code == "database_ok"
    current, release = standing(settings.database)
    assert current == release


def test_a_database_that_cannot_be_reached_is_said_with_the_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    for url in (f"sqlite:///{broken}", "postgresql://nobody@127.0.0.1:1/none", "mysql://x/y"):
        finding = examine.probe_database(url)
        assert finding.code == "database_away"
        assert finding.params["reason"]


def test_a_port_is_free_ours_or_taken(taken: int) -> None:
    assert examine.probe_port("TCP", "127.0.0.1", 0, lambda: False).code == "port_any"
    assert examine.probe_port("TCP", "127.0.0.1", taken, lambda: True).code == "port_ours"
    assert examine.probe_port("TCP", "127.0.0.1", taken, lambda: False).code == "port_taken"
    assert examine.probe_port("UDP", "127.0.0.1", taken, lambda: False).code == "port_free"
    assert examine.probe_port("TCP", "192.0.2.1", taken, lambda: False).code == "port_refused"


def test_a_udp_port_taken_on_one_address_is_taken() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        every = "0.0.0.0"  # noqa: S104 - as the media worker takes it
        assert examine.probe_port("UDP", every, port, lambda: False).code == "port_taken"


def test_a_stranger_on_the_port_is_not_taken_for_ourselves(taken: int, tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        assert not examine.pages_answer("127.0.0.1", silent.getsockname()[1])
    assert not examine.worker_answers(tmp_path)


def test_a_worker_that_listens_is_ours_and_a_socket_left_behind_is_not(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as worker:
        worker.bind(str(run / "worker-0.sock"))
        assert not examine.worker_answers(tmp_path)
        worker.listen(1)
        assert examine.worker_answers(tmp_path)
    assert not examine.worker_answers(tmp_path)


def test_the_packet_core_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    build_core()
    assert examine.probe_core("auto").code == "core_c"
    assert examine.probe_core("python").code == "core_python"
    assert examine.probe_core("rust").level is Level.BAD
    monkeypatch.setattr("server.media.core.choice.fingerprint", lambda: "others")
    assert examine.probe_core("auto").level is Level.WARN
    assert examine.probe_core("c").level is Level.BAD


def test_both_chinese_faces_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "opentype").mkdir()
    (tmp_path / "opentype" / "NotoSansCJK-Regular.ttc").write_text("")
    finding = examine.judge_fonts([tmp_path, tmp_path / "missing"])
    assert finding.params["names"] == "Noto Serif CJK"
    (tmp_path / "NotoSerifCJK-Bold.ttc").write_text("")
    assert examine.judge_fonts([tmp_path]).level is Level.OK


def test_missing_libraries_of_pdf_are_named() -> None:
    assert examine.judge_pango(["libc.so.6"]).level is Level.OK
    assert examine.judge_pango(["libc.so.6", "libnone.so.0"]).params["names"] == "libnone.so.0"


def test_libreoffice_may_be_missing_but_what_is_set_must_run(tmp_path: Path) -> None:
    assert examine.judge_office("", "").code == "office_off"
    assert examine.judge_office("", "/usr/bin/soffice").code == "office_ok"
    assert examine.judge_office(sys.executable, "").params["path"] == sys.executable
    wrong = examine.judge_office(str(tmp_path / "none"), "/usr/bin/soffice")
    assert (wrong.level, wrong.code) == (Level.WARN, "office_wrong")


@pytest.mark.parametrize(
    ("days", "level"), [(-1, Level.BAD), (0, Level.WARN), (30, Level.WARN), (31, Level.OK)]
)
def test_a_certificate_warns_a_month_before_its_end(days: int, level: Level) -> None:
    assert examine.judge_days(days).level is level


def test_the_certificate_that_would_be_served_is_read(settings: Settings) -> None:
    def found(told: Settings, *, is_local: bool = False) -> str:
        return examine.probe_certificate(told, NOW, is_local=is_local).code

    assert found(settings, is_local=True) == "certificate_local"
    assert found(settings) == "certificate_needed"
    tls.issue(settings.data_dir, ["localhost"], NOW, renew=False)
    assert found(settings) == "certificate_ok"
    broken = settings.data_dir / "broken.pem"
    broken.write_text("")
    assert found(replace(settings, certificate=str(broken))) == "certificate_bad"
    assert found(replace(settings, certificate="/nowhere.pem")) == "certificate_bad"


def test_the_age_of_the_newest_backup_is_told() -> None:
    names = [name_of(NOW - timedelta(days=age)) for age in (9, 1, 4)]
    assert examine.judge_backups(names, 7, NOW) == Finding(Level.OK, "backup_made", {"days": 1})
    late = examine.judge_backups(names[:1], 7, NOW)
    assert (late.level, late.params) == (Level.WARN, {"days": 9})
    assert examine.judge_backups(["notes.txt"], 7, NOW).code == "backup_none"
    assert examine.judge_backups([], 0, NOW).code == "backup_off"


def test_a_clock_of_another_time_is_wrong() -> None:
    assert examine.judge_clock(NOW).params["time"] == "2026-11-24 12:00"
    assert examine.judge_clock(NOW - timedelta(days=365)).code == "clock_wrong"
    assert examine.judge_clock(NOW + timedelta(days=40 * 365)).code == "clock_wrong"
    assert examine.judge_clock(NOW, "Nowhere/None").code == "zone_missing"


def test_it_runs_where_no_library_is(tmp_path: Path) -> None:
    words = ["doctor", "--lang", "zh", "--data-dir", str(tmp_path), "--port", "0"]
    bare = subprocess.run(
        [sys.executable, "-S", "-m", "server", *words, "--media-port", "0"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert bare.returncode == 1
    assert "[要办] 缺这些库：aioice, aiohttp" in bare.stdout
    assert bare.stdout.count("[") == 15
    assert bare.stderr == ""


def test_the_command_says_all_of_it_and_ends_with_0_or_1(
    tmp_path: Path, taken: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["doctor", "--data-dir", str(tmp_path), "--media-port", "0"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = str(probe.getsockname()[1])
    assert main([*words, "--lang", "zh", "--port", free]) == 0
    said = capsys.readouterr().out
    assert "可以启动" in said
    assert said.count("[") == 15
    monkeypatch.setenv("PINHUI_WEB_DIR", str(tmp_path / "web"))
    assert main([*words, "--lang", "en", "--port", free]) == 1
    said = capsys.readouterr().out
    assert "The folder of pages" in said
    assert "1 to mend" in said


@pytest.fixture
def mail_port() -> Iterator[int]:
    with smtp_thread(Inbox()) as server:
        yield server.port


def test_a_mail_server_is_tried_and_its_words_are_told(settings: Settings, mail_port: int) -> None:
    assert examine.probe_mail(settings).code == "mail_off"
    mail = replace(
        settings,
        mail_host="127.0.0.1",
        mail_port=mail_port,
        mail_security="none",
        mail_from="pinhui@street.test",
    )
    assert examine.probe_mail(mail).code == "mail_ok"
    refused = examine.probe_mail(replace(mail, mail_security="starttls"))
    assert refused.code == "mail_away"
    assert "STARTTLS" in str(refused.params["reason"])


def test_a_mailbox_for_answers_is_opened_and_its_words_are_told(settings: Settings) -> None:
    assert examine.probe_mailbox(settings) is None
    with imap_server() as post:
        box = replace(
            settings,
            imap_host="127.0.0.1",
            imap_port=post.mailbox.port,
            imap_security="none",
            imap_user=post.mailbox.user,
            imap_password=post.mailbox.password,
        )
        found = [
            examine.probe_mailbox(box),
            examine.probe_mailbox(replace(box, imap_password="wrong")),
            examine.probe_mailbox(replace(box, imap_folder="None")),
            examine.probe_mailbox(replace(box, imap_security="ssl")),
            examine.probe_mailbox(replace(box, imap_port=1)),
        ]
    codes = [finding.code for finding in found if finding is not None]
    assert codes == ["imap_open", "imap_away", "imap_away", "mail_wrong", "imap_away"]


def test_a_mail_server_that_is_away_or_ill_described_is_bad(settings: Settings, taken: int) -> None:
    mail = replace(settings, mail_host="127.0.0.1", mail_from="pinhui@street.test")
    assert examine.probe_mail(replace(mail, mail_port=1)).code == "mail_away"
    assert examine.probe_mail(replace(mail, mail_from="")).code == "mail_wrong"
    assert examine.probe_mail(replace(mail, mail_from="pinhui")).code == "mail_wrong"
    assert examine.probe_mail(replace(mail, mail_security="ssl")).code == "mail_wrong"
