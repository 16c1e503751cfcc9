"""Headers of every answer: what the page may load, who may frame it, who may read it."""

from __future__ import annotations

from tabs.components.space import on_space
from tabs.server.hosts import HostRules

# Gradio's page has inline scripts and styles and builds functions from text, so scripts are held
# to this server by their source alone; pictures of the camera and of the canvas are blobs and data
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "frame-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
_HUB = ("https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space")


def security_headers(rules: HostRules) -> dict[str, str]:
    """The headers of every answer of a page with these rules."""
    framers = [*(_HUB if on_space() else ()), *_sources(rules)]
    policy = _POLICY | {"frame-ancestors": " ".join(["'self'", *framers])}
    headers = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
        "cross-origin-resource-policy": "cross-origin" if framers else "same-origin",
    }
    if not framers:  # it has no way to name others
        headers["x-frame-options"] = "SAMEORIGIN"
        headers["cross-origin-opener-policy"] = "same-origin"
    return headers


def cors_headers(rules: HostRules, origin: str | None) -> dict[str, str]:
    """The headers that let a page of another origin read an answer; none where it may not."""
    if origin is None or not rules.listed or not rules.is_listed(origin):
        return {}
    if "*" in rules.listed:  # everybody may read, with nobody's cookies
        return {"access-control-allow-origin": "*"}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "vary": "Origin",
    }


def preflight_headers(wanted: str) -> dict[str, str]:
    """The headers that answer a browser's question before a call of another origin.

    Args:
        wanted: the names of the headers that the call will have.
    """
    return {
        "access-control-allow-methods": "GET, HEAD, POST, OPTIONS",
        "access-control-allow-headers": wanted,
        "access-control-max-age": "600",
    }


def _sources(rules: HostRules) -> list[str]:
    """The listed hosts as sources of a policy; each with any port."""
    return [name if name == "*" else f"{name}:*" for name in rules.listed]
