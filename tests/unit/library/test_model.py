"""The rules of the library: states and steps, who sees what, words, searching, keeping."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.auth.model import Account, Login, Role
from server.domain.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from server.library.model import (
    FilmKind,
    Hidden,
    Limits,
    Question,
    Step,
    Video,
    VideoFilm,
    VideoState,
    VideoWords,
    approvers_of,
    check_text,
    check_words,
    due_at,
    due_videos,
    fits,
    is_own,
    kind_of,
    may_discard,
    may_see,
    may_step,
    may_tend,
    moment_text,
    read_limits,
    read_moment,
    require_editable,
    require_seen,
    seen_questions,
    take_step,
    topics_of,
)

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
FILM = VideoFilm("ab" * 32, FilmKind.MP4, 1000, 60, 6, 1)
WORDS = VideoWords("加装电梯怎么谈", "物业", "杏雨里", "李书记", "")


def login(role: Role, account: int = 9, *, department: int | None = None) -> Login:
    committee = 12 if role is Role.SECRETARY else None
    return Login(account, "x", "某人", role, department, committee, NOW)


def video(state: VideoState = VideoState.DRAFT, film: VideoFilm | None = FILM) -> Video:
    public = NOW if state in {VideoState.PUBLIC, VideoState.WITHDRAWN} else None
    submitted = None if state is VideoState.DRAFT else NOW
    return Video(
        id=1,
        state=state,
        words=WORDS,
        account_id=4,
        by="书记",
        created_at=NOW,
        kept_from=NOW,
        committee_id=12,
        film=film,
        submitted_at=submitted,
        public_at=public,
    )


OWNER = login(Role.SECRETARY, 4)
OFFICE = login(Role.OFFICE)
LEADER = login(Role.LEADER)
STRANGER = replace(login(Role.SECRETARY, 8), committee_id=3)


def test_a_video_goes_from_draft_to_public_by_somebody_elses_word() -> None:
    state = take_step(Step.SUBMIT, OWNER, video(), "")
    assert state is VideoState.SUBMITTED
    for who in (OFFICE, LEADER):
        assert take_step(Step.APPROVE, who, video(state), "") is VideoState.PUBLIC
        assert take_step(Step.RETURN, who, video(state), "太长了") is VideoState.RETURNED
    assert take_step(Step.TAKE_BACK, OWNER, video(state), "") is VideoState.DRAFT
    assert take_step(Step.WITHDRAW, OWNER, video(VideoState.PUBLIC), "过时") is VideoState.WITHDRAWN
    assert take_step(Step.SUBMIT, OWNER, video(VideoState.WITHDRAWN), "") is VideoState.SUBMITTED


def test_nobody_approves_what_is_his_own() -> None:
    own = replace(video(VideoState.SUBMITTED), account_id=OFFICE.account_id, committee_id=None)
    for step in (Step.APPROVE, Step.RETURN):
        with pytest.raises(ForbiddenError, match="video_own_approval"):
            take_step(step, OFFICE, own, "为什么")
        assert not may_step(step, OFFICE, own)
    assert may_step(Step.APPROVE, login(Role.OFFICE, 10), own)


@pytest.mark.parametrize(
    ("step", "who", "state", "code"),
    [
        (Step.APPROVE, login(Role.CLERK), VideoState.PUBLIC, "video_not_yours"),
        (Step.APPROVE, OFFICE, VideoState.PUBLIC, "video_moved_on"),
        (Step.SUBMIT, OFFICE, VideoState.RETURNED, "video_not_yours"),
        (Step.SUBMIT, OWNER, VideoState.PUBLIC, "video_moved_on"),
        (Step.RETURN, LEADER, VideoState.SUBMITTED, "video_remark"),
        (Step.WITHDRAW, STRANGER, VideoState.PUBLIC, "video_not_yours"),
        (Step.TAKE_BACK, OWNER, VideoState.PUBLIC, "video_moved_on"),
        (Step.APPROVE, STRANGER, VideoState.SUBMITTED, "no_video"),
    ],
)
def test_a_step_that_is_not_theirs_or_too_late_is_refused(
    step: Step, who: Login, state: VideoState, code: str
) -> None:
    with pytest.raises(DomainError, match=code):
        take_step(step, who, video(state), "")


def test_one_without_a_film_is_not_submitted() -> None:
    with pytest.raises(DomainError, match="video_needs_film"):
        take_step(Step.SUBMIT, OWNER, video(film=None), "")


def test_a_draft_is_seen_by_its_own_people_and_a_submitted_one_by_who_says_the_word() -> None:
    colleague = login(Role.SECRETARY, 77)
    for state, seen_by in (
        (VideoState.DRAFT, {OWNER, colleague}),
        (VideoState.SUBMITTED, {OWNER, colleague, OFFICE, LEADER, login(Role.AUDITOR)}),
        (VideoState.PUBLIC, {OWNER, OFFICE, STRANGER, login(Role.CLERK), login(Role.ADMIN)}),
    ):
        everybody = {OWNER, colleague, OFFICE, LEADER, STRANGER, login(Role.CLERK)}
        everybody |= {login(Role.AUDITOR), login(Role.ADMIN)}
        for who in everybody:
            expected = who in seen_by or state is VideoState.PUBLIC
            assert may_see(who, video(state)) == expected, (state, who.role)
    with pytest.raises(NotFoundError):
        require_seen(STRANGER, video())


def test_what_was_deleted_says_so_only_where_it_was_public() -> None:
    gone = video(VideoState.DELETED)
    assert not may_see(STRANGER, gone)
    assert may_see(STRANGER, replace(gone, public_at=NOW))


def test_a_video_of_a_department_is_its_clerks() -> None:
    theirs = replace(video(), committee_id=None, department_id=3)
    assert is_own(login(Role.CLERK, department=3), theirs)
    assert not is_own(login(Role.CLERK, department=4), theirs)
    assert not is_own(OFFICE, theirs)


def test_only_what_is_not_public_is_changed_and_only_what_never_was_is_thrown_away() -> None:
    assert require_editable(OWNER, video()) == video()
    with pytest.raises(ConflictError, match="video_moved_on"):
        require_editable(OWNER, video(VideoState.PUBLIC))
    with pytest.raises(ForbiddenError, match="video_not_yours"):
        require_editable(OFFICE, video(VideoState.WITHDRAWN))
    assert may_discard(OWNER, video())
    assert not may_discard(OWNER, video(VideoState.WITHDRAWN))
    assert not may_discard(OFFICE, video(VideoState.RETURNED))


def test_words_are_refused_field_by_field() -> None:
    assert check_words(WORDS, ["杏雨里"]) == {}
    wrong = check_words(VideoWords("x", "", "别家", "", "长" * 301), ["杏雨里"])
    assert set(wrong) == {"title", "topic", "place", "author", "about"}


def test_a_search_finds_every_word_in_title_topic_place_or_speaker() -> None:
    assert fits(video(), "电梯 杏雨", "", "")
    assert fits(video(), "", "物业", "杏雨里")
    assert not fits(video(), "电梯 消防", "", "")
    assert not fits(video(), "", "党建", "")
    others = [video(), video(), replace(video(), words=replace(WORDS, topic="党建"))]
    assert topics_of(others) == ["物业", "党建"]


@pytest.mark.parametrize(
    ("text", "second"), [("0:00", 0), ("12:05", 725), (" 1:02:03 ", 3723), ("12：05", 725)]
)
def test_a_moment_is_read_as_the_player_shows_it(text: str, second: int) -> None:
    assert read_moment(text) == second


@pytest.mark.parametrize("text", ["", "12", "a:b", "1:2:3:4", "-1:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match="video_moment"):
        read_moment(text)


def test_a_file_is_known_by_its_first_octets_not_by_its_name() -> None:
    assert kind_of(b"\x1a\x45\xdf\xa3....") is FilmKind.WEBM
    assert kind_of(b"\0\0\0\x20ftypisom") is FilmKind.MP4
    assert kind_of(b"#EXTM3U\nfile:///etc/passwd") is None
    assert kind_of(b"") is None


def test_a_hidden_question_is_seen_by_who_asked_and_who_tends() -> None:
    asked = Question(1, 1, STRANGER.account_id, "别家", NOW, "怎么谈的？")
    hidden = replace(asked, hidden=Hidden("会务", "点了名字", NOW))
    public = video(VideoState.PUBLIC)
    for who in (OWNER, OFFICE, STRANGER):
        assert seen_questions(who, public, [hidden]) == [hidden]
    assert seen_questions(login(Role.CLERK), public, [hidden, asked]) == [asked]
    assert may_tend(OWNER, public)
    assert not may_tend(STRANGER, public)
    with pytest.raises(DomainError, match="video_text"):
        check_text("?", 200)


def test_what_was_kept_long_enough_is_due_unless_it_waits_for_a_word() -> None:
    later = NOW + timedelta(days=90)
    every = [replace(video(state), id=n) for n, state in enumerate(VideoState)]
    due = {v.state for v in due_videos(every, 90, later)}
    assert due == set(VideoState) - {VideoState.SUBMITTED, VideoState.DELETED}
    assert due_videos(every, 90, later - timedelta(seconds=1)) == []
    assert due_videos(every, 0, later) == []
    assert due_at(every[0], 0) is None


@pytest.mark.parametrize("second", [0, 5, 65, 3599, 3600, 7385])
def test_a_moment_is_read_as_it_is_written(second: int) -> None:
    assert read_moment(moment_text(second)) == second


def test_limits_are_whole_numbers_within_bounds() -> None:
    assert read_limits({"megabytes": "2048", "minutes": "45"}) == Limits(2048, 45)
    assert Limits(2, 1).octets == 2 << 20
    for name, text in (
        ("megabytes", "9"),
        ("megabytes", "4097"),
        ("minutes", "０"),
        ("minutes", ""),
    ):
        with pytest.raises(DomainError, match="rule_number") as refusal:
            read_limits({"megabytes": "100", "minutes": "20"} | {name: text})
        assert refusal.value.params["rule"] == name


def test_whose_word_is_asked_for_are_office_and_leaders_but_not_who_brought_it() -> None:
    def account(number: int, role: Role, *, disabled: bool = False) -> Account:
        return Account(number, str(number), "x", role, "", None, None, disabled)

    asked = [
        account(1, Role.OFFICE),
        account(2, Role.LEADER),
        account(3, Role.LEADER, disabled=True),
        account(4, Role.OFFICE),
        account(5, Role.SECRETARY),
        account(6, Role.ADMIN),
    ]
    assert [one.id for one in approvers_of(video(), asked)] == [1, 2]
