// The language of the page. The server has written `ganvasLanguage` and `ganvasTexts` before this.
(() => {
  const language = window.ganvasLanguage ?? 'en';
  const texts = window.ganvasTexts ?? {};
  // Gradio's own texts follow the browser's language; here they follow the page's
  Object.defineProperty(navigator, 'language', { get: () => language });
  Object.defineProperty(navigator, 'languages', { get: () => [language] });

  // Gradio writes the browser's language there
  const page = document.documentElement;
  const name = () => { if (page.lang !== language) page.lang = language; };
  new MutationObserver(name).observe(page, { attributes: true, attributeFilter: ['lang'] });
  name();

  // A text of a script; holes {0}, {1}, … are filled with the values.
  window.ganvasText = (template, ...values) =>
    (texts[template] ?? template).replace(/\{(\d+)\}/g, (hole, k) => values[k] ?? hole);

  // Names and hints that Gradio has in English alone.
  const ATTRIBUTES = ['aria-label', 'title', 'placeholder'];
  const SLIDER = /^(number input|range slider) for (.*)$/s;
  const translated = (text) => {
    const slider = SLIDER.exec(text);
    return slider ? window.ganvasText(`${slider[1]} for {0}`, slider[2]) : texts[text] ?? text;
  };
  const translateGradio = () => {
    for (const name of ATTRIBUTES) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        const before = element.getAttribute(name);
        const after = translated(before);
        if (after !== before) element.setAttribute(name, after);
      }
    }
    for (const title of document.querySelectorAll('.toast-title')) {
      const after = texts[title.textContent.trim()];
      if (after) title.textContent = after;
    }
  };
  let soon = null;
  const later = () => { soon ??= setTimeout(() => { soon = null; translateGradio(); }, 200); };
  if (language !== 'en') {
    new MutationObserver(later).observe(document, {
      childList: true, subtree: true, attributes: true, attributeFilter: ATTRIBUTES,
    });
  }

  // On another site's page, such as the Hub's, cookies need to be partitioned, and HTTPS.
  const cookie = (value) => {
    const place = location.protocol === 'https:' ? 'SameSite=None; Secure; Partitioned' : 'SameSite=Lax';
    document.cookie = `ganvas_language=${value}; path=/; max-age=31536000; ${place}`;
  };
  document.addEventListener('click', (event) => {
    const chosen = event.target.closest?.('[data-language]')?.dataset.language;
    if (!chosen || chosen === language) return;
    cookie(chosen);
    location.reload();
  });
})();
