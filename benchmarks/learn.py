"""Pictures and training steps a second of the live part of Learn: one visitor, and four at once.

The page runs in a process of its own, and visitors call it over HTTP as the page's script does: the
next look follows the picture before, at least 110 ms later. Each visitor watches two runs.

Usage: python -m benchmarks.learn
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from benchmarks.page import served_page

PORT = "7898"
SECONDS, LOOK_SECONDS = 10.0, 0.11
PAIRS = {
    "non-saturating, relativistic": ("nonsaturating", "relativistic", 1),
    "non-saturating, R1": ("nonsaturating", "r1", 1),
    "WGAN-GP, 3 critic steps, twice": ("wgan-gp", "wgan-gp", 3),
}


def main() -> None:
    """Print the table."""
    with served_page(PORT) as url:
        print(f"{'two runs':32} {'visitors':>8} {'pictures/s':>11} {'steps/s':>8}")
        for title, pair in PAIRS.items():
            for visitors in (1, 4):
                with ThreadPoolExecutor(visitors) as pool:
                    watch = lambda k, pair=pair: Visitor(url, f"{time.time()}-{k}").watch(*pair)
                    found = list(pool.map(watch, range(visitors)))
                pictures, steps = (min(column) for column in zip(*found, strict=True))
                print(f"{title:32} {visitors:8} {pictures:11.1f} {steps:8.0f}")


class Visitor:
    """A page that watches two runs.

    Args:
        url: of the server.
        key: of the browser.
    """

    def __init__(self, url: str, key: str) -> None:
        self.key, self.client = key, httpx.Client(base_url=url, timeout=60)
        components = self.client.get("/config").json()["components"]
        is_lab = lambda each: each["props"].get("elem_id") == "learn-lab"
        self.lab = next(each["id"] for each in components if is_lab(each))

    def ask(self, **request: Any) -> dict[str, Any]:
        """A call, as the page's script makes it."""
        body = {
            "data": {"visitor": self.key, **request},
            "fn_name": "ask",
            "session_hash": self.key,
            "component_id": self.lab,
        }
        return self.client.post("/gradio_api/component_server", json=body).json()

    def watch(self, first: str, second: str, critic_steps: int) -> tuple[float, float]:
        """Pictures a second, and steps of each run a second."""
        runs = [
            {"objective": name, "discriminator_steps": critic_steps} for name in (first, second)
        ]
        token = self.ask(do="open", runs=runs)["session"]
        self.ask(do="play", session=token)
        time.sleep(1)
        begun = self.ask(do="look", session=token, seen=-1)
        seen, started, pictures, now = begun["version"], time.perf_counter(), 0, begun
        while time.perf_counter() - started < SECONDS:
            asked = time.perf_counter()
            answer = self.ask(do="look", session=token, seen=seen)
            if not answer.get("same"):
                pictures, seen, now = pictures + 1, answer["version"], answer
            time.sleep(max(0.0, LOOK_SECONDS - (time.perf_counter() - asked)))
        seconds = time.perf_counter() - started
        self.ask(do="pause", session=token)
        return pictures / seconds, (now["runs"][0]["step"] - begun["runs"][0]["step"]) / seconds


if __name__ == "__main__":
    main()
