"""The child process that turns one printable page into PDF: PDF on stdout.

On stdin come one line of JSON and the HTML. Where the line names a ``seal`` (certificate, key and
authority) and when it is ``signed_at``, it makes PDF/A-3b and signs it. A child may wait for its
page for a while; it ends with whom it waits for.

WeasyPrint takes some 300 MB and a second or two; here it can neither slow down a meeting nor take
more memory than it is given. Nothing is ever fetched: a report brings all it needs with it.
"""

import gc
import json
import logging
import re
import select
import sys
from datetime import datetime
from pathlib import Path

from server.children.child import stay_within, tell

_SAMPLE = '<p style="font-family: Noto Serif CJK SC, serif">拼会<table><tr><td>1</td></tr></table>'
"""What a child lays out while it waits: fonts and style sheets are then read."""
_PAGE = re.compile(r"Creating layout - Page (\d+)")
"""How WeasyPrint tells its log of the page that it lays out."""
MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 60
_GARBAGE = (50_000, 20, 20)
"""How seldom garbage is looked for: a paper's boxes stay until it is written."""
NICE = 5
"""How much a paper stands back behind a meeting that needs the same core."""


class _Pages(logging.Handler):
    """Tells the parent of each page that is laid out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell 3 when WeasyPrint begins with page 3."""
        found = _PAGE.search(record.getMessage())
        if found:
            tell(int(found[1]))


def main() -> int:
    """Convert what comes in; the exit status is 0 when the PDF is whole."""
    stay_within(memory=MEMORY_BYTES, seconds=CPU_SECONDS, nice=NICE)
    gc.disable()
    # read here: until they are, there is no garbage, and looking for it takes a tenth of the time
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    from server.pages.signing import SealFiles, sign

    gc.freeze()
    gc.enable()
    gc.set_threshold(*_GARBAGE)
    if not select.select([sys.stdin], [], [], 0)[0]:
        HTML(string=_SAMPLE).write_pdf(pdf_variant="pdf/a-3b")
    progress = logging.getLogger("weasyprint.progress")
    progress.setLevel(logging.INFO)
    progress.addHandler(_Pages())
    first = sys.stdin.buffer.readline()
    if not first:
        return 0
    told = json.loads(first)
    text = sys.stdin.buffer.read().decode("utf-8")
    page = HTML(string=text, url_fetcher=URLFetcher(allowed_protocols=()))
    if "seal" not in told:
        page.write_pdf(sys.stdout.buffer)
        return 0
    seal = SealFiles(*(Path(word) for word in told["seal"]))
    pdf = page.write_pdf(pdf_variant="pdf/a-3b")
    sys.stdout.buffer.write(sign(pdf, seal, datetime.fromisoformat(told["signed_at"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
