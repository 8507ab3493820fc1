extension Page {
  /// How health, runs, deliveries, destinations and rules look.
  static let rows = #"""
    function drawHealth(overview) {
      const status = overview.status, source = overview.source;
      const section = $('health');
      section.className = `live ${status.healthy ? 'good' : 'bad'}`;
      draw('health', [status.healthy, status.reasons, source.lastSweepAt, source.follows, source.failure, overview.runs.active], () => [
        el('p', { class: 'head', text: status.healthy ? '✓ All is well' : '✗ This needs somebody' }),
        status.reasons.length ? el('ul', {}, ...status.reasons.map(text => el('li', { text }))) : null,
        source.follows ? el('p', { class: 'soft', text: 'Another process watches; this one does its part of the rest.' }) :
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

    """#
}
