extension Page {
  /// The page of everything, and its lists that go on further back.
  static let watching = #"""
    let overview = null, cursor = null, isOpened = false;
    function show(message) {
      ahead = Date.parse(message.now) - Date.now();
      if (message.outage) return wait(message.outage);
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

    """#
}
