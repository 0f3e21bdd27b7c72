#!/usr/bin/env python3
"""Check a Pinhui audit log for changes, on any computer with Python 3.8 or later and nothing else.

    python3 verify.py FILE [--head HASH] [--root HASH] [--lang zh|en]

Reads an exported log, a proof package (.zip), or the SQLite database itself without writing to it.
This one file needs no other; it does again, by itself, what docs/audit-format.md defines. Status 0:
nothing was changed. 1: something was, and the first record or file in question is named. 2: the
file cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import locale
import os
import re
import sqlite3
import struct
import sys
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple  # noqa: UP035 - Python 3.8

GENESIS = "0" * 64
END_BYTES = 22  # of the end of a package's directory, as there is no comment
HEX64 = re.compile("[0-9a-f]{64}")
HEX32 = re.compile("[0-9a-f]{32}")
KIND = re.compile("[a-z]+[.][a-z_]+")
KEY = re.compile("[a-z0-9_]{1,64}")
MOMENT = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{6}Z"
)
FIELDS_TEXT = (
    '{"algorithm":"%(algorithm)s","at":"%(at)s","body":"%(body)s","kind":"%(kind)s",'
    '"previous":"%(previous)s","sequence":%(sequence)d,"session":%(session)s,"version":1}'
)
# A record as it is written, with a flat payload: most are, and need no parsing. Anything else is
# parsed. Fifteen digits are less than 2**53.
PLAIN = r'"[^"\\\x00-\x1f]*"'
SCALAR = PLAIN + "|-?[1-9][0-9]{0,14}|0|true|false|null"
MEMBER = '"[a-z0-9_]{1,64}":(?:' + SCALAR + ")"
LINE = re.compile(
    "{"
    f'"actor":({PLAIN}),"algorithm":"(sha256|sm3)","at":"({MOMENT.pattern})",'
    f'"body":"([0-9a-f]{{64}})","data":({{(?:{MEMBER}(?:,{MEMBER})*)?}}),"hash":"([0-9a-f]{{64}})",'
    '"kind":"([a-z]+[.][a-z_]+)","previous":"([0-9a-f]{64})","salt":"([0-9a-f]{32})",'
    '"sequence":([1-9][0-9]{0,14}),"session":(null|0|[1-9][0-9]{0,14}),"version":1}\n?'
)
KEYS = re.compile('"([a-z0-9_]{1,64})":')
PARSED = ("audit.erased", "session.sealed", "proof.made")  # kinds whose content is looked at
LARGEST = 2**53 - 1
DEEPEST = 32
HEADER = ("format", "exported_at", "street", "first", "last", "previous", "head", "bodies")
FIELDS = ("version", "sequence", "at", "kind", "session", "algorithm", "previous", "body", "hash")
BODY = ("actor", "data", "salt")
NAMES = {*FIELDS, *BODY}

WORDS = {
    "zh": {
        "holds": "没有改动。{counted:,} 条记录一条不少，首尾相扣（第 {first:,} 到 {last:,} 条）。",
        "head": "最后一条的校验值：{head}",
        "head_at": "报告上的校验值就是第 {at:,} 条的校验值，之后又加了 {more:,} 条。",
        "erased": "其中 {erased:,} 条的内容已按规定删除，只留校验值，不影响校验。",
        "chosen": "只带这几场会的内容，别的记录只有校验值。",
        "roots": "{roots:,} 场会的根值与记录算出的一样。",
        "root_at": "您给的根值是第 {root_at:,} 条记下的那场会的根值。",
        "package": "文件包里的 {files:,} 个文件与第 {made:,} 条记下的一样。"
        "这一条的校验值：{made_hash}",
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
        "root_wrong": "这场会的根值与它的记录算出的不一样：记录换过、少了或多了。",
        "root_not_found": "找不到您给的根值：这场会的记录换过，或者不在其中。",
        "path_wrong": "它到根值的路径不对。",
        "erased_now": "它的内容不在，可是做文件包的时候还在。",
        "broken_file": "有改动。文件包里的 {name}：{why}",
        "container": "文件包的结构被动过。",
        "crc": "内容与文件包自己的校验码对不上。",
        "file_changed": "内容与做文件包时记下的 SHA-256 对不上。",
        "file_missing": "少了这个文件。",
        "file_more": "多了这个文件。",
        "not_made": "它不是做文件包时写下的那一条记录。",
        "file_form": "格式不对，不是系统写的样子。",
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
        "chosen": "Only these sessions' content is here; of all else there are digests.",
        "roots": "The roots of {roots:,} sessions are those that their records lead to.",
        "root_at": "The root you gave is the one recorded by record {root_at:,}.",
        "package": "The {files:,} files of the package are those that record {made:,} tells of. "
        "Its chain value: {made_hash}",
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
        "root_wrong": "the session's root is not what its records lead to: some were replaced, "
        "removed or added.",
        "root_not_found": "the root you gave is not here: that session's records were replaced, or "
        "are not in it.",
        "path_wrong": "its path does not lead to the root.",
        "erased_now": "its content is gone, yet was there when the package was made.",
        "broken_file": "Something was changed. In the package, {name}: {why}",
        "container": "the structure of the package was tampered with.",
        "crc": "its content does not fit the package's own check value.",
        "file_changed": "its content does not fit the SHA-256 noted when the package was made.",
        "file_missing": "it is missing.",
        "file_more": "it was added.",
        "not_made": "it is not the record that was written when the package was made.",
        "file_form": "it does not have the form in which the system writes it.",
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


class BrokenFileError(Exception):
    """A file of a package was changed: ``name`` says which, ``code`` how."""

    def __init__(self, name: str, code: str) -> None:
        super().__init__(name, code)
        self.name, self.code = name, code


class UnreadableError(Exception):
    """The file cannot be read at all; ``code`` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Source(NamedTuple):
    """Where records come from: the header's words, and the records in stored order."""

    header: dict[str, Any]
    records: Iterable[Any]


