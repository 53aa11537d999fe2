import type { SpikeFigures } from '../report.ts'
import { drawChart } from './chart.ts'
import { toChartPairs } from './charts/charts.ts'
import type { ChartPair } from './charts/pair.ts'
import { escapeText } from './svg.ts'

/**
 * The plots over time, as HTML without a blank line, so that Markdown can contain it. Its style is {@link plotStyle}.
 */
export function toPlots(figures: SpikeFigures): string {
  return toChartPairs(figures).map(toSection).join('\n')
}

function toSection({ heading, explanation, legend, charts }: ChartPair): string {
  const items = legend.map(([className, name]) => `<li>${swatch(className)}${escapeText(name)}</li>`)
  return [
    '<section class="spike-plot">',
    `<h3 class="spike-title">${escapeText(heading)}</h3>`,
    `<p class="spike-explanation">${escapeText(explanation)}</p>`,
    `<ul class="spike-legend">${items.join('')}</ul>`,
    `<div class="spike-pair">${charts.map(drawChart).join('')}</div>`,
    '</section>',
  ].join('')
}

/** A sample of a mark for the legend, drawn as a line for a line. */
function swatch(className: string): string {
  return `<svg viewBox="0 0 18 12" aria-hidden="true"><path class="${className}" d="M0 6H18"/><path class="${className} spike-block" d="M2 1H16V11H2Z"/></svg>`
}

/** The style of {@link toPlots}, beside that of the charts. */
export const plotStyle = `
.spike-plot{margin:32px 0 0}
.spike-plot h3.spike-title{margin:0;font-size:18px}
.spike-plot p.spike-explanation{margin:4px 0 8px;color:var(--spike-muted)}
.spike-plot ul.spike-legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:0 0 8px;padding:0;font-size:14px;color:var(--spike-text)}
.spike-plot .spike-legend li{display:flex;align-items:center;gap:6px;margin:0}
.spike-plot .spike-legend svg{width:18px;height:12px}
.spike-block:is(.spike-arrivals,.spike-budget,.spike-p50,.spike-p99,.spike-refused){display:none}
.spike-pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:12px 24px}
`.trim()
