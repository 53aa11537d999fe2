import type { Scale } from './scale.ts'
import { coordinate, escapeText } from './svg.ts'

/** The size of a chart in SVG units, and the position of its plot. */
export const frame = { width: 400, height: 196, left: 54, right: 384, top: 34, bottom: 168 }

/** A chart of one design over time. */
export interface Chart {
  /** The prefix of the ids in the chart, because a page has several charts. */
  readonly id: string
  /** The design. */
  readonly heading: string
  /** A short summary beside the heading. */
  readonly summary: string
  readonly isBad: boolean
  /** The title for screen readers. */
  readonly title: string
  readonly description: string
  readonly x: Scale
  readonly y: Scale
  /** Formats a tick of the y axis. */
  tickLabel(value: number): string
  /** When the last request was sent. Seconds. */
  readonly floodEnds: number
  /** The marks, from the bottom one to the top one. */
  readonly marks: readonly string[]
}

/** Draws a chart as SVG. Its colours come from {@link chartStyle}. It is one line, so that Markdown can contain it. */
export function drawChart(chart: Chart): string {
  const { id, title, description } = chart
  return [
    `<svg class="spike-chart" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-labelledby="${id}-title ${id}-description">`,
    `<title id="${id}-title">${escapeText(title)}</title>`,
    `<desc id="${id}-description">${escapeText(description)}</desc>`,
    ...drawParts(chart),
    '</svg>',
  ].join('')
}

/** The parts of a chart, for a picture of several charts. */
export function drawParts(chart: Chart): readonly string[] {
  const { heading, summary, isBad, x, y, tickLabel, floodEnds, marks } = chart
  return [
    `<text class="spike-heading" x="${frame.left}" y="16">${escapeText(heading)}</text>`,
    `<text class="spike-summary${isBad ? ' spike-bad' : ''}" x="${frame.right}" y="16">${escapeText(summary)}</text>`,
    ...y.ticks.map((tick) => gridLine(y(tick), tickLabel(tick))),
    ...marks,
    floodEnd(x(floodEnds)),
    `<path class="spike-axis" d="M${frame.left} ${frame.bottom}H${frame.right}"/>`,
    ...x.ticks.map((tick) => secondLabel(x(tick), tick)),
  ]
}

function gridLine(y: number, label: string): string {
  const at = coordinate(y)
  return `<path class="spike-grid" d="M${frame.left} ${at}H${frame.right}"/><text class="spike-tick spike-tick-y" x="${frame.left - 6}" y="${coordinate(y + 4)}">${escapeText(label)}</text>`
}

function secondLabel(x: number, seconds: number): string {
  return `<text class="spike-tick spike-tick-x" x="${coordinate(x)}" y="${frame.bottom + 17}">${seconds} s</text>`
}

function floodEnd(x: number): string {
  return `<path class="spike-end" d="M${coordinate(x)} ${frame.top}V${frame.bottom}"/>`
}

/** Mark: a filled surface or a line. */
export function path(className: string, data: string): string {
  return `<path class="${className}" d="${data}"/>`
}

/** Mark: a dashed line across the plot with a label above it. */
export function rule(y: number, label: string): string {
  return `<path class="spike-budget" d="M${frame.left} ${coordinate(y)}H${frame.right}"/><text class="spike-note spike-note-end" x="${frame.right}" y="${coordinate(y - 5)}">${escapeText(label)}</text>`
}

/** Mark: a sentence in the middle of an empty plot. */
export function note(text: string): string {
  const middle = (frame.left + frame.right) / 2
  return `<text class="spike-note spike-note-middle" x="${middle}" y="${(frame.top + frame.bottom) / 2}">${escapeText(text)}</text>`
}
