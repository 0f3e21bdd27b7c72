"""A minimal ICE agent in the controlling role: checks, nomination, consent. Owns no socket.

RFC 8445 with regular nomination, RFC 7675 for consent. It speaks to an ICE-lite server: one local
address, all remote addresses tried at once, the first that answers is nominated.
"""

import struct
from secrets import randbits, token_hex

from aioice import stun

Address = tuple[str, int]

CHECK_EVERY_S = 0.1
"""Pause between repeated checks of one address while there is no path."""
CONSENT_EVERY_S = 2.5
"""What Chromium does; when an answer fails to come it asks again each half second."""
ASK_AGAIN_S = 0.5
PRIORITY = 126 << 24 | 65_535 << 8 | 255
"""Of a host candidate as RFC 8445 §5.1.2 computes it, announced in checks."""
_KEPT = 64


class IceAgent:
    """One connection's checks.

    Attributes:
        ufrag, password: our own credentials for the offer.
        selected: the nominated address, or None before.
        last_answer: monotonic seconds of the last authenticated answer, or None.
    """

    def __init__(self) -> None:
        self.ufrag = token_hex(4)
        self.password = token_hex(12)
        self.selected: Address | None = None
        self.last_answer: float | None = None
        self._tie_breaker = randbits(64)
        self._remote = ("", "")
        self._candidates: list[Address] = []
        self._reachable: Address | None = None
        self._asked: dict[bytes, tuple[Address, bool]] = {}
        self._next = 0.0

    def start(self, ufrag: str, password: str, candidates: tuple[Address, ...]) -> None:
        """Begin to check the server's addresses with its credentials."""
        self._remote = (ufrag, password)
        self._candidates = list(candidates)

    def next_deadline(self) -> float:
        """Return the monotonic time at which ``due`` has something to send."""
        return self._next

    def due(self, now: float) -> list[tuple[bytes, Address]]:
        """Return the checks to be sent now: of all addresses, the nomination, or consent."""
        if now < self._next:
            return []
        if self.selected is not None:
            self._next = now + ASK_AGAIN_S  # an answer puts it off
            return [(self._request(self.selected, nominate=True), self.selected)]
        self._next = now + CHECK_EVERY_S
        if self._reachable is not None:
            return [(self._request(self._reachable, nominate=True), self._reachable)]
        return [(self._request(one, nominate=False), one) for one in self._candidates]

    def _request(self, address: Address, *, nominate: bool) -> bytes:
        ufrag, password = self._remote
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{ufrag}:{self.ufrag}"
        message.attributes["PRIORITY"] = PRIORITY
        message.attributes["ICE-CONTROLLING"] = self._tie_breaker
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(password.encode())
        self._asked[message.transaction_id] = (address, nominate)
        while len(self._asked) > _KEPT:
            del self._asked[next(iter(self._asked))]
        return bytes(message)

    def handle(self, data: bytes, address: Address, now: float) -> bytes | None:
        """Take a STUN message; return the answer to send back when it was a check of ours.

        Whatever is not authentic, not asked for or not STUN is dropped.
        """
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error):
            return None
        if message.message_method != stun.Method.BINDING:
            return None
        if message.message_class == stun.Class.REQUEST:
            return self._answer(message, address)
        if message.message_class == stun.Class.RESPONSE:
            self._take_answer(message, now)
        return None

    def _take_answer(self, message: stun.Message, now: float) -> None:
        asked = self._asked.get(message.transaction_id)
        if asked is None or not message.check_message_integrity(self._remote[1].encode()):
            return
        del self._asked[message.transaction_id]
        self.last_answer = now
        address, nominated = asked
        if self.selected is not None or nominated:
            self.selected = self.selected or address
            self._next = now + CONSENT_EVERY_S
        elif self._reachable is None:
            self._reachable = address
            self._next = now

    def _answer(self, message: stun.Message, address: Address) -> bytes | None:
        """Return the answer to a server that checks us too (a full agent would)."""
        if not message.check_message_integrity(self.password.encode()):
            return None
        reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        reply.attributes["XOR-MAPPED-ADDRESS"] = address
        reply.add_message_integrity(self.password.encode())
        return bytes(reply)
