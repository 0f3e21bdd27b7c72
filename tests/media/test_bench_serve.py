"""``pinhui bench serve`` where its media worker cannot live."""

import socket

import pytest

from server.cli import main
from tests.ports import free_port


def test_bench_whose_worker_ends_at_once_says_why_in_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = str(other.getsockname()[1])
        words = ["bench", "serve", "--port", str(free_port()), "--media-port", taken]
        assert main(words) == 1
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert "媒体进程没有启动" in said.err
    assert "The media worker did not start" in said.err
    assert "Address already in use" in said.err
    assert said.out == ""
