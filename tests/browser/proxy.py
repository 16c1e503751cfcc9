"""nginx with the configuration of docs/running.md."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "running.md").read_text("utf-8")
HOST = "example.org"
PREFIX = "/ganvas"
NO_NGINX = "The tests of the reverse proxy need nginx (Debian: apt-get install nginx-light)."
# what a server of the system has in its main file; one process, which keeps its user
MAIN = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""


def installed() -> str | None:
    """The path of nginx, or None."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def settings() -> dict[str, str]:
    """The settings of the page that the documentation names."""
    line = next(line for line in PAGE.splitlines() if line.startswith("GRADIO_ROOT_PATH="))
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def documented(port: int, upstream: int, folder: Path) -> str:
    """The documented configuration, with other ports and a certificate made for it."""
    text = re.search(r"```nginx\n(.*?)```", PAGE, re.DOTALL)[1]
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/certs/example.org.pem": f"{folder}/certificate.pem",
        "/etc/ssl/private/example.org.key": f"{folder}/key.pem",
        "http://127.0.0.1:7860/": f"http://127.0.0.1:{upstream}/",
    }
    for before, after in changes.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


class Proxy:
    """A running nginx.

    Args:
        folder: for its files.
        upstream: the port of the page.
    """

    def __init__(self, folder: Path, upstream: int) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        make += ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
        make += ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"]
        subprocess.run(make, check=True, capture_output=True)
        server = documented(self.port, upstream, folder)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, server=server))
        command = [str(installed()), "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, self._process.stderr.read()
            assert time.monotonic() < end, "nginx does not answer"
            time.sleep(0.05)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def requests(self) -> list[tuple[str, int]]:
        """Path and status of every request so far."""
        log = (self.folder / "access.log").read_text("utf-8")
        found = re.findall(r'"[A-Z]+ (\S+) HTTP/[\d.]+" (\d{3})', log)
        return [(path, int(status)) for path, status in found]

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)
