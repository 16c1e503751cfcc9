"""Values that nobody should send, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.hostile.page import file_data

SECRET = "canary-4f1c"  # is in everything that is typed; the log must not contain it
ADDRESSES = [
    "http://127.0.0.1:1/x.png",
    "http://169.254.169.254/latest/meta-data",
    "https://example.org/a.png",
    "//example.org/a.png",
    "ftp://127.0.0.1/x",
    "file:///etc/passwd",
    "gopher://[::1]:25/_x",
    "\\\\server\\share\\x.png",
]
PATHS = [
    "/etc/passwd",
    "../../../../etc/passwd",
    "/proc/self/environ",
    "app.py",
    ".",
    "",
    "/dev/zero",
    "a" * 5000,
    "x\0y.png",
    "~/.ssh/id_rsa",
    "..%2f..%2fetc%2fpasswd",
]
texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from([*ADDRESSES, *PATHS, SECRET, "9" * 400, "0-99999999999", "\ud800", "NaN"]),
)
numbers = st.one_of(
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    st.sampled_from([0, -1, 10**300, float("nan"), float("inf"), float("-inf"), 1e308, 2**53]),
)
files = st.one_of(
    st.sampled_from([*ADDRESSES, *PATHS]).map(file_data),
    st.sampled_from([*ADDRESSES, *PATHS]).map(lambda path: {"path": path}),
    st.sampled_from([*ADDRESSES]).map(lambda url: {**file_data("x.png"), "url": url}),
    st.just({"path": "x", "meta": None}),
    st.just({"path": ["x"], "meta": {"_type": "gradio.FileData"}}),
    st.just({"path": "x", "meta": {"_type": ["gradio.FileData"]}}),
)
plain = st.one_of(st.none(), st.booleans(), texts, numbers, files)
nested = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["path", "value", "meta", "__type__", "x"]), inner),
    ),
    max_leaves=8,
)


def deep(depth: int) -> object:
    """Lists in lists."""
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


anything = st.one_of(plain, nested, st.sampled_from([10, 30, 200, 600]).map(deep))
