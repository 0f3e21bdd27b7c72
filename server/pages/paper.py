"""The child process that turns one printable page into PDF: HTML on stdin, PDF on stdout.

WeasyPrint takes some 300 MB and a second or two; here it can neither slow down a meeting nor take
more memory than it is given. Nothing is ever fetched: a report brings all it needs with it.
"""

import resource
import sys

from weasyprint import HTML
from weasyprint.urls import URLFetcher

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 60


def main() -> int:
    """Convert what comes in; the exit status is 0 when the PDF is whole."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    text = sys.stdin.buffer.read().decode("utf-8")
    HTML(string=text, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf(sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
