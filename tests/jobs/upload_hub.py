"""A Hub on 127.0.0.1 that takes uploads and logs visitors in, as huggingface.co does.

`HfApi` talks to it over HTTP, and so does Gradio's login (OpenID Connect).
"""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

CLIENT = "client-of-the-space"


@dataclass
class Repo:
    """A repository, and its files."""

    private: bool
    files: dict[str, bytes] = field(default_factory=lambda: {".gitattributes": b""})


class UploadHub(ThreadingHTTPServer):
    """`accounts`: tokens and whose they are; `repos` by name."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.accounts = {"hf_x": "me", "hf_login": "visitor"}
        self.may_write = True
        self.broken = 0  # the status with which the next commit fails; 5xx is tried again
        self.repos: dict[str, Repo] = {}
        self.nonce = ""


@contextmanager
def serving():
    """Serve it, as the Hub of `huggingface_hub`."""
    from huggingface_hub import constants

    hub = UploadHub()
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", hub.url)
        patch.delenv("GANVAS_OFFLINE", raising=False)
        yield hub
    hub.shutdown()
    hub.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: UploadHub

    def log_message(self, format: str, *args) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/.well-known/openid-configuration":
            self._answer(200, self._metadata())
        elif url.path == "/oauth/authorize":
            assert query["client_id"] == CLIENT
            self.server.nonce = query.get("nonce", "")
            back = urlencode({"code": "c0de", "state": query["state"]})
            mark = "&" if "?" in query["redirect_uri"] else "?"
            self.send_response(302)
            self.send_header("Location", query["redirect_uri"] + mark + back)
            self.end_headers()
        elif url.path == "/oauth/jwks":
            self._answer(200, {"keys": [_key().as_dict(private=False)]})
        elif url.path.startswith("/api/models/"):
            name = url.path.removeprefix("/api/models/").removesuffix("/revision/main")
            repo = self.server.repos[name]
            files = [{"rfilename": file} for file in repo.files]
            self._answer(200, {"id": name, "private": repo.private, "siblings": files})
        else:
            self._answer(404, {"error": "Not found"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/oauth/token":
            assert parse_qs(body.decode())["code"] == ["c0de"]
            self._answer(200, self._tokens())
            return
        if self.path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
            return
        owner = self.server.accounts.get((self.headers["Authorization"] or "").split(" ")[-1])
        if owner is None or not self.server.may_write:
            self._answer(401 if owner is None else 403, {"error": "No"})
        elif self.path == "/api/repos/create":
            self._create(owner, json.loads(body))
        elif self.path.endswith("/preupload/main"):
            names = [file["path"] for file in json.loads(body)["files"]]
            modes = {"uploadMode": "regular", "shouldIgnore": False}
            self._answer(200, {"files": [{"path": name, **modes} for name in names]})
        elif self.path.endswith("/commit/main"):
            self._commit(self.path.split("/", 3)[3].removesuffix("/commit/main"), body)
        else:
            self._answer(404, {"error": "Not found"})

    def _create(self, owner: str, wanted: dict) -> None:
        account = wanted.get("organization") or owner
        name = f"{account}/{wanted['name']}"
        if account != owner:
            self._answer(403, {"error": "No"})
            return
        taken = name in self.server.repos
        if not taken:
            is_private = wanted.get("private") or wanted.get("visibility") == "private"
            self.server.repos[name] = Repo(bool(is_private))
        self._answer(409 if taken else 200, {"url": f"{self.server.url}/{name}", "id": name})

    def _commit(self, name: str, body: bytes) -> None:
        if self.server.broken:
            self._answer(self.server.broken, {"error": "No"})
            self.server.broken = 0
            return
        for line in body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                content = base64.b64decode(entry["value"]["content"])
                self.server.repos[name].files[entry["value"]["path"]] = content
        self._answer(200, {"commitUrl": f"{self.server.url}/{name}/commit/1", "commitOid": "1"})

    def _metadata(self) -> dict:
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        paths = ("authorize", "token", "jwks")
        pages = zip(names, paths, strict=True)
        return {"issuer": self.server.url} | {
            name: f"{self.server.url}/oauth/{path}" for name, path in pages
        }

    def _tokens(self) -> dict:
        from joserfc import jwt

        now = int(time.time())
        claims = {"iss": self.server.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 999}
        claims |= {"name": "A Visitor", "preferred_username": "visitor", "picture": "", "email": ""}
        claims |= {"profile": f"{self.server.url}/visitor", "nonce": self.server.nonce}
        identity = jwt.encode({"alg": "RS256", "kid": "1"}, claims, _key())
        tokens = {"access_token": "hf_login", "token_type": "bearer", "expires_in": 999}
        return tokens | {"id_token": identity, "scope": "openid profile contribute-repos"}

    def _answer(self, status: int, content: dict) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


_KEYS: list = []


def _key():
    """The key that signs who has logged in."""
    from joserfc.jwk import RSAKey

    if not _KEYS:
        _KEYS.append(RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}, private=True))
    return _KEYS[0]
