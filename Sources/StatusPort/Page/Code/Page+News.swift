extension Page {
  /// Hears what is new, shows which page it is, and begins. The last part: it uses all others.
  static let news = #"""
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
    // The watcher can't reach its state, and says so.
    function wait(outage) {
      document.body.classList.add('stale');
      document.title = '✗ vi-notify';
      $('link').textContent = 'Waiting for the state';
      $('banner').textContent = `The state has been out of reach since ${clock(outage.since)}: ${outage.why}. ` +
        'Nothing is lost: vi-notify waits for it and goes on by itself. What you see is from before.';
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
        const message = JSON.parse(event.data);
        show(message);
        if (run !== null && !message.outage) { document.title = `${run} · vi-notify`; showRun(run); }
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
