"""The conferences of sessions that are open now, by session."""

from server.conference.live import Conference
from server.domain.errors import ConflictError


class Register:
    """All conferences that this process knows; closed ones stay until the process ends."""

    def __init__(self) -> None:
        self._conferences: dict[int, Conference] = {}

    @property
    def running(self) -> list[Conference]:
        """The conferences whose session is open, in order of session."""
        return [c for _, c in sorted(self._conferences.items()) if not c.state.closed]

    def add(self, conference: Conference) -> None:
        """Know a conference from now on."""
        self._conferences[conference.state.session_id] = conference

    def get(self, session_id: int) -> Conference | None:
        """Return the conference of a session, open or closed; None when it is not known."""
        return self._conferences.get(session_id)

    def of_session(self, session_id: int) -> Conference:
        """Return the conference of an open session.

        Raises:
            ConflictError: ``session_not_open``.
        """
        conference = self._conferences.get(session_id)
        if conference is None or conference.state.closed:
            raise ConflictError("session_not_open")
        return conference

    def of_branch(self, venue_id: int) -> Conference | None:
        """Return the conference that expects this branch venue; the newest when there are two."""
        found = [c for c in self.running if any(v.venue_id == venue_id for v in c.state.venues)]
        return found[-1] if found else None
