"""Teaches how the pages look: one narrow column, in light and dark."""

CSS = """
:root { --ink: #1c2430; --soft: #667085; --line: #dfe3ea; --paper: #fff; --ground: #f4f6f9; --main: #3d4ed8;
  --bad: #b42318; --bad-ground: #fef3f2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf0; --soft: #98a2b3; --line: #344054;
  --paper: #1a212c; --ground: #10151d; --main: #7482ff; --bad: #fda29b; --bad-ground: #3a1d1b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
.note { margin: 0; padding: .6rem 1rem; text-align: center; font-size: .85rem; color: var(--soft);
  border-bottom: 1px solid var(--line); }
.note b { color: var(--ink); margin-right: .4rem; }
main { width: min(33rem, 100% - 2rem); margin: 2.5rem auto; padding: 2rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 14px; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; letter-spacing: -.01em; }
h1:has(+ .amount) { font-size: 1rem; font-weight: 600; letter-spacing: 0; color: var(--soft); }
.amount { margin: 0; font-size: 2.2rem; font-weight: 700; letter-spacing: -.02em; }
.payer { margin: .1rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
table { width: 100%; margin: 1.2rem 0 0; border-collapse: collapse; }
td { padding: .5rem 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td:last-child { text-align: right; overflow-wrap: normal; padding-left: 1rem;
  font-variant-numeric: tabular-nums; }
fieldset { margin: 1.5rem 0 0; padding: 0; border: 0; }
.cards { border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
legend { padding: 0 0 .4rem; font-size: .85rem; color: var(--soft); }
label { display: grid; grid-template-columns: auto 6.5rem 4.5rem 1fr; gap: .6rem; align-items: center;
  padding: .55rem .8rem; cursor: pointer; }
label + label { border-top: 1px solid var(--line); }
label:has(:checked) { background: color-mix(in srgb, var(--main) 10%, transparent); }
input { accent-color: var(--main); }
.brand { text-transform: capitalize; font-weight: 600; }
.digits { font-variant-numeric: tabular-nums; color: var(--soft); }
.does { font-size: .85rem; color: var(--soft); }
.buttons { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1.2rem; }
button { flex: 1; padding: .7rem 1rem; font: inherit; font-weight: 600; color: var(--ink); background: none;
  border: 1px solid var(--line); border-radius: 10px; cursor: pointer; }
button.main { flex: 1 0 100%; color: #fff; background: var(--main); border-color: var(--main); }
button:hover { filter: brightness(1.08); border-color: var(--main); }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--main) 50%, transparent); outline-offset: 1px; }
.problem { margin: 1.2rem 0 0; padding: .7rem .9rem; color: var(--bad); background: var(--bad-ground);
  border-radius: 10px; }
.small { font-size: .8rem; color: var(--soft); margin: 1rem 0 0; }
.leave { margin: .6rem 0 0; font-size: .9rem; }
a { color: var(--main); }
"""
