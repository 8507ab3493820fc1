extension Page {
  /// What can be done from here: asking, with the token, and saying what has become of it.
  static let actions = #"""
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

    """#
}
