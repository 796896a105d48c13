// Progressive enhancement only: every page works with this file blocked.
// Loaded as <script type="module" src>, so it is deferred and allowed by script-src 'self'.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// The error summary gets focus, so that screen readers and eyes land on it.
$('.summary')?.focus();

// One submit per form: a double click on a slow line must not send twice. The server checks as well.
const unlock = (form) => {
  delete form.dataset.sent;
  $$('[aria-disabled]', form).forEach((button) => button.removeAttribute('aria-disabled'));
};
for (const form of $$('form[method=post]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = '1';
    event.submitter?.setAttribute('aria-disabled', 'true');
    // A download leaves the page standing, so the lock opens again.
    setTimeout(unlock, 8000, form);
  });
}
addEventListener('pageshow', (event) => { if (event.persisted) $$('form[method=post]').forEach(unlock); });

// J and K move in a list, only while focus is inside it, so typing elsewhere stays typing.
const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
for (const list of $$('[data-keys]')) {
  list.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select, textarea')) return;
    const links = $$('tbody th a, .name[href]', list);
    const at = links.indexOf(document.activeElement);
    const step = STEPS[event.key];
    let next;
    if (step && at >= 0) next = links[Math.min(links.length - 1, Math.max(0, at + step))];
    if (event.key === 'Home') next = links[0];
    if (event.key === 'End') next = links.at(-1);
    if (next) { event.preventDefault(); next.focus(); }
  });
}

// Ctrl+K goes to the page's search box, where it has one.
addEventListener('keydown', (event) => {
  const box = (event.ctrlKey || event.metaKey) && event.key === 'k' ? $('#q') : null;
  if (box) { event.preventDefault(); box.focus(); box.select(); }
});

// Copy a case reference. The button is hidden without scripts, and where the browser lends no clipboard.
for (const button of $$('[data-copy]')) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const was = button.textContent;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = was; }, 3000);
  });
}

// Print, where a page offers it.
for (const button of $$('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}
