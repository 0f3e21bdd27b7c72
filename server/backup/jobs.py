"""The nightly backup: at 02:30 site time, or as soon as the computer is on and nobody meets."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from server.backup.archive import Places
from server.backup.model import BackupError, is_due
from server.backup.service import back_up, load_standing
from server.backup.words import words_of
from server.db.engine import Database
from server.domain.clock import Clock

log = logging.getLogger("pinhui.backup")
LOOK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Nightly:
    """Makes the nightly backups; ``is_busy`` tells whether a session is open, which comes first."""

    db: Database
    clock: Clock
    places: Places
    recordings: bool
    keep: int
    is_busy: Callable[[], bool]

    async def begin(self) -> None:
        """Begin to lead: there is nothing to be done before."""

    async def run_due(self) -> None:
        """Make the backup of this night if it was not made or tried yet."""
        if self.is_busy():
            return
        async with self.db.view() as tx:
            standing = await load_standing(tx)
        if not is_due(standing.tried_at, self.clock.now()):
            return
        try:
            made = await back_up(
                self.db,
                self.clock,
                self.places,
                recordings=self.recordings,
                keep=self.keep,
                actor="timer",
            )
        except BackupError as error:
            log.error("no backup: %s", words_of(error.code, error.params)[1])
        else:
            log.info("backed up to %s", made)
