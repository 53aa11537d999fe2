import type { SpikeFigures } from '../report.ts'
import { drawParts, frame } from './chart.ts'
import { toChartPairs } from './charts/charts.ts'
import { type Colours, chartStyle, toProperties } from './style.ts'
import { escapeText } from './svg.ts'

const gap = 24
const width = 2 * frame.width + gap
const top = 56

/** Draws the requests of both designs side by side, in one colour scheme, as a picture for a README. */
export function toPicture(figures: SpikeFigures, colours: Colours): string {
  const [requests] = toChartPairs(figures)
  const { settings, synchronous, buffered } = figures
  const number = (value: number) => value.toLocaleString('en')
  const title = `${number(settings.rate)} writes per second for ${settings.seconds} s on ${synchronous.budget} database connections`
  const description = `The synchronous design failed ${number(synchronous.failed)} of ${number(synchronous.sent)} requests, the buffered design ${number(buffered.failed)}.`
  const height = top + frame.height + 4
  const charts = (requests?.charts ?? []).map(
    (chart, n) =>
      `<g transform="translate(${n * (frame.width + gap)} ${top})">${drawParts(chart).join('')}</g>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${escapeText(title)}</title>
<desc id="description">${escapeText(description)}</desc>
<style>
svg{${toProperties(colours)}}
${chartStyle}
</style>
<rect width="${width}" height="${height}" rx="8" style="fill:var(--spike-background)"/>
<text class="spike-heading" x="${frame.left}" y="22" style="font-size:16px">${escapeText(title)}</text>
${legend(requests?.legend ?? [])}
${charts.join('\n')}
</svg>
`
}

function legend(items: readonly (readonly [className: string, name: string])[]): string {
  return items
    .map(([className, name], n) => {
      const x = frame.left + n * 100
      const shape = className === 'spike-arrivals' ? `M${x} 39H${x + 16}` : `M${x} 33H${x + 16}V45H${x}Z`
      return `<path class="${className}" d="${shape}"/><text class="spike-note" x="${x + 22}" y="43">${escapeText(name)}</text>`
    })
    .join('')
}
