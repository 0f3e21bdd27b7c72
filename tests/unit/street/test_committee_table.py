import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import DomainError
from server.domain.places import Post
from server.street.cells import MOST_ROWS, decode_upload, tidy
from server.street.committee_table import (
    MOST_COMMITTEES,
    ReadCommittee,
    ReadPerson,
    Sheet,
    read_committees,
    read_post,
)

HEAD = "编号\t居委会\t姓名\t岗位\t条线\n"
ROWS = "1\t云杉苑\t张建国\t书记\t\n1\t云杉苑\t王晓玲\t社工\t综治\n2\t松涛里\t赵春生\t主任\t\n"
READ = (
    ReadCommittee(
        1,
        "云杉苑",
        (
            ReadPerson("张建国", Post.SECRETARY, ""),
            ReadPerson("王晓玲", Post.SOCIAL_WORKER, "综治"),
        ),
    ),
    ReadCommittee(2, "松涛里", (ReadPerson("赵春生", Post.DIRECTOR, ""),)),
)


def refusals(text: str) -> list[tuple[str, object]]:
    return [(e.code, e.params.get("row")) for e in read_committees(text).errors]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + ROWS,
        ROWS,
        "\n" + HEAD + "\n" + ROWS.replace("\n", "\r\n"),
        (HEAD + ROWS).replace("\t", ","),
        (HEAD + ROWS).replace("\t", ";"),
        (HEAD + ROWS).replace("\t", "，"),
        "no.\tcommittee\tName\tPOST\tline of work\n" + ROWS,
        HEAD + ROWS.replace("1\t云杉苑\t王", "\t\t王"),
        HEAD + ROWS.replace("1\t", "１\t").replace("2\t", "02\t"),
        HEAD + ROWS.replace("张建国", "张 建国\u200b").replace("书记\t", "书记\t—"),
    ],
)
def test_a_table_is_read_however_it_was_copied(text: str) -> None:
    assert read_committees(text) == Sheet(READ, ())


def test_a_head_may_name_the_committees_address_in_any_of_its_rows() -> None:
    head = "居委会\t姓名\t岗位\t邮箱\n"
    text = head + "甲\t张三\t书记\t\n甲\t李四\t主任\tone@street.test\n乙\t王五\t书记\t\n"
    sheet = read_committees(text)
    assert sheet.errors == ()
    assert [c.email for c in sheet.committees] == ["one@street.test", ""]


def test_an_address_that_cannot_be_or_a_second_one_is_refused_with_its_row() -> None:
    text = (
        "居委会\t姓名\t岗位\t邮箱\n甲\t张三\t书记\t不是\n甲\t李四\t主任\ta@b\n甲\t王五\t副职\tc@d\n"
    )
    assert refusals(text) == [("row_bad_email", 2), ("row_other_email", 4)]


def test_a_head_may_order_the_columns_and_have_more_of_them() -> None:
    text = (
        "电话,岗位,姓名,居委会\n110,书记,张建国,云杉苑\n"
        "120,综治社工,王晓玲,云杉苑\n,主任,赵春生,松涛里\n"
    )
    assert read_committees(text) == Sheet(READ, ())


def test_quoted_cells_may_hold_the_separator() -> None:
    sheet = read_committees('1,"云杉苑,南区",张建国,书记\n')
    assert sheet.errors == ()
    assert sheet.committees[0].name == "云杉苑,南区"


def test_a_committee_without_people_is_a_committee() -> None:
    assert read_committees("1\t云杉苑\t\t\t\n") == Sheet((ReadCommittee(1, "云杉苑", ()),), ())


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("1\t云杉苑\t张建国\t\t", "row_no_post"),
        ("1\t云杉苑\t\t书记\t", "row_no_name"),
        ("\t云杉苑\t张建国\t书记\t", "row_no_number"),
        ("1\t\t张建国\t书记\t", "row_no_committee"),
        ("\t\t张建国\t书记\t", "row_no_committee"),
        ("一\t云杉苑\t张建国\t书记\t", "row_bad_number"),
        ("0\t云杉苑\t张建国\t书记\t", "row_bad_number"),
        ("1000\t云杉苑\t张建国\t书记\t", "row_bad_number"),
        ("1.5\t云杉苑\t张建国\t书记\t", "row_bad_number"),
        ("9" * 39 + "\t云杉苑\t张建国\t书记\t", "row_bad_number"),
        ("1\t云杉苑\t张建国\t厂长\t", "row_unknown_post"),
        ("1\t云杉苑\t张建国\t书记、主任\t", "row_two_posts"),
        ('1\t云杉苑\t=HYPERLINK("x")\t书记\t', "row_formula"),
        ("1\t+cmd|' /C calc'!A0\t张建国\t书记\t", "row_formula"),
        ("1\t云杉苑\t＠张建国\t书记\t", "row_formula"),
        ('1\t云杉苑\t"张\n建国"\t书记\t', "row_broken"),
        ('1\t云杉苑\t"张建国\t书记\t\n2\t松涛里\t赵\t书记', "row_broken"),
        ("1\t云杉苑\t张\x00建国\t书记\t", "row_broken"),
        ("1\t云杉苑\t" + "张" * 41 + "\t书记\t", "row_long"),
    ],
)
def test_what_is_wrong_in_a_row_is_said_with_its_number(row: str, code: str) -> None:
    assert refusals(HEAD + row) == [(code, 2)]


