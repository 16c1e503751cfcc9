// Requests to the model: one pending at a time, always of the newest state, so that no queue grows
// and the last state is always painted.

const RETRY_MS = [200, 500, 1000, 2000, 4000];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Live {
  // `send(payload)` asks the server; `payload()` is the state to show; `show(answer, sent)` shows
  // it; `idle()` is called when there is nothing left to do.
  constructor({ send, payload, show, tell, idle }) {
    Object.assign(this, { send, payload, show, tell, idle });
    this.wanted = false;
    this.running = false;
    this.shown = null; // the state whose picture is on the page
  }

  // The state has changed.
  update() {
    this.wanted = true;
    if (!this.running) this.run();
  }

  async run() {
    this.running = true;
    try {
      for (let failures = 0; this.wanted; ) {
        this.wanted = false;
        const payload = this.payload();
        const state = JSON.stringify(payload);
        if (state === this.shown) break; // the end of a stroke often equals its last move
        const answer = await this.ask(() => this.send(payload));
        if (answer.picture) {
          await this.show(answer);
          this.shown = state;
          failures = 0;
        } else if (answer.problem) {
          this.tell(answer.problem);
        } else {
          this.tell(t("Waiting for the server…"));
          this.wanted = true;
          await sleep(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
          failures += 1;
        }
      }
    } finally {
      this.running = false; // the next change sends a request, also after an error
    }
    this.idle();
  }

  // An answer with `picture` or `problem`; neither where the server is busy or unreachable.
  async ask(work) {
    try {
      return (await work()) || {};
    } catch {
      return {};
    }
  }

  // A picture beside the painting itself, which goes first; null if that was changed.
  async aside(payload) {
    while (this.running) await sleep(50);
    this.running = true;
    const answer = await this.ask(() => this.send(payload));
    this.running = false;
    if (this.wanted) {
      this.run();
      return null;
    }
    return answer;
  }
}

async function showPicture(image, url) {
  const next = new Image();
  next.src = url;
  await next.decode();
  image.src = url;
  await image.decode();
}

function saveFile({ name, type, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
