extension Page {
  /// The charts of the last day.
  static let charts = #"""
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

    """#
}
