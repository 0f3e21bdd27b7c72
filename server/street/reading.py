"""Reads an uploaded table, whatever form it has: text itself, a workbook in a child process."""

import asyncio
import json
from datetime import timedelta

from server.children.parent import module, run
from server.domain.errors import DomainError
from server.street.cells import decode_upload

_COMMAND = module("server.street.workbook")
_TIMEOUT = timedelta(seconds=20)
_ONE_AT_A_TIME = asyncio.Semaphore(1)


async def read_upload(content: bytes) -> str:
    """Return the text of an uploaded CSV file, or of a workbook's first sheet with tabs.

    Raises:
        DomainError: ``workbook_…`` for a workbook that is refused, ``file_…`` for anything else.
    """
    if not content.startswith(b"PK\x03\x04"):
        return decode_upload(content)
    async with _ONE_AT_A_TIME:
        try:
            ended = await run(_COMMAND, content, within=_TIMEOUT)
        except TimeoutError as error:
            raise DomainError("workbook_too_big") from error
    if ended.status != 0:
        raise DomainError("workbook_broken")
    answer: dict[str, str] = json.loads(ended.made)
    if "code" in answer:
        raise DomainError(answer["code"])
    return answer["text"]
