"""The child process that draws pages: a file on stdin, its page count or a picture on stdout.

PDFium and Pillow read what strangers wrote. Here they have so much memory and processor time and no
more, can write no file, and take nothing of the server with them when they fall.

    python -m server.materials.drawing pdf|picture count|PAGE < file
"""

import io
import sys

import pypdfium2 as pdfium
from PIL import Image, ImageOps
from pypdfium2 import raw

from server.children.child import stay_within

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 20
LONG_SIDE = 2000
"""Pixels of a page's longer side: for a 1920×1080 screen, and to read an A4 page enlarged."""
MOST_PIXELS = 64_000_000
LOCKED, UNREADABLE, NO_SUCH_PAGE = 3, 4, 5
"""Exit statuses beside 0."""


class NoPageError(Exception):
    """There is no page of this number."""


def count_pages(data: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(pdfium.PdfDocument(data))


def draw_page(data: bytes, number: int) -> Image.Image:
    """Return a page of a PDF, counted from 1, with its longer side at ``LONG_SIDE`` pixels.

    Raises:
        NoPageError: when there is none.
    """
    document = pdfium.PdfDocument(data)
    if not 1 <= number <= len(document):
        raise NoPageError
    page = document[number - 1]
    width, height = page.get_size()
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise ValueError("a page without a size")
    # sides are rounded up: half a pixel less keeps the longer one from one too many
    drawn: Image.Image = page.render(scale=(LONG_SIDE - 0.5) / max(width, height)).to_pil()
    return drawn.convert("RGB")


def open_picture(data: bytes) -> Image.Image:
    """Return a picture upright, without what stood beside its pixels, ``LONG_SIDE`` at most.

    Raises:
        ValueError: for more than ``MOST_PIXELS``, before any of them is unpacked.
    """
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        opened.draft("RGB", (LONG_SIDE, LONG_SIDE))
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((LONG_SIDE, LONG_SIDE))
        if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
            seen = upright.convert("RGBA")
            ground = Image.new("RGB", seen.size, "white")
            ground.paste(seen, mask=seen.getchannel("A"))
            return ground
        return upright.convert("RGB")


def encode(picture: Image.Image) -> bytes:
    """Return a picture as PNG, which keeps letters sharp, or as JPEG where that is far smaller."""
    sharp, small = io.BytesIO(), io.BytesIO()
    picture.save(small, "JPEG", quality=88)
    picture.save(sharp, "PNG")
    return (sharp if sharp.tell() <= 2 * small.tell() else small).getvalue()


def answer(kind: str, wanted: str, data: bytes) -> bytes:
    """Return what is asked of a file: its count of pages in digits, or a picture."""
    if wanted == "count":
        if kind == "picture":
            open_picture(data)
        return str(count_pages(data) if kind == "pdf" else 1).encode()
    if kind == "pdf":
        return encode(draw_page(data, int(wanted)))
    if wanted != "1":
        raise NoPageError
    return encode(open_picture(data))


def main() -> int:
    """Answer on stdout; the exit status says why there is no answer."""
    stay_within(memory=MEMORY_BYTES, seconds=CPU_SECONDS, octets=0)
    kind, wanted = sys.argv[1:]
    data = sys.stdin.buffer.read()
    try:
        sys.stdout.buffer.write(answer(kind, wanted, data))
    except NoPageError:
        return NO_SUCH_PAGE
    except pdfium.PdfiumError as error:
        return LOCKED if error.err_code == raw.FPDF_ERR_PASSWORD else UNREADABLE
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        return UNREADABLE
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
