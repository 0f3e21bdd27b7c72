"""Files that requests bring, for the features that show them: digests and materials."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

from server.admission import vault
from server.admission.store import load_attachments
from server.db.engine import Tx
from server.digest.model import DigestFile
from server.materials.model import Material


async def fetch_file(folder: Path, digest: str) -> bytes:
    """Return the bytes of a file that a request brought."""
    return await asyncio.to_thread(vault.fetch, folder, digest)


async def load_digest_files(tx: Tx, request_ids: Collection[int]) -> Mapping[int, list[DigestFile]]:
    """Return the files of requests as a digest keeps them."""
    found = await load_attachments(tx, request_ids)
    return {
        request: [DigestFile(file.name, file.digest, file.size) for file in files]
        for request, files in found.items()
    }


async def load_materials(tx: Tx, request_ids: Collection[int]) -> Mapping[int, list[Material]]:
    """Return the files of requests as a session shows them."""
    found = await load_attachments(tx, request_ids)
    return {
        request: [Material(f"r{file.id}", file.name, file.digest, file.size) for file in files]
        for request, files in found.items()
    }
