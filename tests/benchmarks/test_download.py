"""Downloads from a server on this machine: whole, resumed, cut off, altered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from naslib_incremental.benchmarks import DataFile
from naslib_incremental.benchmarks.download import download
from naslib_incremental.benchmarks.nasbench101.sources import OFFICIAL
from naslib_incremental.foundation.errors import UserError

CONTENT = bytes(range(256)) * 40
NAME = "nasbench_only108.tfrecord"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(HTTPServer):
    """Serves CONTENT; remembers the ranges asked for."""

    ranges: list[str | None]
    knows_ranges = True
    closes_after: int | None = None


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.server.ranges.append(asked)
        start = 0
        if asked and self.server.knows_ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start : self.server.closes_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", str(tmp_path))
    with Server(("127.0.0.1", 0), Handler) as running:
        running.ranges = []
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def fetch(server: Server, sha256: str = SHA256) -> Path:
    address = f"http://127.0.0.1:{server.server_port}/{NAME}"
    return OFFICIAL.fetch(DataFile(NAME, address=address, sha256=sha256))


def test_a_file_is_fetched_once(tmp_path: Path, server: Server) -> None:
    path = fetch(server)
    assert path == tmp_path / "nasbench101" / NAME
    assert path.read_bytes() == CONTENT
    assert fetch(server) == path
    assert server.ranges == [None]
    assert [file.name for file in path.parent.iterdir()] == [NAME]


@pytest.mark.parametrize("knows_ranges", [True, False])
@pytest.mark.parametrize("present", [1, 5_000, len(CONTENT)])
def test_an_unfinished_download_is_resumed(
    tmp_path: Path, server: Server, knows_ranges: bool, present: int
) -> None:
    server.knows_ranges = knows_ranges
    part = tmp_path / "nasbench101" / f"{NAME}.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT[:present])
    assert fetch(server).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={present}-"]


def test_a_connection_that_closes_early_can_be_resumed(server: Server) -> None:
    server.closes_after = 3_000
    with pytest.raises(UserError, match="resumes where it stopped"):
        fetch(server)
    server.closes_after = None
    assert fetch(server).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=3000-"]


def test_an_altered_file_is_not_kept(tmp_path: Path, server: Server) -> None:
    with pytest.raises(UserError, match="with the SHA-256 0000"):
        fetch(server, "0" * 64)
    assert list((tmp_path / "nasbench101").iterdir()) == []


def test_a_server_that_cannot_be_reached_is_one_clear_error(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_port
    with pytest.raises(UserError, match="to download"):
        download(f"http://127.0.0.1:{port}/{NAME}", tmp_path / NAME, SHA256)
