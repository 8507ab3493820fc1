extension Page {
  /// The page of one run.
  static let story = #"""
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

    """#
}
