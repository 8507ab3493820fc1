extension Page {
  /// What the rest of the script is made of: elements, times that tell themselves, parts that are redrawn.
  static let basics = #"""
    'use strict';
    // All foreign text (runs, flows, services) is inserted through textContent, so it stays text.
    const $ = id => document.getElementById(id);
    function el(name, attributes, ...children) {
      const node = document.createElement(name);
      for (const [key, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) continue;
        if (key === 'text') node.textContent = value;
        else if (key === 'on') node.addEventListener('click', value);
        else node.setAttribute(key, value === true ? '' : value);
      }
      node.append(...children.filter(child => child !== null && child !== undefined));
      return node;
    }
    function svg(name, attributes, ...children) {
      const node = document.createElementNS('http://www.w3.org/2000/svg', name);
      for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
      node.append(...children);
      return node;
    }

    // Time by the watcher's clock, because this machine's may be off.
    let ahead = 0;
    const now = () => Date.now() + ahead;
    function words(seconds) {
      seconds = Math.max(0, Math.floor(seconds));
      const parts = [[Math.floor(seconds / 86400), 'd'], [Math.floor(seconds / 3600) % 24, 'h'],
        [Math.floor(seconds / 60) % 60, 'm'], [seconds % 60, 's']];
      const first = parts.findIndex(part => part[0] > 0);
      if (first < 0) return '0s';
      return parts.slice(first, first + 2).filter(part => part[0] > 0).map(part => part[0] + part[1]).join(' ');
    }
    const clock = text => new Date(text).toLocaleString();
    // A relative time that updates by itself.
    function ago(text, form) {
      const node = el('time', { datetime: text, title: clock(text), 'data-form': form || 'ago' });
      tell(node);
      return node;
    }
    function tell(node) {
      const seconds = (now() - Date.parse(node.getAttribute('datetime'))) / 1000;
      const form = node.dataset.form;
      const said = form === 'for' ? words(seconds) : seconds < 0 ? `in ${words(-seconds)}` :
        seconds < 1 ? 'just now' : `${words(seconds)} ago`;
      if (node.textContent !== said) node.textContent = said;
    }
    function tellLeft(node) {
      const elapsed = (now() - Date.parse(node.dataset.started)) / 1000, usual = Number(node.dataset.usual);
      const bar = node.querySelector('progress'), text = node.querySelector('.left');
      bar.value = Math.min(elapsed, usual);
      const said = elapsed < usual ? `about ${words(usual - elapsed)} left, usually ${words(usual)}` :
        `${words(elapsed - usual)} longer than usual (${words(usual)})`;
      if (text.textContent !== said) text.textContent = said;
    }
    setInterval(() => {
      document.querySelectorAll('time[data-form]').forEach(tell);
      document.querySelectorAll('[data-usual]').forEach(tellLeft);
      watchLink();
    }, 1000);

    // Redraws a part only if its data has changed, and keeps the focus on its button.
    const drawn = {};
    function draw(id, data, make) {
      const text = JSON.stringify(data);
      if (drawn[id] === text) return;
      drawn[id] = text;
      const at = $(id).contains(document.activeElement) ? document.activeElement.dataset.key : null;
      $(id).replaceChildren(...make());
      if (at) { const next = $(id).querySelector(`[data-key="${CSS.escape(at)}"]`); if (next) next.focus(); }
    }
    const none = text => el('li', { class: 'none', text });
    const tones = { pending: 'still', running: 'calm', succeeded: 'good', failed: 'bad', error: 'bad', cancelled: 'warn' };
    const tag = (word, tone) => el('span', { class: `tag ${tone}`, text: word });
    const runLink = id => el('a', { href: `/runs/${encodeURIComponent(id)}`, text: id });
    function button(text, key, on, label) {
      return el('button', { type: 'button', text, on, 'data-key': key, 'aria-label': label });
    }

    """#
}