class Flat(NamedTuple):
    """A record with a flat payload, as the texts that stand in its line."""

    actor: str
    algorithm: str
    at: str
    body: str
    data: str
    hash: str
    kind: str
    previous: str
    salt: str
    sequence: str
    session: str


class Result(NamedTuple):
    """What was found in a log that holds; 0 stands for what was not asked for."""

    counted: int
    first: int
    last: int
    head: str
    head_at: int
    erased: int
    roots: int
    root_at: int
    files: int = 0
    made: int = 0
    made_hash: str = ""


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


ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of a value that ``is_plain`` allows."""
    return ENCODE(value).encode("utf-8")


def is_plain(value: Any, depth: int = 0) -> bool:
    """Tell whether the value has a canonical form."""
    if depth > DEEPEST:
        return False
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, list):
        return all(is_plain(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return all(KEY.fullmatch(key) and is_plain(item, depth + 1) for key, item in value.items())
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
    if not isinstance(record, dict) or record.keys() != NAMES:
        return False
    return (
        is_number(record["version"], 1, 1)
        and is_number(record["sequence"], 1)
        and is_moment(record["at"])
        and matches(KIND, record["kind"])
        and (record["session"] is None or is_number(record["session"], 0))
        and record["algorithm"] in ("sha256", "sm3")
        and matches(HEX64, record["previous"])
        and matches(HEX64, record["body"])
        and matches(HEX64, record["hash"])
        and (is_erased(record) or has_body(record))
    )


DAYS: set[str] = set()  # days that are known to be in the calendar


def is_moment(text: Any) -> bool:
    """Tell whether the text is a moment in the log's form that the calendar knows."""
    if not matches(MOMENT, text):
        return False
    return is_day(text[:10])


def is_day(day: str) -> bool:
    """Tell whether the calendar knows a day that has the form of one."""
    if day not in DAYS:
        try:
            datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007 - only the form is looked at
        except ValueError:
            return False
        DAYS.add(day)
    return True


def matches(pattern: re.Pattern[str], text: Any) -> bool:
    """Tell whether the value is text of that pattern from end to end."""
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def is_erased(record: dict[str, Any]) -> bool:
    """Tell whether only the digest of the body is left."""
    return record["actor"] is None and record["data"] is None and record["salt"] is None