def test_numbers_and_names_of_committees_belong_together() -> None:
    text = "1\t云杉苑\t张\t书记\n1\t松涛里\t赵\t书记\n3\t云杉苑\t王\t社工\n\t\t李\t社工\n"
    assert refusals(text) == [
        ("row_number_taken", 2),
        ("row_renumbered", 3),
        ("row_no_committee", 4),
    ]


def test_the_same_person_twice_is_refused_but_a_namesake_elsewhere_is_not() -> None:
    text = "1\t云杉苑\t张\t书记\n1\t云杉苑\t张\t社工\n2\t松涛里\t张\t书记\n1\t云杉苑\t张\t书记\n"
    error = read_committees(text).errors[0]
    assert (error.code, error.params["row"], error.params["other"]) == ("row_repeated", 4, 1)


def test_every_row_that_is_wrong_is_named_at_once() -> None:
    text = HEAD + "".join(f"{n}\t第{n}\t张\t\t\n" for n in range(1, 31))
    assert refusals(text) == [("row_no_post", row) for row in range(2, 32)]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["sheet_empty"]),
        (" \n\t\n", ["sheet_empty"]),
        (HEAD, ["sheet_empty"]),
        (
            "编号\t条线\n1\t综治",
            ["sheet_no_committee_column", "sheet_no_name_column", "sheet_no_post_column"],
        ),
        ("x\n" * (MOST_ROWS + 1), ["sheet_too_long"]),
        ('"' + "x" * 200_000, ["row_broken"]),
    ],
)
def test_a_table_that_is_none_is_refused_as_a_whole(text: str, codes: list[str]) -> None:
    sheet = read_committees(text)
    assert [e.code for e in sheet.errors] == codes
    assert sheet.committees == ()


def test_more_committees_than_a_street_can_have_are_refused() -> None:
    text = "".join(f"{n}\t第{n}\t\t\n" for n in range(1, MOST_COMMITTEES + 2))
    assert refusals(text)[-1][0] == "sheet_too_many_committees"


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused_and_nothing_is_raised(text: str) -> None:
    sheet = read_committees(text)
    assert sheet.errors or sheet.committees
    for committee in sheet.committees:
        assert 1 <= committee.number <= 999


WORDS = st.text("云杉苑张王甲乙丙丁ABC·", min_size=1, max_size=12).map(tidy).filter(bool)
PEOPLE = st.lists(
    st.tuples(WORDS, st.sampled_from(["书记", "主任", "副主任", "社工"])),
    min_size=1,
    max_size=4,
    unique_by=lambda p: p,
)


@given(
    st.dictionaries(st.integers(1, 999), st.tuples(WORDS, PEOPLE), min_size=1, max_size=6).filter(
        lambda d: len({name for name, _ in d.values()}) == len(d)
    ),
    st.sampled_from(["\t", ",", ";"]),
    st.booleans(),
)
def test_what_was_written_is_what_is_read(
    committees: dict[int, tuple[str, list[tuple[str, str]]]], delimiter: str, head: bool
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    if head:
        writer.writerow(["编号", "居委会", "姓名", "岗位", "条线"])
    for number, (name, people) in committees.items():
        for person, post in people:
            writer.writerow([number, name, person, post, ""])
    sheet = read_committees(out.getvalue())
    assert sheet.errors == ()
    assert [c.number for c in sheet.committees] == sorted(committees)
    for committee in sheet.committees:
        name, people = committees[committee.number]
        assert committee.name == name
        assert [(p.name, p.post) for p in committee.people] == [
            (person, read_post(post, "")[0])  # type: ignore[index]
            for person, post in people
        ]


@pytest.mark.parametrize(
    ("typed", "line", "read"),
    [
        ("书记", "", (Post.SECRETARY, "")),
        ("Party Secretary", "", (Post.SECRETARY, "")),
        ("副书记", "", (Post.DEPUTY, "")),
        ("综治社工", "", (Post.SOCIAL_WORKER, "综治")),
        ("民政条线社工", "", (Post.SOCIAL_WORKER, "民政")),
        ("综治社工", "信访", (Post.SOCIAL_WORKER, "信访")),
        ("秘书", "", None),
        ("", "", None),
    ],
)
def test_posts_are_read_in_the_words_people_use(
    typed: str, line: str, read: tuple[Post, str] | None
) -> None:
    assert read_post(typed, line) == read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_a_file_is_read_in_the_encodings_of_spreadsheets(encoding: str) -> None:
    assert read_committees(decode_upload((HEAD + ROWS).encode(encoding))).committees == READ


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04rest of a workbook", "file_is_workbook"),
        (b"\xd0\xcf\x11\xe0rest", "file_is_workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "file_not_text"),
        (b"\xff\xfe\x00", "file_not_text"),
        (b"\xff\xff\xff\xff", "file_not_text"),
        (b"a,b\x00c", "file_not_text"),
    ],
)
def test_a_file_that_is_no_text_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        decode_upload(content)
    assert refused.value.code == code


@given(st.binary(max_size=300))
def test_any_upload_is_text_or_refused(content: bytes) -> None:
    with contextlib.suppress(DomainError):
        read_committees(decode_upload(content))
