"""The audit fails on a known vulnerability, and passes with a sentence where it cannot look."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests import audit

FOUND = {
    "id": "PYSEC-2026-1",
    "summary": "A fault",
    "affected": [
        {
            "package": {"name": "idna", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
        }
    ],
}


@pytest.fixture
def service(monkeypatch):
    """A list of vulnerabilities on this machine, as OSV answers; `bad` names are vulnerable."""
    monkeypatch.setattr(audit, "SECONDS", 240)  # a busy machine is slow

    class Service(BaseHTTPRequestHandler):
        bad: tuple[str, ...] = ()
        status = 200
        asked: list[str] = []  # noqa: RUF012 - one for each fixture

        def do_POST(self):
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = query["package"]["name"]
            self.asked.append(name)
            body = json.dumps({"vulns": [FOUND]} if name in self.bad else {}).encode()
            self.send_response(self.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Service.url = f"http://127.0.0.1:{server.server_port}/v1/query"
    yield Service
    server.shutdown()
    server.server_close()


def look_up(service, **options) -> int:
    return audit.main(["-s", "osv", "--osv-url", service.url], **options)


@pytest.mark.slow
def test_all_locked_packages_are_looked_up(service, capsys):
    assert look_up(service) == 0
    locked = audit.LOCK.read_text("utf-8").count("==")
    assert f"No vulnerability is known in {locked} locked packages." in capsys.readouterr().out
    assert len(set(service.asked)) == locked


@pytest.mark.slow
def test_a_known_vulnerability_fails_the_check_and_is_named(service, tmp_path, capsys):
    service.bad = ("idna",)
    few = tmp_path / "lock.txt"
    pin = "idna==3.1 --hash=sha256:" + "0" * 64
    few.write_text(pin.replace("idna==3.1", "anyio==4.1") + f"\n{pin}\n")
    assert look_up(service, lock=few) == 1
    said = capsys.readouterr().out
    assert "idna" in said
    assert "PYSEC-2026-1, mended in 99.1" in said


@pytest.mark.slow
def test_a_list_that_does_not_answer_is_one_sentence(service, capsys):
    service.url = "http://127.0.0.1:9/v1/query"  # the discard port, which nobody listens on
    assert look_up(service) == 0
    assert capsys.readouterr().out.splitlines() == [audit.UNREACHABLE]


@pytest.mark.slow
def test_after_one_failed_answer_nothing_else_is_asked_for(service, capsys):
    service.status = 503
    assert look_up(service) == 0
    assert capsys.readouterr().out.splitlines() == [audit.UNREACHABLE]
    assert len(set(service.asked)) == 1


@pytest.mark.slow
def test_a_damaged_lock_file_is_no_pass(service, tmp_path, capsys):
    damaged = tmp_path / "lock.txt"
    damaged.write_text("idna==3.1\n  --hash\nnonsense===\n")
    assert look_up(service, lock=damaged) == 1
    assert "pip-audit failed" in capsys.readouterr().out


def test_a_package_that_the_list_does_not_know_is_not_counted(monkeypatch, capsys):
    monkeypatch.setattr(audit, "ask", lambda *_: [])
    assert audit.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [audit.UNREACHABLE]


def test_a_machine_without_pip_audit_passes_with_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(audit.importlib.util, "find_spec", lambda name: None)
    assert audit.main([]) == 0
    assert capsys.readouterr().out.startswith(audit.NOT_LOOKED_UP)
