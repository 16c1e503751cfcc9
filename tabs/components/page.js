// The whole page: mark fields with errors, and scroll to results.
() => {
  const shown = new WeakSet();
  const clear = (field) => {
    field.classList.remove('wrong');
    field.querySelectorAll('.field-problem').forEach((note) => note.remove());
    field.querySelectorAll('[aria-invalid]').forEach((input) => input.removeAttribute('aria-invalid'));
  };
  const mark = (field, sentence) => {
    clear(field);
    field.classList.add('wrong');
    field.querySelectorAll('input, textarea').forEach((input) => input.setAttribute('aria-invalid', 'true'));
    const note = document.createElement('p');
    note.className = 'field-problem';
    note.textContent = sentence;
    field.append(note);
    // clear a refused file from its upload
    if (field.classList.contains('forget-wrong')) field.querySelector('button[aria-label="Clear"]')?.click();
    const fresh = () => { clear(field); field.removeEventListener('input', fresh); };
    field.addEventListener('input', fresh);
    field.addEventListener('drop', fresh, { once: true });
  };
  new MutationObserver(() => {
    for (const hint of document.querySelectorAll('.toast-body i[class^="field--"]')) {
      if (shown.has(hint)) continue;
      shown.add(hint);
      const field = document.getElementById(hint.className.slice('field--'.length));
      if (field) mark(field, hint.parentElement.textContent.trim());
    }
  }).observe(document.body, { childList: true, subtree: true });

  // Accessible names that Gradio lacks: pictures of a sheet by caption, examples by number.
  const name = () => {
    for (const item of document.querySelectorAll('button.thumbnail-item')) {
      const caption = item.querySelector('.caption-label')?.textContent.trim();
      if (caption && item.getAttribute('aria-label') !== caption) item.setAttribute('aria-label', caption);
    }
    // a picture is a button that opens it; the placeholder of an empty one has a label and no role
    for (const button of document.querySelectorAll('.image-container > button:not([aria-label])')) {
      button.setAttribute('aria-label', window.ganvasText('Show the picture in full'));
    }
    document.querySelectorAll('.empty[aria-label]:not([role])').forEach((e) => e.setAttribute('role', 'img'));
    document.querySelectorAll('[id$="-examples"] button').forEach((button, k) => {
      if (!button.getAttribute('aria-label')) button.setAttribute('aria-label', window.ganvasText('Example {0}', k + 1));
    });
  };
  let naming = null;
  new MutationObserver(() => { naming ??= setTimeout(() => { naming = null; name(); }, 200); })
    .observe(document.body, { childList: true, subtree: true });

  // Scroll to an element, no farther than needed, and again while its content still loads. Stops
  // when the visitor scrolls or presses something.
  const MOVES = ['wheel', 'touchmove', 'keydown', 'pointerdown'];
  const bring = (element) => {
    const { top, bottom, height } = element.getBoundingClientRect();
    if (top >= 0 && bottom <= innerHeight) return;
    element.scrollIntoView({ block: height > innerHeight || top < 0 ? 'start' : 'end' });
  };
  window.ganvasShow = (id) => {
    let height = 0;
    let looks = 30;
    const stop = () => {
      clearInterval(timer);
      MOVES.forEach((kind) => removeEventListener(kind, stop));
    };
    const timer = setInterval(() => {
      const element = document.getElementById(id);
      const now = element ? element.getBoundingClientRect().height : 0;
      if (element && now !== height) bring(element);
      height = now;
      if (--looks === 0) stop();
    }, 120);
    MOVES.forEach((kind) => addEventListener(kind, stop, { passive: true }));
  };
  document.addEventListener('click', (event) => {
    const button = event.isTrusted && event.target.closest('button');
    if (button) document.querySelectorAll('.wrong').forEach(clear);
  }, true);
}
