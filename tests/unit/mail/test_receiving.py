"""By what an incoming letter is known, and what may be said of a mailbox."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.mail.model import Mailbox, check_mailbox
from server.mail.receiving import key_of

MAILBOX = Mailbox("mail.test", 993, "tls", "answers", "secret")


def test_a_letter_is_known_by_its_message_id_alone_folded_or_in_another_case() -> None:
    key = key_of(b"Subject: a\r\nMessage-ID: <1@one.test>\r\n\r\nx")
    assert key_of(b"MESSAGE-id:\r\n <1@one.test>\r\nSubject: b\r\n\r\ny") == key
    assert key_of(b"Message-ID: <2@one.test>\r\n\r\nx") != key


def test_what_stands_in_the_text_is_no_message_id() -> None:
    one = key_of(b"Subject: a\r\n\r\nMessage-ID: <1@one.test>\r\n")
    assert one != key_of(b"Subject: a\r\nMessage-ID: <1@one.test>\r\n\r\n")
    assert one != key_of(b"Subject: b\r\n\r\nMessage-ID: <1@one.test>\r\n")


@given(st.binary(max_size=300))
def test_junk_is_known_by_all_of_it_and_never_fails(content: bytes) -> None:
    assert len(key_of(content)) == 64
    assert key_of(content) == key_of(content)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"security": "ssl"}, "imap_security"),
        ({"user": ""}, "imap_user"),
        ({"folder": ""}, "imap_folder"),
        ({"folder": "收件箱"}, "imap_folder"),
        ({"folder": "IN\r\nBOX"}, "imap_folder"),
    ],
)
def test_a_mailbox_that_cannot_be_meant_is_refused(changes: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_mailbox(replace(MAILBOX, **changes))


def test_a_password_is_never_shown() -> None:
    assert check_mailbox(MAILBOX) == MAILBOX
    assert "secret" not in repr(MAILBOX) + MAILBOX.name
