// Keep one stream of results per visitor while the page is open.
//
// Gradio's server ends the stream when the last event of a visitor is done, and its client opens the
// next one with the next event. An event that the server accepts before the client has read the end
// gets no stream: the client opens none, and the result never arrives. Here the end is not passed on;
// the next stream of the server continues the same one.
(() => {
  const fetched = window.fetch.bind(window);
  // Each call to the server says in which language the page is.
  const plain = (input, init) => {
    const url = new URL(input.url ?? input, location.href);
    if (url.origin !== location.origin || !url.pathname.includes('/gradio_api/')) return fetched(input, init);
    const headers = new Headers(init?.headers ?? input.headers);
    headers.set('x-ganvas-language', window.ganvasLanguage ?? 'en');
    return fetched(input, { ...init, headers });
  };
  const waiting = new Set(); // events that the server has accepted and not finished
  const finished = new Set(); // events whose end arrived before the answer that accepted them
  let wake = null; // continues the stream that has ended

  const note = (message) => {
    if (message.msg !== 'process_completed' || !message.event_id) return;
    if (!waiting.delete(message.event_id)) finished.add(message.event_id);
  };

  const take = (id) => {
    if (finished.delete(id)) return;
    waiting.add(id);
    wake?.();
  };

  // Pass on the messages of one stream of the server; true if it ended in order.
  async function pass(response, out) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const encoder = new TextEncoder();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return false;
      const blocks = (text + value).split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const message = JSON.parse(block.replace(/^data:/, ''));
        if (message.msg === 'close_stream') return true;
        note(message);
        out.enqueue(encoder.encode(block + '\n\n'));
      }
    }
  }

  async function run(first, request, out) {
    for (let response = first; ; ) {
      if (!(await pass(response, out))) return out.close();
      if (!waiting.size) await new Promise((resolve) => { wake = resolve; });
      wake = null;
      response = await plain(request.clone());
      if (!response.ok) throw new Error(`the stream of results ended: ${response.status}`);
    }
  }

  async function stream(request) {
    const first = await plain(request.clone());
    if (!first.ok) return first;
    const body = new ReadableStream({
      start(out) { run(first, request, out).catch((error) => out.error(error)); },
    });
    return new Response(body, { status: first.status, headers: first.headers });
  }

  // An event without an id has nothing to cancel; the server answers 422.
  const cancels_nothing = (path, init) =>
    /\/gradio_api\/(cancel|reset)$/.test(path) && JSON.parse(init?.body ?? '{}').event_id === null;

  window.fetch = async (input, init) => {
    const path = new URL(input.url ?? input, location.href).pathname;
    if (cancels_nothing(path, init)) return Response.json({ success: true });
    if (path.endsWith('/gradio_api/queue/data')) return stream(new Request(input, init));
    const response = await plain(input, init);
    if (path.endsWith('/gradio_api/queue/join') && response.ok) {
      const { event_id: id } = await response.clone().json();
      if (id) take(id);
    }
    return response;
  };
})();
