#!/usr/bin/env python3
"""Check a Pinhui audit log for changes, on any computer with Python 3.8 or later and nothing else.

    python3 verify.py EXPORT.jsonl [--head HASH] [--lang zh|en]

Reads an exported log, or the SQLite database itself without writing to it. This one file needs
no other; it does again, by itself, what docs/audit-format.md defines. Status 0: nothing was
changed. 1: something was, and the first record in question is named. 2: the file cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import locale
import os
import re
import sqlite3
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple  # noqa: UP035 - Python 3.8

GENESIS = "0" * 64
LARGEST = 2**53 - 1
DEEPEST = 32
HEADER = ("format", "exported_at", "street", "first", "last", "previous", "head", "bodies")
FIELDS = ("version", "sequence", "at", "kind", "session", "algorithm", "previous", "body", "hash")
BODY = ("actor", "data", "salt")

WORDS = {
    "zh": {
        "holds": "没有改动。{counted:,} 条记录一条不少，首尾相扣（第 {first:,} 到 {last:,} 条）。",
        "head": "最后一条的校验值：{head}",
        "head_at": "报告上的校验值就是第 {at:,} 条的校验值，之后又加了 {more:,} 条。",
        "erased": "其中 {erased:,} 条的内容已按规定删除，只留校验值，不影响校验。",
        "withheld": "这份导出不带内容，只能校验条数、次序和首尾相扣。",
        "partial": "这份导出从第 {first:,} 条开始，前面的记录不在其中。",
        "broken": "有改动。第一处在第 {sequence:,} 条：{why}",
        "malformed": "这一条的格式不对，不是系统写的样子。",
        "missing": "这一条不见了，后面接着的是第 {found:,} 条。",
        "out_of_order": "次序不对，这里出现的是第 {found:,} 条。",
        "broken_link": "它记的前一条校验值与前一条对不上：两条之中有一条换过。",
        "body_changed": "内容被改过：谁、做了什么，与当时的校验值对不上。",
        "hash_wrong": "时间、类别或别的栏目被改过，与这一条自己的校验值对不上。",
        "erased_without_account": "内容被删掉了，却没有一条删除记录说明谁删的、为什么。",
        "head_not_found": "找不到报告上的校验值：末尾的记录被截掉了，或者整条链重新做过。",
        "end_missing": "文件开头写明应有到第 {found:,} 条，末尾的记录不见了。",
        "head_row": "数据库里单独记着的末条校验值与最后一条对不上：末尾被截掉或换过。",
        "unreadable": "读不了这个文件：{why}",
        "no_file": "没有这个文件，或打不开",
        "not_export": "它不是拼会的审计记录导出文件，也不是拼会的数据库",
        "bad_head": "校验值应为 64 位十六进制数字",
    },
    "en": {
        "holds": "Nothing was changed. {counted:,} records, none missing, each linked to the one "
        "before ({first:,} to {last:,}).",
        "head": "Chain value of the last record: {head}",
        "head_at": "The value on the report is that of record {at:,}; {more:,} were added since.",
        "erased": "{erased:,} of them had their content erased by rule; its digest still fits.",
        "withheld": "This export holds no content: count, order and links can be checked only.",
        "partial": "This export begins at record {first:,}; what came before is not in it.",
        "broken": "Something was changed. It first shows at record {sequence:,}: {why}",
        "malformed": "it does not have the form in which records are written.",
        "missing": "it is not there; record {found:,} comes in its place.",
        "out_of_order": "the order is wrong; record {found:,} stands here.",
        "broken_link": "it does not follow on the record before it: one of the two was replaced.",
        "body_changed": "its content was changed: who or what no longer fits its digest.",
        "hash_wrong": "its time, kind or another field was changed: its own hash does not fit.",
        "erased_without_account": "its content was erased, and no record says by whom and why.",
        "head_not_found": "the value on the report is not here: the end was cut off, or the whole "
        "chain was made anew.",
        "end_missing": "the file's first line promises records up to {found:,}; the end is gone.",
        "head_row": "the last value kept apart in the database is not that of the last record: "
        "the end was cut off or replaced.",
        "unreadable": "This file cannot be read: {why}",
        "no_file": "it is not there or cannot be opened",
        "not_export": "it is neither an audit log exported by Pinhui nor a Pinhui database",
        "bad_head": "a chain value has 64 hexadecimal digits",
    },
}


class BrokenError(Exception):
    """The log was changed: ``sequence`` is the first record in question, ``code`` names how."""

    def __init__(self, sequence: int, code: str, found: int = 0) -> None:
        super().__init__(sequence, code, found)
        self.sequence, self.code, self.found = sequence, code, found


class UnreadableError(Exception):
    """The file cannot be read at all; ``code`` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Source(NamedTuple):
    """Where records come from: the header's words, and the records in stored order."""

    header: dict[str, Any]
    records: Iterable[dict[str, Any]]