def has_body(record: dict[str, Any]) -> bool:
    """Tell whether actor, data and salt are there in their form."""
    return (
        isinstance(record["actor"], str)
        and isinstance(record["data"], dict)
        and is_plain(record["actor"])
        and is_plain(record["data"], 1)
        and matches(HEX32, record["salt"])
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
    session = "null" if record["session"] is None else record["session"]
    fields = FIELDS_TEXT % {**record, "session": session}  # all of it is plain: nothing to escape
    if digest(algorithm, b"pinhui-audit/1 event\n" + fields.encode()) != record["hash"]:
        raise BrokenError(sequence, "hash_wrong")


def check_flat(line: Flat, sequence: int, before: str) -> None:
    """Do for a flat record what ``check_record`` does for any."""
    keys = KEYS.findall(line.data)
    if not is_day(line.at[:10]) or any(a >= b for a, b in zip(keys, keys[1:])):  # noqa: B905, RUF007 - Python 3.8
        raise BrokenError(sequence, "malformed")
    found = int(line.sequence)
    if found != sequence:
        raise BrokenError(sequence, "missing" if found > sequence else "out_of_order", found)
    if line.previous != before:
        raise BrokenError(sequence, "broken_link")
    body = f'{{"actor":{line.actor},"data":{line.data},"salt":"{line.salt}"}}'
    if digest(line.algorithm, b"pinhui-audit/1 body\n" + body.encode()) != line.body:
        raise BrokenError(sequence, "body_changed")
    fields = FIELDS_TEXT % {**line._asdict(), "sequence": found}
    if digest(line.algorithm, b"pinhui-audit/1 event\n" + fields.encode()) != line.hash:
        raise BrokenError(sequence, "hash_wrong")


class Progress:
    """What is known after some records of a log: where it ends, and what is yet to be told."""

    def __init__(self, header: dict[str, Any], head: str | None, root: str | None) -> None:
        self.header, self.head, self.root = header, head, root
        self.last, self.hash = header["first"] - 1, header["previous"]
        self.count = 0
        self.head_at = self.last if head == self.hash else 0
        self.head_found = head is None or head == self.hash
        self.erased: dict[int, int | None] = {}  # sequence → session
        self.accounted: set[int] = set()
        self.leaves: dict[int, list[str]] = {}  # session → hashes, until it is sealed
        self.seals: dict[int, dict[str, Any]] = {}  # session → what was recorded at its end
        self.root_at = 0
        self.watched: dict[int, str] = {}  # hashes of the sequences that are its keys

    def add_flat(self, line: Flat) -> None:
        """Take a flat record in; raise ``BrokenError`` for one that does not fit."""
        check_flat(line, self.last + 1, self.hash)
        self.note(line.hash, None if line.session == "null" else int(line.session))

    def add(self, record: Any) -> None:
        """Take any other record in; raise ``BrokenError`` for one that does not fit."""
        check_record(record, self.last + 1, self.hash)
        if is_erased(record):
            self.erased[record["sequence"]] = record["session"]
        self.accounted.update(accounted_by(record))
        if record["kind"] == "session.sealed" and record["data"] is not None:
            self.seal(record)
        self.note(record["hash"], record["session"])

    def note(self, fresh: str, session: int | None) -> None:
        """Go on to the next record."""
        self.last, self.hash, self.count = self.last + 1, fresh, self.count + 1
        if session is not None and session not in self.seals:
            self.leaves.setdefault(session, []).append(fresh)
        if fresh == self.head:
            self.head_at, self.head_found = self.last, True
        if self.last in self.watched:
            self.watched[self.last] = fresh

    def seal(self, record: dict[str, Any]) -> None:
        """Compare the root that was recorded at the end of a session with its records."""
        data, session = record["data"], record["session"]
        leaves = self.leaves.get(session, [])
        if session in self.seals:
            return
        told = (data.get("algorithm"), data.get("events"), data.get("up_to"))
        if self.header["first"] > 1 and is_number(told[1], len(leaves) + 1):
            return  # the session began before this export does
        if told != (record["algorithm"], len(leaves), self.last):
            raise BrokenError(record["sequence"], "root_wrong")
        if merkle_root(leaves, record["algorithm"]) != data.get("root"):
            raise BrokenError(record["sequence"], "root_wrong")
        self.seals[session] = {**data, "leaves": leaves}
        self.leaves[session] = []
        if data["root"] == self.root:
            self.root_at = record["sequence"]

    def finish(self) -> Result:
        """Return what the log consists of; raise ``BrokenError`` for what shows only at its end."""
        check_end(self.header, self.last, self.hash)
        for sequence, session in self.erased.items():
            if self.header["bodies"] == "included" and sequence not in self.accounted:
                raise BrokenError(sequence, "erased_without_account")
            chosen = session in self.header.get("sessions", ())
            if chosen and sequence not in self.header["erased"]:
                raise BrokenError(sequence, "erased_now")
        if not self.head_found:
            raise BrokenError(self.last + 1, "head_not_found")
        if self.root is not None and not self.root_at:
            raise BrokenError(self.last + 1, "root_not_found")
        first = self.header["first"]
        return Result(
            self.count,
            first,
            self.last,
            self.hash,
            self.head_at,
            len(self.erased),
            len(self.seals),
            self.root_at,
        )


def check(source: Source, head: str | None = None, root: str | None = None) -> Result:
    """Return what a log that holds consists of; raise ``BrokenError`` at its first bad record."""
    return follow(source, Progress(source.header, head, root))


def follow(source: Source, progress: Progress) -> Result:
    """Take all records of a source in, and return what they are."""
    for record in source.records:
        if type(record) is Flat:
            progress.add_flat(record)
        else:
            progress.add(record)
    return progress.finish()


def merkle_root(hashes: list[str], algorithm: str) -> str:
    """Return the root over event hashes (RFC 6962 section 2.1)."""
    return tree(hashes, 0, len(hashes), algorithm)


def tree(hashes: list[str], start: int, end: int, algorithm: str) -> str:
    """Return the hash of the tree over some of the leaves."""
    if end == start:
        return digest(algorithm, b"")
    if end == start + 1:
        return digest(algorithm, b"\x00" + bytes.fromhex(hashes[start]))
    cut = start + (1 << (end - start - 1).bit_length() - 1)
    left, right = tree(hashes, start, cut, algorithm), tree(hashes, cut, end, algorithm)
    return digest(algorithm, b"\x01" + bytes.fromhex(left) + bytes.fromhex(right))


def root_of_path(leaf: str, index: int, size: int, path: list[str], algorithm: str) -> str:
    """Return the root that a path leads to; empty when it does not fit the tree."""
    if size < 2:
        fits = not path and index == 0
        return digest(algorithm, b"\x00" + bytes.fromhex(leaf)) if fits else ""
    if not path:
        return ""
    cut = 1 << (size - 1).bit_length() - 1
    if index < cut:
        left, right = root_of_path(leaf, index, cut, path[:-1], algorithm), path[-1]
    else:
        left = path[-1]
        right = root_of_path(leaf, index - cut, size - cut, path[:-1], algorithm)
    if not (left and right):
        return ""
    return digest(algorithm, b"\x01" + bytes.fromhex(left) + bytes.fromhex(right))


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


# --- a proof package --------------------------------------------------------------------------

MADE = "made.jsonl"
EVENTS = "events.jsonl"
ROOTS = "roots.json"


class Part(NamedTuple):
    """A file of a package: where its bytes stand, and what they add up to."""

    name: str
    start: int
    size: int
    crc: int


def is_package(path: Path) -> bool:
    """Tell whether a file begins or ends as a package does: a bit of either may be flipped."""
    try:
        with path.open("rb") as file:
            start, size = file.read(2), file.seek(0, os.SEEK_END)
            file.seek(max(0, size - END_BYTES))
            return start == b"PK" or file.read(4) == b"PK\x05\x06"
    except OSError as error:
        raise UnreadableError("no_file") from error


def read_package(path: Path) -> list[Part]:
    """Return the files of a package, each byte of whose container must be as it is written.

    A package is a ZIP archive without compression, comments or room between its files, so that no
    byte of it can be changed unseen.
    """
    parts: list[Part] = []
    index = b""
    with path.open("rb") as file:
        while True:
            at = file.tell()
            head = file.read(30)
            if head[:4] != b"PK\x03\x04":
                break
            if len(head) < 30:
                raise BrokenFileError(path.name, "container")
            crc, size, _, length, _ = struct.unpack("<IIIHH", head[14:30])
            raw = file.read(length)
            name = raw.decode("ascii", "replace")
            if head + raw != local_header(crc, size, raw) or not re.fullmatch(
                "[A-Za-z0-9._-]+", name
            ):
                raise BrokenFileError(name, "container")
            parts.append(Part(name, file.tell(), size, crc))
            index += central_header(crc, size, raw, at)
            file.seek(size, 1)
        file.seek(at)
        if file.read() != index + end_of_package(len(parts), len(index), at):
            raise BrokenFileError(path.name, "container")
    if len({part.name for part in parts}) != len(parts):
        raise BrokenFileError(path.name, "container")
    return parts


def local_header(crc: int, size: int, name: bytes) -> bytes:
    """Return what stands before a file (APPNOTE 4.3.7): stored, of 1 January 1980."""
    return (
        b"PK\x03\x04"
        + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, crc, size, size, len(name), 0)
        + name
    )


