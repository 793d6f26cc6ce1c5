/** All that the page looks like: it loads nothing. Every colour of text stands out by 4.5 to 1 or more, by day and by night. */
export const style = `
:root { color-scheme: light dark; --back: #ffffff; --text: #1c2128; --soft: #57606a; --line: #d0d7de; --panel: #f6f8fa; --good: #116329; --bad: #b3141c; --warn: #7d4e00; --link: #0550ae; --goodbar: #2da44e; --badbar: #cf222e; --warnbar: #bf8700; --rest: #d0d7de; }
@media (prefers-color-scheme: dark) { :root { --back: #0f1419; --text: #e6e8eb; --soft: #9aa4af; --line: #303a44; --panel: #171d24; --good: #57c773; --bad: #ff7b72; --warn: #e3b341; --link: #79b8ff; --goodbar: #2ea043; --badbar: #f85149; --warnbar: #d29922; --rest: #39434d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 75rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; } h3 { font-size: 1rem; margin-bottom: .3rem; }
a { color: var(--link); } a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; } caption { text-align: left; color: var(--soft); padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); } th { font-weight: 600; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } th.number { text-align: right; white-space: nowrap; }
code, pre { font: .9em/1.5 ui-monospace, monospace; } pre { background: var(--panel); padding: .7rem; overflow-x: auto; white-space: pre-wrap; }
.passed { color: var(--good); } .failed, .critical, .high { color: var(--bad); } .medium, .running, .retrying, .cancelled, .lost, .waived { color: var(--warn); } .low, .info, .soft { color: var(--soft); }
.state { font-weight: 600; white-space: nowrap; }
figure { margin: 0 0 1rem; }
svg { display: block; max-width: 100%; } svg text { fill: var(--text); font: 12px system-ui, sans-serif; }
svg .good { fill: var(--goodbar); } svg .bad { fill: var(--badbar); } svg .warn { fill: var(--warnbar); } svg .rest { fill: var(--rest); } svg .line { stroke: var(--line); }
@media print { details > * { display: block; } }
`;
