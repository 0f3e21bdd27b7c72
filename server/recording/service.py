"""Seals recordings once their sessions are over: repaired, told, hashed, entered into the log."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from server.audit import store as log_store
from server.audit.service import record
from server.db.engine import Database
from server.domain.clock import Clock, from_unix_ms
from server.domain.events import SYSTEM, EventKind, Payload, time_text
from server.recording import shelf
from server.recording.manifest import MANIFEST, digest_of, make_manifest, write_manifest
from server.recording.repair import StillWrittenError, repair
from server.recording.story import STORY, tell, write_story
from server.street import store as street

log = logging.getLogger("pinhui.recording")
_FRESH = "manifest.fresh"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A manifest that is written but not yet entered."""

    folder: Path
    payload: Payload


async def seal(db: Database, clock: Clock, root: Path, session_id: int) -> bool:
    """Seal the recording of a session that is over; return whether it was done now.

    One that is still being written waits. Should the process end between the log and the file, the
    same seal is entered once more: it says the same.
    """
    folder = shelf.unsealed(root).get(session_id)
    if folder is None:
        return False
    async with db.view() as tx:
        events = await log_store.load_recorded(tx, session_id=session_id)
        venues = await street.load_venues(tx)
    main = next((venue.name for venue in venues if venue.number == 0), "")
    story = write_story(tell(events, main))
    try:
        sealed = await asyncio.to_thread(_prepare, folder, session_id, story)
    except StillWrittenError:
        return False
    async with db.tx() as tx:
        await record(tx, clock, EventKind.RECORDING_SEALED, actor=SYSTEM, payload=sealed.payload)
    await asyncio.to_thread((folder / _FRESH).replace, folder / MANIFEST)
    log.info("the recording of session %s is sealed", session_id)
    return True


def _prepare(folder: Path, session_id: int, story: bytes) -> Sealed:
    """Put a recording in order and write its manifest, under another name for now."""
    repair(folder)
    (folder / STORY).write_bytes(story)
    manifest = make_manifest(folder)
    data = write_manifest(manifest)
    (folder / _FRESH).write_bytes(data)
    segments = [file for file in manifest.files if file.name.endswith(".seg")]
    gaps = [
        {"from": _moment(gap.from_us), "until": _moment(gap.until_us), "why": gap.why}
        for gap in manifest.gaps
    ]
    payload: Payload = {
        "session": session_id,
        "folder": "/".join(folder.parts[-3:]),
        "sha256": digest_of(data),
        "segments": len(segments),
        "octets": sum(file.octets for file in segments),
        "gaps": gaps,
    }
    return Sealed(folder, payload)


def _moment(moment_us: int) -> str:
    return time_text(from_unix_ms(moment_us // 1000))