def central_header(crc: int, size: int, name: bytes, at: int) -> bytes:
    """Return a file's entry in the directory (APPNOTE 4.3.12)."""
    return (
        b"PK\x01\x02"
        + struct.pack(
            "<HHHHHHIIIHHHHHII",
            *(20, 20, 0, 0, 0, 33, crc, size, size, len(name), 0, 0, 0, 0, 0, at),
        )
        + name
    )


def end_of_package(count: int, size: int, at: int) -> bytes:
    """Return the end of the directory (APPNOTE 4.3.16)."""
    return b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, at, 0)


def check_package(path: Path, head: str | None = None, root: str | None = None) -> Result:
    """Return what a package that holds consists of.

    Raises ``BrokenError`` at the first bad record and ``BrokenFileError`` at the first bad file.
    """
    parts = {part.name: part for part in read_package(path)}
    for name in (MADE, EVENTS, ROOTS):
        if name not in parts:
            raise BrokenFileError(name, "file_missing")
    source = source_of(path, parts[EVENTS])
    roots = parse_roots(read_all(path, parts[ROOTS]))
    progress = Progress(source.header, head, root)
    progress.watched = {step["sequence"]: "" for told in roots for step in told["paths"]}
    result = follow(source, progress)
    check_roots(roots, progress)
    made = read_made(path, parts[MADE])
    check_files(path, parts, made["data"]["files"])
    return result._replace(files=len(parts) - 1, made=made["sequence"], made_hash=made["hash"])


