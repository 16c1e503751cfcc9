(() => {
  const early = document.getElementById('early');
  const theme = new URLSearchParams(location.search).get('__theme');
  const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  early.classList.toggle('dark', dark);
  let wanted = null;
  early.addEventListener('click', (event) => {
    const tile = event.target.closest('.tile');
    if (!tile) return;
    event.preventDefault();
    wanted = tile.dataset.tab;
    tile.classList.add('opening');
  });
  const observer = new MutationObserver(() => {
    const ours = document.querySelector('#start-tiles .tile');
    const elsewhere = document.querySelector('[role=tab]') && !document.getElementById('tab-start-button');
    if (!ours && !elsewhere) return; // a page may lack a Start tab
    observer.disconnect();
    early.remove();
    if (wanted) document.getElementById(`${wanted}-button`)?.click();
  });
  observer.observe(document.body, { childList: true, subtree: true });
})();
