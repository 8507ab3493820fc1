extension Page {
  static let code = #"""
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

    function drawHealth(overview) {
      const status = overview.status, source = overview.source;
      const section = $('health');
      section.className = `live ${status.healthy ? 'good' : 'bad'}`;
      draw('health', [status.healthy, status.reasons, source.lastSweepAt, source.failure, overview.runs.active], () => [
        el('p', { class: 'head', text: status.healthy ? '✓ All is well' : '✗ This needs somebody' }),
        status.reasons.length ? el('ul', {}, ...status.reasons.map(text => el('li', { text }))) : null,
        el('p', { class: 'soft' },
          source.lastSweepAt ? 'The Vi API was last read in full ' : 'The Vi API has not been read in full yet',
          source.lastSweepAt ? ago(source.lastSweepAt) : '',
          `. ${overview.runs.active} of ${overview.runs.total} runs are under way.`),
        source.failure ? el('p', { class: 'warn', text: `The last sweep failed: ${source.failure}` }) : null,
      ].filter(node => node !== null));
    }

    function movingRow(run) {
      const started = run.startedAt || run.since;
      const row = el('li', {},
        el('div', { class: 'what' }, tag(run.phase, tones[run.phase]), ' ', el('b', { text: run.flow || '(no flow)' }),
          ' ', runLink(run.runId)),
        el('div', { class: 'side soft' }, started ? el('span', {}, 'for ', ago(started, 'for')) : 'start unknown'));
      if (run.startedAt && run.usualSeconds) {
        const bar = el('div', { class: 'grow soft', 'data-usual': run.usualSeconds, 'data-started': run.startedAt },
          el('span', { class: 'left' }),
          el('progress', { max: run.usualSeconds, value: 0, 'aria-label': `Progress of ${run.runId}, by what is usual` }));
        tellLeft(bar);
        row.append(bar);
      }
      return row;
    }

    const marks = { delivered: ['✓', 'good'], dead: ['✗', 'bad'], pending: ['…', 'warn'] };
    function told(delivery) {
      const [mark, tone] = marks[delivery.status] || ['?', 'still'];
      const said = `${delivery.status}: ${delivery.destination} by rule ${delivery.rule}` +
        (delivery.status === 'delivered' || !delivery.reason ? '' : `, ${delivery.reason}`);
      return el('span', { class: `tag ${tone}`, title: said }, el('span', { 'aria-hidden': 'true',
        text: `${mark} ${delivery.destination}` }), el('span', { class: 'vh', text: `${said}. ` }));
    }
    function endedRow(run) {
      const took = run.durationSeconds ? ` after ${words(run.durationSeconds)}` : '';
      return el('li', {},
        el('div', { class: 'what' }, tag(run.phase, tones[run.phase]), ' ', run.flow ? el('b', { text: run.flow }) : null, ' ',
          runLink(run.runId), run.message ? el('div', { class: 'soft', text: run.message }) : null),
        el('div', { class: 'side soft' }, ago(run.since), took),
        el('div', { class: 'side' }, ...(run.deliveries.length ? run.deliveries.map(told) :
          [el('span', { class: 'soft', text: run.isBaseline ? 'before the first start' : 'no notification' })])));
    }

    function deadRow(delivery, canAct) {
      return el('li', {},
        el('div', { class: 'what' }, el('b', { text: delivery.destination }), ` by rule ${delivery.rule} `,
          delivery.runId ? runLink(delivery.runId) : null, el('div', { class: 'bad', text: delivery.reason || '' })),
        el('div', { class: 'side soft' }, delivery.settledAt ? ago(delivery.settledAt) : ''),
        canAct ? button('Send again', `replay ${delivery.id}`, () => replay(delivery),
          `Send again: ${delivery.destination}, ${delivery.runId || delivery.id}`) : null);
    }

    const states = { delivers: ['delivers', 'good'], held: ['asked for a pause', 'warn'], failing: ['fails', 'bad'],
      stopped: ['has stopped', 'bad'] };
    function destinationRow(destination) {
      const retries = destination.state === 'delivers' && destination.failures > 0;
      const [word, tone] = retries ? ['tries again', 'warn'] : states[destination.state] || [destination.state, 'still'];
      const why = el('span', { class: 'soft' });
      if (destination.state === 'held') why.append('until ', ago(destination.heldUntil));
      if (destination.state === 'failing') why.append(`${destination.failures} times in a row`);
      if (retries) why.append(`after ${destination.failures === 1 ? 'a failure' : `${destination.failures} failures`}`);
      if (destination.reason) why.append(destination.reason);
      if (destination.nextProbeAt && (retries || destination.state !== 'delivers')) why.append(', next ', ago(destination.nextProbeAt));
      return el('li', {},
        el('div', { class: 'what' }, el('b', { text: destination.name }), ` ${destination.type} `, tag(word, tone), ' ', why),
        el('div', { class: 'side soft' },
          el('span', { text: `${destination.waiting} waiting` }),
          el('span', { class: destination.dead ? 'bad' : '', text: `${destination.dead} dead` }),
          destination.pace ? el('span', { text: `at most ${destination.pace}` }) : null));
    }

    function ruleRow(rule, canAct) {
      const state = !rule.enabled ? tag('off', 'still') : rule.silencedUntil ?
        el('span', { class: 'tag warn' }, 'silenced, ends ', ago(rule.silencedUntil)) : tag('on', 'good');
      const act = !canAct || !rule.enabled ? null : rule.silencedUntil ?
        button('End the silence', `rule ${rule.name}`, () => unsilence(rule), `End the silence of rule ${rule.name}`) :
        button('Silence', `rule ${rule.name}`, () => silence(rule), `Silence rule ${rule.name}`);
      return el('li', {},
        el('div', { class: 'what' }, el('b', { text: rule.name }), ' ', state),
        el('div', { class: 'side soft' }, rule.lastFiredAt ? el('span', {}, 'fired ', ago(rule.lastFiredAt)) : 'has not fired'),
        act);
    }

    function chart(title, slots, series, format) {
      const width = 300, height = 80, step = width / slots.length;
      const sums = slots.map(slot => series.reduce((sum, one) => sum + one.value(slot), 0));
      const most = Math.max(1, ...sums);
      const picture = svg('svg', { viewBox: `0 0 ${width} ${height + 14}`, role: 'img' });
      const total = series.map(one => `${one.word} ${format(one, slots)}`);
      picture.setAttribute('aria-label', `${title}: ${total.join(', ')}`);
      slots.forEach((slot, index) => {
        let top = height;
        const bar = svg('g', {}, svg('title', {}));
        const hour = new Date(slot.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
        bar.firstChild.textContent = `${hour}: ` + series.map(one => `${one.word} ${one.said(slot)}`).join(', ');
        for (const one of series) {
          const size = one.value(slot) / most * height;
          top -= size;
          if (size > 0) bar.append(svg('rect', { x: index * step + 1, y: top, width: step - 2, height: size,
            class: `f-${one.tone}` }));
        }
        picture.append(bar);
        if (index % 6 === 0) {
          const label = svg('text', { x: index * step, y: height + 11 });
          label.textContent = hour;
          picture.append(label);
        }
      });
      picture.append(svg('line', { x1: 0, x2: width, y1: height + .5, y2: height + .5, class: 'axis' }));
      const keys = series.map(one => el('span', {}, el('span', { class: `key k-${one.tone}` }), `${one.word} ${format(one, slots)}`));
      return el('figure', {}, el('figcaption', {}, el('b', { text: title }), ' ', ...keys), picture);
    }
    function drawCharts(slots) {
      const sum = (one, all) => String(all.reduce((total, slot) => total + one.value(slot), 0));
      const phase = (word, tone) => ({ word, tone, value: slot => slot.ended[word], said: slot => slot.ended[word] });
      const count = (word, tone) => ({ word, tone, value: slot => slot[word], said: slot => slot[word] });
      const mean = { word: 'mean', tone: 'calm', value: slot => slot.meanMilliseconds || 0,
        said: slot => `${((slot.meanMilliseconds || 0) / 1000).toFixed(1)}s` };
      const average = (one, all) => {
        const done = all.reduce((total, slot) => total + slot.delivered, 0);
        const time = all.reduce((total, slot) => total + slot.delivered * (slot.meanMilliseconds || 0), 0);
        return done ? `${(time / done / 1000).toFixed(1)}s` : 'unknown';
      };
      draw('charts', slots, () => [
        chart('Runs that ended', slots, [phase('succeeded', 'good'), phase('cancelled', 'warn'), phase('failed', 'bad'),
          phase('error', 'still')], sum),
        chart('Messages', slots, [count('delivered', 'good'), count('dead', 'bad')], sum),
        chart('From decided to delivered', slots, [mean], average),
      ]);
    }

    let overview = null, cursor = null, isOpened = false;
    function show(message) {
      ahead = Date.parse(message.now) - Date.now();
      overview = message.overview;
      const { runs, canAct } = overview;
      document.title = `${overview.status.healthy ? '' : '✗ '}vi-notify`;
      $('where').textContent = `${overview.source.organization} at ${overview.source.endpoint}`;
      $('foot').textContent = `vi-notify ${overview.version}, running since ${clock(overview.startedAt)}` +
        (canAct ? '' : '. To act from here, start it with --token-file.');
      drawHealth(overview);
      draw('moving', runs.moving, () => runs.moving.length ? runs.moving.map(movingRow) : [none('No run is under way.')]);
      const hidden = runs.active - runs.moving.length;
      if (hidden <= 0) $('all').replaceChildren();
      $('more-moving').hidden = hidden <= 0;
      $('more-moving').textContent = `Show all ${runs.active} that are under way`;
      draw('ended', runs.ended, () => runs.ended.length ? runs.ended.map(endedRow) : [none('No run has ended yet.')]);
      if (!isOpened) {
        const last = runs.ended[runs.ended.length - 1];
        cursor = last ? `${Date.parse(last.since)}.${last.runId}` : null;
        const all = ['succeeded', 'failed', 'error', 'cancelled'].reduce((sum, phase) => sum + runs.counts[phase], 0);
        $('more').hidden = all <= runs.ended.length;
      }
      $('dead-part').hidden = !overview.deadLetters.length;
      draw('dead', [overview.deadLetters, canAct], () => overview.deadLetters.map(one => deadRow(one, canAct)));
      draw('destinations', overview.destinations, () => overview.destinations.length ?
        overview.destinations.map(destinationRow) : [none('The rules file has no destinations.')]);
      draw('rules', [overview.rules, canAct], () => overview.rules.length ?
        overview.rules.map(one => ruleRow(one, canAct)) : [none('The rules file has no rules.')]);
      drawCharts(overview.activity);
      $('reload').hidden = !canAct;
    }

    // A snapshot; only the list above updates by itself.
    async function allMoving() {
      const rows = [];
      for (let after = ''; after !== null;) {
        const answer = await fetch(`/api/v1/runs?phase=pending,running&limit=100${after}`).catch(() => null);
        if (!answer || !answer.ok) return say('The runs could not be read.');
        const page = await answer.json();
        rows.push(...page.runs);
        after = page.next === null ? null : `&after=${encodeURIComponent(page.next)}`;
      }
      $('all').replaceChildren(none(`All ${rows.length}, as of ${new Date(now()).toLocaleTimeString()}:`), ...rows.map(run => el('li', {},
        el('div', { class: 'what' }, tag(run.phase, tones[run.phase]), ' ', run.flow ? el('b', { text: run.flow }) : null, ' ',
          runLink(run.runId)), el('div', { class: 'side soft' }, 'since ', ago(run.since)))));
    }

    async function older() {
      isOpened = true;
      const answer = await fetch(`/api/v1/runs?phase=succeeded,failed,error,cancelled&limit=50&after=${encodeURIComponent(cursor)}`)
        .catch(() => null);
      if (!answer || !answer.ok) return say('Older runs could not be read.');
      const page = await answer.json();
      $('older').append(...page.runs.map(endedRow));
      cursor = page.next;
      $('more').hidden = !cursor;
    }

    // Actions
    let sayTimer = 0;
    function say(text) {
      $('said').textContent = text;
      $('said').hidden = false;
      clearTimeout(sayTimer);
      sayTimer = setTimeout(() => { $('said').hidden = true; }, 15000);
    }
    function ask(title, text, yes, { silence = false, token = false } = {}) {
      $('ask-title').textContent = title;
      $('ask-text').textContent = text;
      $('ask-yes').textContent = yes;
      $('ask-silence').hidden = !silence;
      $('ask-token-part').hidden = !token;
      $('ask-why').required = silence;
      $('ask-token').required = token;
      return new Promise(resolve => {
        const done = answer => { $('ask').close(); resolve(answer); };
        $('ask-form').onsubmit = event => {
          event.preventDefault();
          done({ time: $('ask-for').value, why: $('ask-why').value, token: $('ask-token').value });
        };
        $('ask-no').onclick = () => done(null);
        $('ask').oncancel = () => resolve(null);
        $('ask').showModal();
        const first = silence ? 'ask-for' : token ? 'ask-token' : 'ask-yes';
        $(first).focus();
      });
    }
    async function post(path, body) {
      for (;;) {
        const token = sessionStorage.getItem('token');
        const answer = await fetch(path, { method: 'POST', body: body ? JSON.stringify(body) : undefined,
          headers: token ? { Authorization: `Bearer ${token}` } : {} }).catch(() => null);
        if (!answer) { say('vi-notify is out of reach. Nothing was done.'); return null; }
        if (answer.status !== 401) {
          const text = await answer.text();
          if (answer.ok) return text;
          let why = text;
          try { why = JSON.parse(text).error || text; } catch { /* it is a sentence already */ }
          say(`Nothing was done: ${why}`);
          return null;
        }
        sessionStorage.removeItem('token');
        const given = await ask(token ? 'That token is wrong' : 'This needs the token',
          'It is in the file given with --token-file. This tab remembers it until you close it.', 'Go on', { token: true });
        if (!given) return null;
        $('ask-token').value = '';
        sessionStorage.setItem('token', given.token);
      }
    }
    async function replay(delivery) {
      if (!await ask('Send it again?', `To ${delivery.destination}, by rule ${delivery.rule}, under its old id.`, 'Send again')) return;
      if (await post(`/api/v1/deliveries/${encodeURIComponent(delivery.id)}/replay`)) say(`It will be sent to ${delivery.destination} again.`);
    }
    async function silence(rule) {
      const given = await ask(`Silence ${rule.name}?`, 'What it would send is recorded but not sent.', 'Silence', { silence: true });
      if (!given) return;
      const body = { for: given.time, rules: [rule.name], reason: given.why };
      if (await post('/api/v1/silences', body)) { $('ask-why').value = ''; say(`${rule.name} is silenced for ${given.time}.`); }
    }
    async function unsilence(rule) {
      const mine = overview.silences.filter(one => !one.match && !one.destinations.length &&
        (!one.rules.length || one.rules.includes(rule.name)));
      for (const one of mine) {
        const others = one.rules.length === 1 ? '' : ' It applies to other rules, too.';
        if (!await ask('End the silence?', `“${one.reason}”.${others}`, 'End it')) return;
        if (!await post(`/api/v1/silences/${encodeURIComponent(one.id)}/end`)) return;
      }
      say(`${rule.name} is no longer silenced.`);
    }
    async function reload() {
      const text = await post('/-/reload');
      if (text) say(`${text.trim().replace(/^t/, 'T')}.`);
    }

    // One run
    const kinds = {
      baseline: one => ['event', `seen for the first time, ${one.phase}: recorded without a notification`],
      event: one => ['event', `${one.phase}${one.stayed ? `, for ${one.stayed}` : ''}` +
        [one.reason, one.message].filter(Boolean).map(text => `, ${text}`).join('')],
      rule: one => [`minor ${one.fired ? 'ok' : ''}`, `${one.fired ? '✓' : '–'} rule ${one.rule}: ${one.reason}`],
      heldBack: one => ['minor', `not sent to ${one.destination} by rule ${one.rule}: ${one.reason}`],
      delivery: one => ['minor', `to be sent to ${one.destination} by rule ${one.rule}, ${one.deliveryId}`],
      attempt: one => [`minor ${one.outcome === 'delivered' ? 'ok' : 'no'}`, `attempt ${one.number} to ${one.destination}: ` +
        [one.outcome, one.detail].filter(Boolean).join(', ')],
      replay: one => ['minor', `replay requested: ${one.destination}, ${one.deliveryId}`],
      settled: one => [`minor ${one.status === 'delivered' ? 'ok' : 'no'}`,
        `${one.status}: ${one.destination}${one.reason ? `, ${one.reason}` : ''}`],
    };
    const deeds = { replay: 'sent again', redirect: 'sent elsewhere', hasten: 'made due', silence: 'silenced',
      endSilence: 'silence ended', reload: 'rules file read', reloadRefused: 'rules file refused' };
    const ways = { command: 'command', port: 'status port', signal: 'signal', file: 'file' };
    function deed(act) {
      const how = [ways[act.actor.way] || act.actor.way, act.actor.note].filter(Boolean).join(', ');
      return `${deeds[act.action] || act.action} by ${act.actor.name} (${how}): ${act.ids.join(', ')}` +
        (act.count > act.ids.length ? ` and ${act.count - act.ids.length} more` : '') + (act.detail ? `, ${act.detail}` : '');
    }
    function tree(step) {
      const tone = (marks[step.status] || ['·', 'still']);
      const text = `${tone[0]} ${step.action || 'action'} → ${step.destination}: ${step.status}` + (step.reason ? `, ${step.reason}` : '');
      const time = step.settledAt ? el('span', { class: 'soft' }, ' ', ago(step.settledAt)) : null;
      return el('li', {}, step.branch ? el('span', { class: 'soft', text: `${step.branch} ` }) : null,
        el('span', { class: tone[1], text }), time, step.next.length ? el('ul', {}, ...step.next.map(tree)) : null);
    }
    async function showRun(id) {
      const answer = await fetch(`/api/v1/runs/${encodeURIComponent(id)}`).catch(() => null);
      if (!answer) return;
      if (!answer.ok) {
        draw('story', answer.status, () => [el('li', { text: answer.status === 404 ? 'Nothing is known of this run.' :
          'This run could not be read.' })]);
        return;
      }
      const story = await answer.json();
      draw('story', story.timeline, () => story.timeline.map(one => {
        const [tone, text] = (kinds[one.kind] || (other => ['minor', [other.kind, other.destination, other.waitsFor, other.reason]
          .filter(Boolean).join(', ')]))(one);
        const isMinor = tone.startsWith('minor');
        return el('li', { class: tone.trim() }, el('time', { datetime: one.time, title: clock(one.time),
          text: isMinor ? new Date(one.time).toLocaleTimeString() : clock(one.time) }), text);
      }));
      const audit = story.audit || [];
      $('audit-part').hidden = !audit.length;
      draw('audit', audit, () => audit.map(act => el('li', { class: 'minor' },
        el('time', { datetime: act.time, title: clock(act.time), text: clock(act.time) }), deed(act))));
      const chains = story.chains || [];
      $('chains-part').hidden = !chains.length;
      draw('chains', chains, () => chains.map(one => el('ul', { class: 'tree' }, tree(one))));
    }

    // News
    let heard = 0, lost = 0;
    function watchLink() {
      const isLost = heard > 0 && Date.now() - heard > 40000;
      if (isLost && !lost) lose(heard);
    }
    function lose(since) {
      lost = since || Date.now();
      document.body.classList.add('stale');
      $('link').textContent = 'Not connected';
      $('banner').textContent = `vi-notify has been out of reach since ${new Date(lost).toLocaleTimeString()}. ` +
        'What you see is from then; this page tries again by itself.';
      $('banner').hidden = false;
    }
    function find() {
      heard = Date.now();
      lost = 0;
      document.body.classList.remove('stale');
      $('link').textContent = 'Live';
      $('banner').hidden = true;
    }
    const path = location.pathname.split('/');
    const run = path[1] === 'runs' ? decodeURIComponent(path[2]) : null;
    if (run !== null) {
      $('watch').hidden = true;
      $('health').hidden = true;
      $('run').hidden = false;
      $('run-id').textContent = run;
      showRun(run);
    }
    function listen() {
      const events = new EventSource('/api/v1/events');
      events.onmessage = event => {
        find();
        show(JSON.parse(event.data));
        if (run !== null) { document.title = `${run} · vi-notify`; showRun(run); }
      };
      events.onerror = () => {
        if (!lost) lose(heard || Date.now());
        // The browser reconnects by itself unless the answer wasn't a stream.
        if (events.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
      };
    }
    $('more').addEventListener('click', older);
    $('more-moving').addEventListener('click', allMoving);
    $('reload').addEventListener('click', reload);
    listen();

    """#
}
