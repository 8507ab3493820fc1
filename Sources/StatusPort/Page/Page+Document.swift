extension Page {
  static let document = #"""
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>vi-notify</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/assets/page.css">
    <script src="/assets/page.js" defer></script>
    </head>
    <body>
    <a class="skip" href="#main">Skip to the content</a>
    <header>
      <p class="name"><a href="/">vi-notify</a></p>
      <p id="where"></p>
      <p id="link" role="status">Connecting…</p>
    </header>
    <noscript><p class="banner">This page needs JavaScript. <code>vi-notify status</code> shows the same in a terminal.</p></noscript>
    <p id="banner" class="banner" role="alert" hidden></p>
    <p id="said" class="banner said" role="status" hidden></p>
    <main id="main" tabindex="-1">
      <section id="health" aria-label="Health" class="live"></section>
      <div id="watch" class="live">
        <section aria-labelledby="h-moving"><h2 id="h-moving">Under way</h2><ul id="moving" class="rows"></ul>
          <ul id="all" class="rows"></ul><p><button type="button" id="more-moving" hidden>Show all that are under way</button></p></section>
        <section aria-labelledby="h-ended"><h2 id="h-ended">Ended lately</h2><ul id="ended" class="rows"></ul>
          <ul id="older" class="rows"></ul><p><button type="button" id="more" hidden>Show older runs</button></p></section>
        <section aria-labelledby="h-dead" id="dead-part"><h2 id="h-dead">Dead letters</h2><ul id="dead" class="rows"></ul></section>
        <section aria-labelledby="h-destinations"><h2 id="h-destinations">Destinations</h2>
          <ul id="destinations" class="rows"></ul></section>
        <section aria-labelledby="h-rules"><h2 id="h-rules">Rules</h2><ul id="rules" class="rows"></ul>
          <p class="acts"><button type="button" id="reload" hidden>Reload the rules file</button></p></section>
        <section aria-labelledby="h-day"><h2 id="h-day">The last 24 hours</h2><div id="charts"></div></section>
      </div>
      <div id="run" hidden>
        <p><a href="/">← All runs</a></p>
        <h1 id="run-id"></h1>
        <section aria-labelledby="h-chains" id="chains-part" hidden><h2 id="h-chains">Chains</h2><div id="chains"></div></section>
        <section aria-labelledby="h-audit" id="audit-part" hidden><h2 id="h-audit">What people did</h2><ol id="audit"></ol></section>
        <section aria-labelledby="h-story"><h2 id="h-story">What happened</h2><ol id="story"></ol></section>
      </div>
    </main>
    <footer><p id="foot"></p></footer>
    <dialog id="ask" aria-labelledby="ask-title">
      <form id="ask-form">
        <h2 id="ask-title"></h2>
        <p id="ask-text"></p>
        <p id="ask-silence" hidden><label>For <select id="ask-for"><option>1h</option><option>8h</option><option>1d</option>
          <option>7d</option></select></label> <label>Why <input id="ask-why" maxlength="500" autocomplete="off"></label></p>
        <p id="ask-token-part" hidden><label>Token <input id="ask-token" type="password" autocomplete="current-password"></label></p>
        <p class="acts"><button type="submit" id="ask-yes"></button> <button type="button" id="ask-no">Cancel</button></p>
      </form>
    </dialog>
    </body>
    </html>

    """#
}