class Result(NamedTuple):
    """What was found in a log that holds; ``head_at`` is 0 when no head was asked for."""

    counted: int
    first: int
    last: int
    head: str
    head_at: int
    erased: int


# --- digests and canonical JSON ---------------------------------------------------------------


def digest(algorithm: str, data: bytes) -> str:
    """Return the hexadecimal digest; SM3 is worked out here where this Python lacks it."""
    if algorithm == "sha256":
        return hashlib.sha256(data).hexdigest()
    try:
        return hashlib.new("sm3", data).hexdigest()
    except ValueError:
        return sm3(data)


def sm3(data: bytes) -> str:
    """Return the SM3 digest (GB/T 32905-2016 §5), slowly."""
    mask = 0xFFFFFFFF

    def turn(word: int, by: int) -> int:
        by %= 32
        return ((word << by) | (word >> (32 - by))) & mask

    state = [
        int("7380166f4914b2b9172442d7da8a0600a96f30bc163138aae38dee4db0fb0e4e"[i : i + 8], 16)
        for i in range(0, 64, 8)
    ]
    padded = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        w = [int.from_bytes(padded[start + i : start + i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15)
            w.append(x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            constant = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = turn((turn(a, 12) + e + turn(constant, j)) & mask, 7)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & mask & g)
            tt1 = (ff + d + (ss1 ^ turn(a, 12)) + (w[j] ^ w[j + 4])) & mask
            tt2 = (gg + h + ss1 + w[j]) & mask
            a, b, c, d = tt1, a, turn(b, 9), c
            e, f, g, h = tt2 ^ turn(tt2, 9) ^ turn(tt2, 17), e, turn(f, 19), g
        state = [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]  # noqa: B905 - strict= needs Python 3.10
    return "".join(f"{word:08x}" for word in state)


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of a value that ``is_plain`` allows."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def is_plain(value: Any, depth: int = 0) -> bool:
    """Tell whether the value has a canonical form."""
    if depth > DEEPEST:
        return False
    if isinstance(value, str):
        return not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, list):
        return all(is_plain(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return all(
            re.fullmatch("[a-z0-9_]{1,64}", key) and is_plain(item, depth + 1)
            for key, item in value.items()
        )
    return value is None or isinstance(value, bool) or is_number(value, -LARGEST, LARGEST)


def is_number(value: Any, least: int, most: int = LARGEST) -> bool:
    """Tell whether the value is a whole number within bounds; truth values are not."""
    return type(value) is int and least <= value <= most


def parse(text: str) -> Any:
    """Return the value of a JSON text in which no key stands twice; ValueError otherwise."""

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    try:
        return json.loads(text, object_pairs_hook=build)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


# --- the chain --------------------------------------------------------------------------------


def is_well_formed(record: Any) -> bool:
    """Tell whether a record has the form of the log, whatever its hashes say."""
    if not isinstance(record, dict) or set(record) != set(FIELDS + BODY):
        return False
    return (
        is_number(record["version"], 1, 1)
        and is_number(record["sequence"], 1)
        and is_moment(record["at"])
        and matches("[a-z]+[.][a-z_]+", record["kind"])
        and (record["session"] is None or is_number(record["session"], 0))
        and record["algorithm"] in ("sha256", "sm3")
        and all(matches("[0-9a-f]{64}", record[name]) for name in ("previous", "body", "hash"))
        and (is_erased(record) or has_body(record))
    )


def is_moment(text: Any) -> bool:
    """Tell whether the text is a moment in the log's form that the calendar knows."""
    if not matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z", text):
        return False
    try:
        datetime(*(int(part) for part in re.findall("[0-9]+", text)))  # type: ignore[arg-type]  # noqa: DTZ001 - only the form is looked at
    except ValueError:
        return False
    return True


def matches(pattern: str, text: Any) -> bool:
    """Tell whether the value is text of that pattern from end to end."""
    return isinstance(text, str) and re.fullmatch(pattern, text) is not None


def is_erased(record: dict[str, Any]) -> bool:
    """Tell whether only the digest of the body is left."""
    return all(record[name] is None for name in BODY)


def has_body(record: dict[str, Any]) -> bool:
    """Tell whether actor, data and salt are there in their form."""
    return (
        isinstance(record["actor"], str)
        and isinstance(record["data"], dict)
        and is_plain({"actor": record["actor"], "data": record["data"]})
        and matches("[0-9a-f]{32}", record["salt"])
    )


def check_record(record: Any, sequence: int, before: str) -> None:
    """Refuse a record that is not the ``sequence``-th, following on the hash ``before``."""
    if not is_well_formed(record):
        raise BrokenError(sequence, "malformed")
    found = record["sequence"]
    if found != sequence:
        raise BrokenError(sequence, "missing" if found > sequence else "out_of_order", found)
    if record["previous"] != before:
        raise BrokenError(sequence, "broken_link")
    algorithm = record["algorithm"]
    if not is_erased(record):
        body = canonical({name: record[name] for name in BODY})
        if digest(algorithm, b"pinhui-audit/1 body\n" + body) != record["body"]:
            raise BrokenError(sequence, "body_changed")
    fields = canonical({name: record[name] for name in FIELDS if name != "hash"})
    if digest(algorithm, b"pinhui-audit/1 event\n" + fields) != record["hash"]:
        raise BrokenError(sequence, "hash_wrong")


def check(source: Source, head: str | None = None) -> Result:
    """Return what a log that holds consists of; raise ``BrokenError`` at its first bad record."""
    header = source.header
    last, before = header["first"] - 1, header["previous"]
    erased: dict[int, None] = {}
    accounted: set[int] = set()
    head_at, count = (last if head == before else None), 0
    for record in source.records:
        check_record(record, last + 1, before)
        last, before, count = record["sequence"], record["hash"], count + 1
        if is_erased(record):
            erased[last] = None
        accounted.update(accounted_by(record))
        if before == head:
            head_at = last
    check_end(header, last, before)
    if header["bodies"] == "included":
        for sequence in erased:
            if sequence not in accounted:
                raise BrokenError(sequence, "erased_without_account")
    if head is not None and head_at is None:
        raise BrokenError(last + 1, "head_not_found")
    return Result(count, header["first"], last, before, head_at or 0, len(erased))


def accounted_by(record: dict[str, Any]) -> list[int]:
    """Return the sequences whose erasure this record gives account of."""
    if record["kind"] != "audit.erased" or record["data"] is None:
        return []
    named = record["data"].get("sequences")
    if not isinstance(named, list):
        return []
    return [number for number in named if is_number(number, 1, record["sequence"] - 1)]


def check_end(header: dict[str, Any], last: int, head: str) -> None:
    """Refuse a log that ends elsewhere than its own first line or head row says."""
    if "last" not in header:
        return
    if last < header["last"]:
        raise BrokenError(last + 1, header.get("end_code", "end_missing"), header["last"])
    if (last, head) != (header["last"], header["head"]):
        raise BrokenError(header["last"], header.get("end_code", "broken_link"))


# --- where records come from ------------------------------------------------------------------


def open_source(path: Path) -> Source:
    """Return the records of an export or of a database; raise ``UnreadableError``."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise UnreadableError("no_file") from error
    return from_database(path) if start == b"SQLite format 3\0" else from_export(path)


def from_export(path: Path) -> Source:
    """Return the records of an exported log, read line by line."""
    lines = read_lines(path)
    header = next(lines, None)
    if not (
        isinstance(header, dict)
        and set(header) == set(HEADER)
        and header["format"] == "pinhui-audit-export/1"
        and is_number(header["first"], 1)
        and is_number(header["last"], 0)
        and matches("[0-9a-f]{64}", header["previous"])
        and (header["first"] > 1 or header["previous"] == GENESIS)
        and header["bodies"] in ("included", "withheld")
    ):
        raise UnreadableError("not_export")
    return Source(header, lines)


def read_lines(path: Path) -> Iterator[Any]:
    """Yield the value of each line; a line that is not JSON yields None."""
    with path.open("rb") as file:
        for line in file:
            try:
                yield parse(line.decode("utf-8"))
            except ValueError:
                yield None


def from_database(path: Path) -> Source:
    """Return the records of a SQLite database, opened for reading only."""
    database = sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)
    try:
        database.execute("BEGIN")
        heads = database.execute("SELECT sequence, hash FROM audit_head").fetchall()
        rows = database.execute(
            "SELECT version, sequence, at, kind, session_id, algorithm, previous, body, hash,"
            " actor, data, salt FROM audit_events ORDER BY sequence"
        )
    except sqlite3.Error as error:
        database.close()
        raise UnreadableError("not_export") from error
    header: dict[str, Any] = {"first": 1, "previous": GENESIS, "bodies": "included"}
    last, head = heads[0] if len(heads) == 1 else (0, GENESIS)
    header.update(last=last, head=head, end_code="head_row")
    return Source(header, read_rows(database, rows))


def read_rows(database: sqlite3.Connection, rows: sqlite3.Cursor) -> Iterator[Any]:
    """Yield each row as a record, None where content is not JSON; then close the database."""
    try:
        for row in rows:
            record = dict(zip(FIELDS + BODY, row))  # noqa: B905 - strict= needs Python 3.10
            try:
                if record["data"] is not None:
                    record["data"] = parse(record["data"])
            except (TypeError, ValueError):
                yield None
            else:
                yield record
    finally:
        database.close()


# --- words ------------------------------------------------------------------------------------


def language() -> str:
    """Return ``zh`` or ``en`` as this computer is set."""
    names = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    name = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def sentences(header: dict[str, Any], result: Result, words: dict[str, str]) -> list[str]:
    """Return what is to be said of a log that holds."""
    said = [words["holds"], words["head"]]
    if result.head_at:
        said.append(words["head_at"])
    if header["bodies"] == "withheld":
        said.append(words["withheld"])
    elif result.erased:
        said.append(words["erased"])
    if result.first > 1:
        said.append(words["partial"])
    values = result._asdict()
    return [
        sentence.format(at=result.head_at, more=result.last - result.head_at, **values)
        for sentence in said
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this program's arguments to a parser."""
    parser.add_argument("file", type=Path, help="an exported log, or the SQLite database itself")
    parser.add_argument("--head", help="the chain value printed on a report (64 hex digits)")
    parser.add_argument(
        "--lang", choices=sorted(WORDS), default=None, help="language of the answer"
    )


def run(args: argparse.Namespace) -> int:
    """Check one file, print what was found, and return the exit status."""
    words = WORDS[args.lang or language()]
    head = args.head
    if head is not None:
        head = "".join(head.split()).lower()
        if not matches("[0-9a-f]{64}", head):
            print(words["unreadable"].format(why=words["bad_head"]), file=sys.stderr)
            return 2
    try:
        source = open_source(args.file)
        result = check(source, head)
    except UnreadableError as error:
        print(words["unreadable"].format(why=words[error.code]), file=sys.stderr)
        return 2
    except (OSError, sqlite3.Error) as error:
        print(words["unreadable"].format(why=error), file=sys.stderr)
        return 2
    except BrokenError as error:
        why = words[error.code].format(found=error.found)
        print(words["broken"].format(sequence=error.sequence, why=why))
        return 1
    print("\n".join(sentences(source.header, result, words)))
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the program on the words of the command line."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Check a Pinhui audit log.")
    add_arguments(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(main())
