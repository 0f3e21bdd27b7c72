"""Proof packages: what holds is said to hold, and whatever is done to one is found and named."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.audit import merkle, verify
from server.audit.chain import GENESIS, Entry, erase, seal
from server.audit.export import render_header, render_records
from server.audit.package import Sealed, digest_of, render_roots, write_container
from server.audit.sealing import Seal, seal_of, seal_payload
from server.domain.events import EventKind

AT = datetime(2026, 11, 24, 6, tzinfo=UTC)
CLOCK = "2026-11-24T06:00:00.000000Z"
PDF = b"%PDF-1.7\nreport\n%%EOF\n"


def chained(
    kinds: list[tuple[str, int | None, dict[str, Any]]], algorithm: str = "sha256"
) -> list[Entry]:
    """Return a chain with the root of session 7 recorded where ``session.sealed`` stands."""
    entries: list[Entry] = []
    for kind, session, data in kinds:
        if kind == EventKind.SESSION_SEALED:
            data = seal_payload(sealed_root(entries, algorithm).seal)
        entries.append(
            seal(
                entries[-1] if entries else None,
                at=CLOCK,
                kind=kind,
                session=session,
                actor="venue:1",
                data=data,
                salt=f"{len(entries):032x}",
                algorithm=algorithm,
            )
        )
    return entries


def sealed_root(entries: list[Entry], algorithm: str) -> Sealed:
    hashes = {e.sequence: e.hash for e in entries if e.session == 7}
    made: Seal = seal_of(7, "例会", AT, hashes=hashes, algorithm=algorithm)
    return Sealed("PH-2026-1124-07", made, hashes)


STORY: list[tuple[str, int | None, dict[str, Any]]] = [
    ("system.started", None, {}),
    ("session.opened", 7, {"roster": [1, 2]}),
    ("venue.connected", 7, {"venue_id": 1, "peer": "p"}),
    ("venue.connected", 8, {"venue_id": 9, "peer": "q"}),
    ("venue.head_count", 7, {"venue_id": 1, "count": 7}),
    ("session.closed", 7, {}),
    ("session.sealed", 7, {}),
    ("attendance.corrected", 7, {"venue_id": 1, "reason": "晚签到"}),
]


def build(folder: Path, entries: list[Entry], algorithm: str = "sha256") -> dict[str, bytes]:
    """Return the files of the package of session 7, the chain going on from the second event."""
    part = [e if e.session == 7 else erase(e) for e in entries[1:]]
    header = render_header(
        street="青禾街道",
        exported_at=AT,
        first=2,
        last=len(entries),
        previous=entries[0].hash,
        head=entries[-1].hash,
        chosen=[7],
    )
    root = sealed_root(entries[:6], algorithm)
    files = {
        "README.txt": b"read me",
        "events.jsonl": header + b"".join(render_records(part)),
        "roots.json": render_roots([root], all_paths=True),
        "PH-2026-1124-07.pdf": PDF,
    }
    pack(folder / "half.zip", files)
    told = [{"name": name, "sha256": digest_of(folder / name)} for name in files]
    made = seal(
        entries[-1],
        at=CLOCK,
        kind=EventKind.PROOF_MADE,
        session=None,
        actor="login:1",
        data={"sessions": [7], "files": told},
        salt="ee" * 16,
        algorithm=algorithm,
    )
    header = render_header(
        street="青禾街道",
        exported_at=AT,
        first=made.sequence,
        last=made.sequence,
        previous=made.previous,
        head=made.hash,
    )
    return files | {"made.jsonl": header + b"".join(render_records([made]))}


def pack(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path.parent / name).write_bytes(content)
    with path.open("wb") as out:
        write_container(out, [path.parent / name for name in files])
    return path


def outcome(path: Path, root: str | None = None) -> tuple[int | str, str] | None:
    """Return the first bad record or file with its code, None when the package holds."""
    try:
        verify.check_package(path, root=root)
    except verify.BrokenError as error:
        return error.sequence, error.code
    except verify.BrokenFileError as error:
        return error.name, error.code
    except verify.UnreadableError as error:
        return "", error.code
    return None


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_a_package_holds_and_is_an_archive_that_any_program_opens(
    tmp_path: Path, algorithm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = chained(STORY, algorithm)
    files = build(tmp_path, entries, algorithm)
    path = pack(tmp_path / "proof.zip", files)
    root = sealed_root(entries[:6], algorithm).seal.root
    assert outcome(path, root) is None
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(files)
        assert archive.read("PH-2026-1124-07.pdf") == PDF
    assert verify.main([str(path), "--lang", "zh", "--root", root]) == 0
    said = capsys.readouterr().out
    assert "没有改动" in said
    assert "1 场会的根值" in said
    assert "4 个文件" in said
    assert verify.main([str(path), "--root", "0" * 64]) == 1


def test_a_flipped_bit_is_found_wherever_it_is(tmp_path: Path) -> None:
    content = pack(tmp_path / "proof.zip", build(tmp_path, chained(STORY))).read_bytes()
    path = tmp_path / "flipped.zip"
    unseen = []
    # with the bits by turns, all over: headers, names, records, roots, report, directory
    for at in range(0, len(content), 3):
        flipped = bytearray(content)
        flipped[at] ^= 1 << at % 8
        path.write_bytes(flipped)
        named = outcome(path)
        if not verify.is_package(path) or named is None or named[0] == "":
            unseen.append(at)
    assert unseen == []


def test_every_length_that_is_cut_off_is_found(tmp_path: Path) -> None:
    content = pack(tmp_path / "proof.zip", build(tmp_path, chained(STORY))).read_bytes()
    path = tmp_path / "cut.zip"
    for length in range(3, len(content), 7):
        path.write_bytes(content[:length])
        assert outcome(path) is not None
    path.write_bytes(content + b"x")
    assert outcome(path) == ("cut.zip", "container")


Lines = list[bytes]


def rewritten(line: bytes, **fields: Any) -> bytes:
    return verify.canonical({**json.loads(line), **fields}) + b"\n"


def slipped_in(lines: Lines, number: int) -> None:
    """Insert an event that follows the one before it as a good one would."""
    told = json.loads(lines[number - 1]) if number > 1 else None
    before = chained(STORY)[0] if told is None else Entry(**told)
    made = seal(
        before,
        at=CLOCK,
        kind="venue.head_count",
        session=7,
        actor="venue:1",
        data={"venue_id": 1, "count": 99},
        salt="cc" * 16,
    )
    lines.insert(number, b"".join(render_records([made])))


CHANGES: dict[str, tuple[Callable[[Lines, int], Any], Callable[[int], int | str]]] = {
    "kind": (lambda lines, n: lines.__setitem__(n, rewritten(lines[n], kind="mute.all")), int),
    "time": (
        lambda lines, n: lines.__setitem__(
            n, rewritten(lines[n], at="2026-11-24T06:00:00.000001Z")
        ),
        int,
    ),
    "session": (lambda lines, n: lines.__setitem__(n, rewritten(lines[n], session=9)), int),
    "deleted": (lambda lines, n: lines.pop(n), int),
    "slipped in": (slipped_in, lambda n: n + 1),
    "repeated": (lambda lines, n: lines.insert(n, lines[n]), lambda n: n + 1),
    "swapped": (
        lambda lines, n: lines.insert(n - 1, lines.pop(n)) if n > 1 else lines.append(lines.pop(n)),
        lambda n: n - 1 if n > 1 else 1,
    ),
    "junk": (lambda lines, n: lines.__setitem__(n, b"junk\n"), int),
    "cut off": (lambda lines, n: lines.__delitem__(slice(n, None)), int),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("number", range(1, 8))
def test_what_is_done_to_an_event_is_found_and_the_event_named(
    tmp_path: Path, change: str, number: int
) -> None:
    files = build(tmp_path, chained(STORY))
    lines = files["events.jsonl"].splitlines(keepends=True)
    do, named = CHANGES[change]
    do(lines, number)
    path = pack(tmp_path / "forged.zip", files | {"events.jsonl": b"".join(lines)})
    found = outcome(path)
    assert found is not None
    assert found[0] == int(named(number)) + 1, found  # line 1 is event 2


@pytest.mark.parametrize("number", [1, 2, 4, 5, 7])
def test_a_body_that_was_changed_or_taken_away_is_found(tmp_path: Path, number: int) -> None:
    files = build(tmp_path, chained(STORY))
    lines = files["events.jsonl"].splitlines(keepends=True)
    for fields, code in (
        ({"actor": "venue:2"}, "body_changed"),
        ({"actor": None, "data": None, "salt": None}, "erased_now"),
    ):
        changed = list(lines)
        changed[number] = rewritten(lines[number], **fields)
        path = pack(tmp_path / "forged.zip", files | {"events.jsonl": b"".join(changed)})
        assert outcome(path) == (number + 1, code)


def test_other_files_that_were_exchanged_added_or_taken_away_are_named(tmp_path: Path) -> None:
    files = build(tmp_path, chained(STORY))
    for name in ("README.txt", "PH-2026-1124-07.pdf"):
        other = pack(tmp_path / "x.zip", files | {name: files[name] + b" "})
        assert outcome(other) == (name, "file_changed")
    more = pack(tmp_path / "x.zip", files | {"more.pdf": PDF})
    assert outcome(more) == ("more.pdf", "file_more")
    for name in files:
        left = {other: content for other, content in files.items() if other != name}
        assert outcome(pack(tmp_path / "x.zip", left)) == (name, "file_missing")


def test_a_root_or_a_path_that_was_changed_is_found(tmp_path: Path) -> None:
    files = build(tmp_path, chained(STORY))
    told = json.loads(files["roots.json"])
    wrong = json.loads(files["roots.json"])
    wrong["sessions"][0]["root"] = "0" * 64
    assert found_in(tmp_path, files, wrong) == ("roots.json", "root_wrong")
    for step in range(len(told["sessions"][0]["paths"])):
        wrong = json.loads(files["roots.json"])
        wrong["sessions"][0]["paths"][step]["path"][0] = "0" * 64
        sequence = wrong["sessions"][0]["paths"][step]["sequence"]
        assert found_in(tmp_path, files, wrong) == (sequence, "path_wrong")
    assert found_in(tmp_path, files, {"sessions": []}) == ("roots.json", "root_wrong")
    assert found_in(tmp_path, files, {"sessions": [{}]}) == ("roots.json", "file_form")
    assert found_in(tmp_path, files, []) == ("roots.json", "file_form")


def found_in(folder: Path, files: dict[str, bytes], roots: Any) -> tuple[int | str, str] | None:
    content = json.dumps(roots).encode()
    return outcome(pack(folder / "roots.zip", files | {"roots.json": content}))


def test_a_forger_who_makes_everything_anew_is_found_by_the_printed_root(tmp_path: Path) -> None:
    entries = chained(STORY)
    printed = sealed_root(entries[:6], "sha256").seal.root
    forged = chained([("system.started", None, {"x": 1}), *STORY[1:]])
    path = pack(tmp_path / "forged.zip", build(tmp_path, forged))
    assert outcome(path) is None
    assert outcome(path, printed) == (9, "root_not_found")


def test_an_event_slipped_in_before_the_root_is_found(tmp_path: Path) -> None:
    story = [*STORY[:5], ("venue.head_count", 7, {"venue_id": 1, "count": 9}), *STORY[5:]]
    honest, longer = chained(STORY), chained(story)
    # the root of the honest chain is kept, everything else is made to fit
    kept = honest[6].data
    sealed = seal(
        longer[6],
        at=CLOCK,
        kind=EventKind.SESSION_SEALED,
        session=7,
        actor="venue:1",
        data=kept or {},
        salt="aa" * 16,
    )
    path = tmp_path / "log.jsonl"
    entries = [*longer[:7], sealed]
    header = render_header(
        street="", exported_at=AT, first=1, last=8, previous=GENESIS, head=sealed.hash
    )
    path.write_bytes(header + b"".join(render_records(entries)))
    with pytest.raises(verify.BrokenError) as caught:
        verify.check(verify.from_export(path))
    assert (caught.value.sequence, caught.value.code) == (8, "root_wrong")


def test_every_path_leads_to_the_root() -> None:
    for size in (1, 2, 3, 7, 8, 13):
        hashes = [f"{n:064x}" for n in range(size)]
        every = merkle.proofs(hashes, range(size))
        assert list(every) == list(range(size))
        for index, path in every.items():
            root = merkle.root(hashes)
            assert verify.merkle_root(hashes, "sha256") == root
            assert verify.root_of_path(hashes[index], index, size, path, "sha256") == root
        with pytest.raises(IndexError):
            merkle.proofs(hashes, [size])


def test_the_headers_are_those_of_a_plain_archive() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("a.txt")
        info.external_attr, info.create_system = 0, 0
        archive.writestr(info, b"hello")
    content = buffer.getvalue()
    crc = zipfile.ZipFile(buffer).getinfo("a.txt").CRC
    start = verify.local_header(crc, 5, b"a.txt")
    assert content.startswith(start + b"hello")
    assert content.endswith(verify.end_of_package(1, 51, 40))