def source_of(path: Path, part: Part) -> Source:
    """Return the records of a file of a package."""
    try:
        return from_lines(read_part(path, part.start, part.size))
    except UnreadableError as error:
        raise BrokenFileError(part.name, "file_form") from error


def read_all(path: Path, part: Part) -> bytes:
    """Return the bytes of a small file of a package."""
    return b"".join(read_part(path, part.start, part.size))


def parse_roots(content: bytes) -> list[dict[str, Any]]:
    """Return the sessions of the package's file of roots."""
    try:
        told = parse(content.decode("utf-8"))
    except ValueError:
        told = None
    sessions = told.get("sessions") if isinstance(told, dict) else None
    if not isinstance(sessions, list) or not all(is_told_root(one) for one in sessions):
        raise BrokenFileError(ROOTS, "file_form")
    return sessions


def is_told_root(told: Any) -> bool:
    """Tell whether an entry of the file of roots has its form."""
    return (
        isinstance(told, dict)
        and is_number(told.get("session"), 0)
        and matches(HEX64, told.get("root"))
        and isinstance(told.get("paths"), list)
        and all(
            isinstance(step, dict)
            and is_number(step.get("sequence"), 1)
            and is_number(step.get("index"), 0)
            and isinstance(step.get("path"), list)
            and all(matches(HEX64, one) for one in step["path"])
            for step in told["paths"]
        )
    )


def check_roots(roots: list[dict[str, Any]], progress: Progress) -> None:
    """Refuse a root that the records do not lead to, and a path that does not lead to its root."""
    for told in roots:
        seal = progress.seals.get(told["session"])
        if seal is None or seal["root"] != told["root"]:
            raise BrokenFileError(ROOTS, "root_wrong")
        size, algorithm = seal["events"], seal["algorithm"]
        for step in told["paths"]:
            leaf, index = progress.watched.get(step["sequence"], ""), step["index"]
            if index >= size or seal["leaves"][index] != leaf:
                raise BrokenError(step["sequence"], "path_wrong")
            if root_of_path(leaf, index, size, step["path"], algorithm) != seal["root"]:
                raise BrokenError(step["sequence"], "path_wrong")
    if {told["session"] for told in roots} != chosen_and_sealed(progress):
        raise BrokenFileError(ROOTS, "root_wrong")


def chosen_and_sealed(progress: Progress) -> set[int]:
    """Return the sessions of the package whose end is in it."""
    return {session for session in progress.header["sessions"] if session in progress.seals}


