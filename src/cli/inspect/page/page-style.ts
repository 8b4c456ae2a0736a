/** The style of the page. The user is amber and the agent teal, as on the other pages of the package. */
export const style = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f4f2ec, #121416);
  --card: light-dark(#fffefb, #1a1d20);
  --sunk: light-dark(#f0ede5, #131618);
  --ink: light-dark(#1c1f21, #eceae4);
  --soft: light-dark(#5b5f63, #a6abaf);
  --line: light-dark(#dedacf, #2e3337);
  --user: light-dark(#99560a, #f1b566);
  --user-bg: light-dark(#fdf0dc, #2d2417);
  --agent: light-dark(#0b6a5f, #63d6c2);
  --agent-bg: light-dark(#e2f3ef, #14302c);
  --danger: light-dark(#a8261c, #ff9d92);
  --detection: light-dark(#7a8290, #8c95a3);
  --queue: light-dark(#b58a00, #e0bd4a);
  --server: light-dark(#3566c4, #7ea6f5);
  --tool: light-dark(#8a3fb0, #c98ceb);
  --approval: light-dark(#c2417c, #f08cb8);
  --reconnect: light-dark(#a8261c, #ff9d92);
  --player: light-dark(#2f7d32, #7fcf83);
  --names: 4.25rem;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
* { box-sizing: border-box; }
[hidden][hidden] { display: none; }
body { margin: 0; background: var(--page); color: var(--ink); }
h1, h2, h3, p, ol, ul, dl, dd, figure, fieldset { margin: 0; padding: 0; border: 0; }
ol, ul { list-style: none; }
h1 { font-size: 1.375rem; line-height: 1.25; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin-bottom: 0.75rem; scroll-margin-top: 1rem; }
h3 { font-size: 0.8125rem; color: var(--soft); font-weight: 600; margin: 0.5rem 0 0.25rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.8125rem; }
pre { margin: 0; padding: 0.75rem; background: var(--sunk); border-radius: 8px; overflow: auto; max-height: 24rem; white-space: pre-wrap; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--server); outline-offset: 2px; border-radius: 4px; }
.quiet { color: var(--soft); font-size: 0.875rem; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100vw; padding: 0.5rem 1rem; background: var(--card); color: var(--ink); }
.skip:focus { left: 1rem; top: 1rem; z-index: 2; }
header, main { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: end; justify-content: space-between; padding-top: 2rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; font-size: 0.875rem; }
nav a { color: var(--ink); text-underline-offset: 0.25em; text-decoration-color: var(--soft); padding: 0.25rem 0; }
nav a:hover { text-decoration-color: currentColor; }
main { padding-bottom: 4rem; outline: none; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 16px; padding: 1.25rem; margin-top: 1rem; min-width: 0; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 1rem; align-items: start; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1px; margin-top: 1.5rem; background: var(--line); border: 1px solid var(--line); border-radius: 16px; overflow: hidden; }
.facts div { background: var(--card); padding: 0.75rem 1.25rem; }
.facts dt { color: var(--soft); font-size: 0.8125rem; }
.facts dd { font-size: 1.25rem; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
.facts + .quiet { margin-top: 0.5rem; }
audio { width: 100%; height: 2.75rem; margin-bottom: 0.75rem; display: block; }
.scroll { overflow-x: auto; }
.lanes { position: relative; padding-bottom: 0.25rem; }
.row { display: flex; align-items: center; margin-top: 0.375rem; }
.name { position: sticky; left: 0; z-index: 1; flex: 0 0 var(--names); background: var(--card); font-size: 0.8125rem; font-weight: 600; align-self: stretch; display: flex; align-items: center; }
.name.user, li.user b { color: var(--user); }
.name.agent, li.agent b { color: var(--agent); }
.lane { flex: 1; min-width: 0; height: 4.5rem; background: var(--sunk); border-radius: 8px; cursor: pointer; }
.wave.user, .block.user { fill: var(--user); }
.wave.agent, .block.agent { fill: var(--agent); }
.cut { fill: var(--danger); }
.silenced { fill: var(--soft); fill-opacity: 0.28; }
.strip { position: relative; flex: 1; height: 1.25rem; background: var(--sunk); border-radius: 6px; overflow: hidden; cursor: pointer; }
.gap, .tool { position: absolute; top: 0; bottom: 0; }
.gap { display: flex; min-width: 2px; }
.tool { background: var(--tool); border-radius: 4px; }
.axis { position: relative; height: 1.25rem; margin-left: var(--names); font-size: 0.75rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.axis span { position: absolute; padding-left: 0.25rem; border-left: 1px solid var(--line); line-height: 1.25rem; }
.cursor { position: absolute; top: 1.25rem; bottom: 0; width: 2px; background: var(--ink); pointer-events: none; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0.75rem 0 0.5rem; font-size: 0.8125rem; color: var(--soft); }
.legend i { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 3px; margin-right: 0.375rem; vertical-align: -1px; }
.legend b { color: var(--ink); font-variant-numeric: tabular-nums; }
.user-fill { background: var(--user); }
.agent-fill { background: var(--agent); }
.legend .cut-fill { background: var(--danger); width: 3px; }
.silenced-fill { background: var(--soft); opacity: 0.5; }
.cause-turnDetection { background: var(--detection); }
.cause-queue { background: var(--queue); }
.cause-server { background: var(--server); }
.cause-tool { background: var(--tool); }
.cause-approval { background: var(--approval); }
.cause-reconnect { background: var(--reconnect); }
.cause-player { background: var(--player); }
.time { flex: none; width: 4rem; font-size: 0.8125rem; font-variant-numeric: tabular-nums; color: var(--soft); text-align: left; }
button.time { appearance: none; border: 0; background: none; padding: 0.125rem 0; min-height: 1.75rem; font-family: inherit; cursor: pointer; text-decoration: underline dotted; text-underline-offset: 0.25em; }
button.time:hover { color: var(--ink); }
.transcript { display: grid; gap: 0.25rem; }
.transcript li { display: flex; gap: 0.5rem; padding: 0.5rem 0.75rem; border-radius: 10px; align-items: baseline; }
.transcript li.user { background: var(--user-bg); }
.transcript li.agent { background: var(--agent-bg); }
.transcript li > div { min-width: 0; }
.transcript b { font-size: 0.8125rem; }
.transcript p { overflow-wrap: anywhere; white-space: pre-line; }
.unplayed { color: var(--soft); text-decoration: line-through; text-decoration-thickness: 1px; }
.tools li { display: flex; gap: 0.5rem; align-items: baseline; border-top: 1px solid var(--line); padding: 0.375rem 0; }
.tools li:first-child { border-top: 0; }
details { flex: 1; min-width: 0; }
summary { cursor: pointer; padding: 0.25rem 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
th, td { text-align: left; padding: 0.375rem 0.75rem 0.375rem 0; border-top: 1px solid var(--line); font-weight: 400; white-space: nowrap; }
thead th { border-top: 0; color: var(--soft); font-size: 0.8125rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar-column { width: 30%; min-width: 5rem; }
.bar { display: flex; height: 0.75rem; border-radius: 4px; overflow: hidden; min-width: 3px; }
.bar i { min-width: 1px; }
table + .quiet, .scroll + .quiet { margin-top: 0.5rem; }
.filter { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; align-items: center; margin-bottom: 0.75rem; font-size: 0.875rem; }
.filter fieldset { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
.filter label { display: inline-flex; align-items: center; gap: 0.375rem; min-height: 2rem; }
input[type="search"] { font: inherit; color: inherit; background: var(--sunk); border: 1px solid var(--soft); border-radius: 8px; padding: 0.375rem 0.625rem; width: 14rem; max-width: 100%; }
input[type="checkbox"] { width: 1.125rem; height: 1.125rem; accent-color: var(--agent); }
.filter output { color: var(--soft); margin-left: auto; }
.events li { border-top: 1px solid var(--line); }
.events summary { display: flex; flex-wrap: wrap; gap: 0 0.625rem; align-items: baseline; min-height: 2rem; list-style: none; }
.events summary::-webkit-details-marker { display: none; }
.events summary:hover { background: var(--sunk); }
.events .arrow { color: var(--soft); width: 1rem; text-align: center; }
.events .sent .arrow { color: var(--user); }
.events .received .arrow { color: var(--agent); }
.events .quiet { font-size: 0.8125rem; min-width: 0; overflow-wrap: anywhere; }
.events details > pre { margin-bottom: 0.75rem; }
.problem { color: var(--danger); font-size: 0.8125rem; font-weight: 600; }
#more { font: inherit; color: inherit; background: var(--sunk); border: 1px solid var(--soft); border-radius: 8px; padding: 0.5rem 1rem; margin-top: 0.75rem; cursor: pointer; }
@media (max-width: 60rem) {
  .columns { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 32rem) {
  :root { --names: 3.5rem; }
  header, main { padding-left: 1rem; padding-right: 1rem; }
  header { padding-top: 1.25rem; }
  section { padding: 1rem; }
  .facts { grid-template-columns: 1fr 1fr; }
  .facts div { padding: 0.625rem 1rem; }
  .lane { height: 3.5rem; }
  th, td { padding-right: 0.5rem; }
  .transcript li { flex-direction: column; gap: 0; }
  .filter output { margin-left: 0; }
  input[type="search"] { width: 100%; }
  .filter > label { width: 100%; }
}
@media (prefers-reduced-motion: no-preference) {
  .timeline, html { scroll-behavior: smooth; }
}
@media (forced-colors: active) {
  .bar i, .gap i, .tool, .legend i { forced-color-adjust: none; }
}
@media print {
  audio, nav, .filter, #more { display: none; }
}
`
