/** The colours of a spike's charts. */
export interface Colours {
  readonly background: string
  readonly surface: string
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly accepted: string
  readonly failed: string
  /** The colour of text, which needs more contrast than a surface. */
  readonly bad: string
  readonly good: string
  readonly backlog: string
  readonly connections: string
}

export const lightColours: Colours = {
  background: '#ffffff',
  surface: '#f6f8fa',
  line: '#d5dbe1',
  text: '#1b2630',
  muted: '#566370',
  accepted: '#2f8fba',
  failed: '#d64545',
  bad: '#b3261e',
  good: '#0b6e99',
  backlog: '#d99a2b',
  connections: '#8a78c9',
}

export const darkColours: Colours = {
  background: '#14181d',
  surface: '#1d232a',
  line: '#36404a',
  text: '#e6ebf0',
  muted: '#a3afba',
  accepted: '#3f9cc7',
  failed: '#e5635f',
  bad: '#ff8f88',
  good: '#7cc8ec',
  backlog: '#d9a441',
  connections: '#9a89dc',
}

/** Colours as custom properties. */
export function toProperties(colours: Colours): string {
  return Object.entries(colours)
    .map(([name, value]) => `--spike-${name}:${value};`)
    .join('')
}

/** The style of the charts, in the colours of the element that contains them. */
export const chartStyle = `
.spike-chart{display:block;width:100%;height:auto}
.spike-heading,.spike-summary,.spike-tick,.spike-note{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-size:13px;fill:var(--spike-muted)}
.spike-heading{font-size:15px;font-weight:600;fill:var(--spike-text)}
.spike-summary{font-size:14px;font-weight:600;text-anchor:end;fill:var(--spike-good)}
.spike-summary.spike-bad{fill:var(--spike-bad)}
.spike-tick-y{text-anchor:end}
.spike-tick-x{text-anchor:middle}
.spike-note{stroke:var(--spike-background);stroke-width:4px;paint-order:stroke}
.spike-note-end{text-anchor:end}
.spike-note-middle{text-anchor:middle}
.spike-grid,.spike-axis,.spike-end{fill:none;stroke:var(--spike-line);stroke-width:1}
.spike-axis{stroke:var(--spike-muted)}
.spike-end{stroke:var(--spike-muted);stroke-dasharray:2 3}
.spike-accepted{fill:var(--spike-accepted)}
.spike-failed{fill:var(--spike-failed)}
.spike-backlog{fill:var(--spike-backlog)}
.spike-connections{fill:var(--spike-connections)}
.spike-arrivals{fill:none;stroke:var(--spike-text);stroke-width:1.5}
.spike-budget{fill:none;stroke:var(--spike-text);stroke-width:1.5;stroke-dasharray:5 4}
.spike-refused{fill:none;stroke:var(--spike-failed);stroke-width:5}
.spike-p50{fill:none;stroke:var(--spike-text);stroke-width:2}
.spike-p99{fill:none;stroke:var(--spike-muted);stroke-width:1.5;stroke-dasharray:4 2}
`.trim()