def read_made(path: Path, part: Part) -> dict[str, Any]:
    """Return the record that tells of the package."""
    source = source_of(path, part)
    records = list(source.records)
    follow(Source(source.header, records), Progress(source.header, None, None))
    made = records[0] if len(records) == 1 else None
    if not isinstance(made, dict) or made["kind"] != "proof.made" or made["data"] is None:
        raise BrokenFileError(MADE, "not_made")
    files = made["data"].get("files")
    if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
        raise BrokenFileError(MADE, "not_made")
    return made


def check_files(path: Path, parts: dict[str, Part], files: list[dict[str, Any]]) -> None:
    """Compare every file with the digest that was recorded when the package was made."""
    told = {str(file.get("name")): file.get("sha256") for file in files}
    for name, part in parts.items():
        made, crc = hashlib.sha256(), 0
        for line in read_part(path, part.start, part.size):
            made.update(line)
            crc = zlib.crc32(line, crc)
        if crc != part.crc:
            raise BrokenFileError(name, "crc")
        if name != MADE and name not in told:
            raise BrokenFileError(name, "file_more")
        if name != MADE and told[name] != made.hexdigest():
            raise BrokenFileError(name, "file_changed")
    for name in told:
        if name not in parts:
            raise BrokenFileError(name, "file_missing")


def from_export(path: Path) -> Source:
    """Return the records of an exported log, read line by line."""
    return from_lines(read_part(path, 0, path.stat().st_size))


def from_lines(lines: Iterator[bytes]) -> Source:
    """Return the records of an exported log whose lines are handed over."""
    try:
        header = parse(next(lines, b"").decode("utf-8"))
    except ValueError:
        header = None
    if not is_header(header):
        raise UnreadableError("not_export")
    return Source(header, read_lines(lines))


def is_header(header: Any) -> bool:
    """Tell whether a value has the form of an export's first line."""
    if not isinstance(header, dict):
        return False
    chosen = header.get("bodies") == "chosen"
    return (
        header.keys() == {*HEADER, *(("sessions", "erased") if chosen else ())}
        and header["format"] == "pinhui-audit-export/1"
        and is_number(header["first"], 1)
        and is_number(header["last"], 0)
        and matches(HEX64, header["previous"])
        and (header["first"] > 1 or header["previous"] == GENESIS)
        and header["bodies"] in ("included", "withheld", "chosen")
        and all(isinstance(header.get(name, []), list) for name in ("sessions", "erased"))
    )


def read_part(path: Path, start: int, size: int) -> Iterator[bytes]:
    """Yield the lines of a part of a file."""
    with path.open("rb") as file:
        file.seek(start)
        while size > 0:
            line = file.readline(size)
            if not line:
                return
            size -= len(line)
            yield line


def read_lines(lines: Iterable[bytes]) -> Iterator[Any]:
    """Yield each line as a record: ``Flat`` where it is, None where it is not JSON."""
    for line in lines:
        try:
            text = line.decode("utf-8")
            flat = LINE.fullmatch(text)
            if flat and flat[7] not in PARSED:
                yield Flat(*flat.groups())
            else:
                yield parse(text)
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
    if result.roots:
        said.append(words["roots"])
    if result.root_at:
        said.append(words["root_at"])
    if result.files:
        said.append(words["package"])
    if header["bodies"] != "included":
        said.append(words[header["bodies"]])
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
    parser.add_argument("--root", help="a session's root, from a report or a weekly digest")
    parser.add_argument(
        "--lang", choices=sorted(WORDS), default=None, help="language of the answer"
    )


def run(args: argparse.Namespace) -> int:
    """Check one file, print what was found, and return the exit status."""
    words = WORDS[args.lang or language()]
    values = [
        None if text is None else "".join(text.split()).lower() for text in (args.head, args.root)
    ]
    if any(value is not None and not matches(HEX64, value) for value in values):
        print(words["unreadable"].format(why=words["bad_head"]), file=sys.stderr)
        return 2
    try:
        header, result = examine(args.file, *values)
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
    except BrokenFileError as error:
        print(words["broken_file"].format(name=error.name, why=words[error.code]))
        return 1
    print("\n".join(sentences(header, result, words)))
    return 0


def examine(file: Path, head: str | None, root: str | None) -> tuple[dict[str, Any], Result]:
    """Return the first line of a file's log and what was found in it."""
    if is_package(file):
        return {"bodies": "chosen"}, check_package(file, head, root)
    source = open_source(file)
    return source.header, check(source, head, root)


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
