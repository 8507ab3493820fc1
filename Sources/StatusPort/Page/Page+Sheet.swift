extension Page {
  static let sheet = #"""
    :root {
      color-scheme: light dark;
      --ground: #fff; --card: #f6f7f9; --line: #d5d9e0; --ink: #16191f; --soft: #4f5866;
      --good: #17693a; --bad: #b3201a; --warn: #8a4b00; --calm: #1f56b5; --still: #5d6674; --focus: #1f56b5;
      --good-fill: #3f9c63; --bad-fill: #d64a43; --calm-fill: #4b83dd; --still-fill: #8b95a3; --warn-fill: #cf8420;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #12151a; --card: #1b2027; --line: #363d48; --ink: #e8ebf0; --soft: #aab3c0;
        --good: #6fcf97; --bad: #ff8a80; --warn: #f2b566; --calm: #8ab4ff; --still: #aab3c0; --focus: #8ab4ff;
        --good-fill: #4aa873; --bad-fill: #d9605a; --calm-fill: #5c8fe0; --still-fill: #7a8594; --warn-fill: #c98a35;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; max-width: 76rem; padding: 0 1rem 3rem; background: var(--ground); color: var(--ink);
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    }
    p { margin: 0; }
    /* What turns the direction of a text ends with it. */
    a, b, div, span, p, li, h1, time { unicode-bidi: isolate; }
    a { color: var(--calm); }
    [hidden] { display: none !important; }
    .skip { position: absolute; left: -99rem; }
    .skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .5rem; z-index: 1; }
    :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
    main:focus { outline: none; }
    header {
      display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; padding: .9rem 0;
      border-bottom: 1px solid var(--line); color: var(--soft);
    }
    .name a { color: var(--ink); font-weight: 700; font-size: 1.1rem; text-decoration: none; }
    #where { flex: 1; min-width: 12rem; overflow-wrap: anywhere; }
    h1 { font-size: 1.3rem; overflow-wrap: anywhere; margin: .5rem 0; }
    h2 { font-size: 1rem; margin: 0 0 .5rem; }
    section { margin: 1.25rem 0 0; }
    #health { padding: 1rem; border-radius: .6rem; background: var(--card); border-left: .4rem solid var(--still); }
    #health.good { border-color: var(--good); }
    #health.bad { border-color: var(--bad); }
    #health .head { font-size: 1.25rem; font-weight: 650; }
    #health ul { margin: .4rem 0; padding-left: 1.2rem; }
    #health li { overflow-wrap: anywhere; }
    .soft { color: var(--soft); }
    .banner { margin: .75rem 0; padding: .6rem .9rem; border: 2px solid var(--warn); border-radius: .5rem; color: var(--warn);
      font-weight: 600; }
    .said { border-color: var(--calm); color: var(--calm); }
    .rows { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
    .rows:empty { border: 0; }
    .rows > li {
      display: flex; flex-wrap: wrap; gap: .15rem .9rem; align-items: center; padding: .55rem 0;
      border-bottom: 1px solid var(--line);
    }
    .rows > .none { color: var(--soft); }
    .what { flex: 1 1 18rem; min-width: 0; overflow-wrap: anywhere; }
    .what b { font-weight: 600; }
    .side { flex: 0 1 auto; display: flex; flex-wrap: wrap; gap: .15rem .8rem; align-items: center; overflow-wrap: anywhere; min-width: 0; }
    .grow { flex: 1 1 14rem; min-width: 0; overflow-wrap: anywhere; }
    .tag { font-size: .85rem; font-weight: 650; white-space: nowrap; }
    .good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
    .calm { color: var(--calm); } .still { color: var(--still); }
    #health, #health .soft { color: var(--ink); } #health .soft { color: var(--soft); }
    progress { width: 100%; height: .6rem; accent-color: var(--calm-fill); display: block; margin-top: .25rem; }
    button {
      font: inherit; font-size: .9rem; padding: .35rem .8rem; min-height: 2.2rem; color: var(--calm); background: var(--ground);
      border: 1px solid currentColor; border-radius: .45rem; cursor: pointer;
    }
    button:hover { background: var(--card); }
    .acts { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .6rem; }
    input, select { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--soft); border-radius: .35rem;
      padding: .35rem .5rem; max-width: 100%; }
    dialog { max-width: 30rem; width: calc(100% - 2rem); color: var(--ink); background: var(--ground); border: 1px solid var(--line);
      border-radius: .6rem; padding: 1.2rem; overflow-wrap: anywhere; }
    dialog::backdrop { background: rgb(0 0 0 / .5); }
    dialog p { margin: .6rem 0; }
    label { display: inline-flex; gap: .4rem; align-items: center; flex-wrap: wrap; }
    #ask-silence { display: flex; flex-wrap: wrap; gap: .6rem; }
    .vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    #charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.25rem; }
    figure { margin: 0; display: flex; flex-direction: column; }
    figure svg { margin-top: auto; }
    figcaption > span { display: inline-block; white-space: nowrap; margin-right: .7rem; }
    figcaption { font-size: .9rem; margin-bottom: .3rem; }
    svg { width: 100%; height: auto; display: block; }
    svg text { fill: var(--soft); font-size: 9px; }
    svg .axis { stroke: var(--line); }
    .f-good { fill: var(--good-fill); } .f-bad { fill: var(--bad-fill); } .f-warn { fill: var(--warn-fill); }
    .f-still { fill: var(--still-fill); } .f-calm { fill: var(--calm-fill); }
    .key { display: inline-block; width: .7rem; height: .7rem; border-radius: .15rem; margin-right: .3rem; }
    .k-good { background: var(--good-fill); } .k-bad { background: var(--bad-fill); } .k-warn { background: var(--warn-fill); }
    .k-still { background: var(--still-fill); } .k-calm { background: var(--calm-fill); }
    #story { list-style: none; margin: 0; padding: 0; border-left: 2px solid var(--line); }
    #story li { position: relative; padding: .3rem 0 .3rem 1rem; overflow-wrap: anywhere; }
    #story li::before { content: ""; position: absolute; left: -.42rem; top: .8rem; width: .7rem; height: .7rem; border-radius: 50%;
      background: var(--still-fill); }
    #story li.event::before { background: var(--calm-fill); }
    #story li.ok::before { background: var(--good-fill); } #story li.no::before { background: var(--bad-fill); }
    #story li.minor { padding-left: 2rem; } #story li.minor::before { width: .4rem; height: .4rem; left: -.27rem; top: .95rem; }
    #story time { color: var(--soft); font-variant-numeric: tabular-nums; margin-right: .6rem; }
    .tree, .tree ul { list-style: none; margin: 0; padding-left: 1.1rem; border-left: 2px solid var(--line); }
    .tree { margin-bottom: 1rem; } .tree li { padding: .2rem 0 .2rem .5rem; overflow-wrap: anywhere; }
    footer { margin-top: 2rem; color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
    .stale .live { filter: grayscale(1); }
    @media (min-width: 64rem) {
      #watch { display: grid; grid-template-columns: 1fr 1fr; column-gap: 2.5rem; align-items: start; }
      #watch > section:nth-child(-n+2), #watch > section:last-child { grid-column: 1 / -1; }
      #dead-part { grid-row: span 2; }
    }
    @media print {
      button, .skip, #link { display: none !important; }
      body { max-width: none; color: #000; background: #fff; }
      .rows > li, figure { break-inside: avoid; }
    }

    """#
}
