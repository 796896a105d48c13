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

// Count on to an arrival and past it, minute by minute, in the words that the server sent.
for (const time of $$('[data-minutes]')) {
  const { minutes, h, min, ahead, ago } = time.dataset;
  const since = Date.now();
  setInterval(() => {
    const left = minutes - Math.floor((Date.now() - since) / 60000);
    const n = Math.abs(left);
    const hours = n < 60 ? '' : `${h.replace('#', Math.floor(n / 60))} `;
    time.textContent = (left < 0 ? ago : ahead).replace('#', hours + min.replace('#', n % 60));
  }, 60000);
}

// Time limit: the server decides, and tells every tab that asks; a tab that only stands open is no sign of the person.
const limit = $('#time-limit');
if (limit) {
  const { url, who } = limit.dataset;
  const words = $('#time-left');
  const now = () => Date.now() / 1000;
  let end = now() + Number(limit.dataset.seconds);
  let asked = now();
  let seen = false; // a key or a touch since we last said so
  let last = false; // the eight hours end first: nothing puts that off
  let told = false; // and the person has read so
  let closing = false; // the script closes the dialog, not the person
  let page = null; // what stood here when the time was up

  const ask = async (method = 'GET') => {
    asked = now();
    let answer;
    try {
      answer = await (await fetch(url, { method, cache: 'no-store' })).json();
    } catch { return false; } // no line: the tab's own clock counts on
    // Another person's sign-in shows nothing of what this one has open.
    if (answer.who && answer.who !== who) { location.replace('/'); return false; }
    end = now() + answer.seconds;
    last = answer.last;
    if (answer.token) $$('[name=csrfmiddlewaretoken]', page ?? document).forEach((input) => { input.value = answer.token; });
    return answer.seconds > 0;
  };
  const show = (when, say) => {
    if (words.textContent !== words.dataset[say]) words.textContent = words.dataset[say];
    $$('[data-when]', limit).forEach((part) => { part.hidden = part.dataset.when !== when; });
    $('[data-last]', limit).hidden = !last || when === 'out';
    if (!limit.open) limit.showModal();
  };
  // What was typed is taken out of the page with all else, and lives in this tab alone.
  const lock = () => {
    if (page) return;
    if (!$('main :is([readonly], form[method=post] :is(textarea, select, input:not([type=hidden])))')) {
      location.replace(location.pathname + location.search);
      return;
    }
    page = new DocumentFragment();
    page.append(...[...document.body.childNodes].filter((node) => node !== limit));
    show('out', 'out');
    $('a', limit).focus();
  };
  const unlock = async () => {
    if (!page || !await ask() || !page) return;
    document.body.prepend(page);
    page = null;
    told = false;
    closing = true;
    limit.close();
  };
  const look = async () => {
    if (page) return;
    const left = () => end - now();
    if (seen && left() > 120 && now() - asked > 120) { seen = false; await ask('POST'); }
    else if (left() <= 0 || (left() <= 120 && now() - asked > 15)) await ask();
    if (left() <= 0) lock();
    else if (left() <= 120) { if (!told) show('warn', left() > 60 ? 'two' : 'one'); }
    else if (limit.open) { closing = true; limit.close(); }
  };
  limit.addEventListener('close', async () => {
    if (page) show('out', 'out');
    else if (closing) closing = false;
    else if (last) told = true;
    else { await ask('POST'); look(); } // by the button or by Escape the person has said: I am here
  });
  $('[data-back]', limit).addEventListener('click', unlock);
  for (const sign of ['keydown', 'pointerdown', 'input']) addEventListener(sign, () => { seen ||= !limit.open; });
  document.addEventListener('visibilitychange', async () => {
    if (document.hidden) return;
    if (page) unlock(); else { await ask(); look(); }
  });
  setInterval(look, 5000);
  // A page that the browser has kept is not shown before the server has been asked.
  addEventListener('pagehide', () => { document.documentElement.hidden = true; });
  addEventListener('pageshow', async (event) => {
    if (event.persisted && !page) {
      if (!await ask()) end = 0;
      await look();
    }
    document.documentElement.hidden = false;
  });
}

// Hide at once, in all tabs: empty the page, end the sign-in, and stand on a page that means nothing.
const exit = $('#hide');
if (exit) {
  const tabs = new BroadcastChannel('hide');
  const vanish = () => {
    document.body.replaceChildren();
    document.title = '';
    location.replace(exit.dataset.to);
  };
  const hide = () => {
    tabs.postMessage('');
    if (navigator.sendBeacon?.(exit.action)) vanish(); else exit.submit();
  };
  let escaped = -Infinity;
  tabs.addEventListener('message', vanish);
  exit.addEventListener('submit', (event) => { event.preventDefault(); hide(); });
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.repeat) return;
    if (event.timeStamp - escaped < 1000) hide();
    escaped = event.timeStamp;
  });
}
