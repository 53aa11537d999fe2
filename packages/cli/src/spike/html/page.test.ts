import { expect, it } from 'vitest'
import type { SpikeFigures } from '../report.ts'
import { figures } from '../testing/figures.ts'
import { toPage } from './page.ts'
import { toPicture } from './picture.ts'
import { toPlots } from './plots.ts'
import { darkColours, lightColours } from './style.ts'

const page = toPage(figures)

it('is one page without requests and scripts', () => {
  expect(page).toMatch(/^<!doctype html>/)
  expect(page).not.toMatch(/<(?:script|link|iframe|img|object)\b|url\(|@import|https?:/)
})

it('shows the results of the writes at the top', () => {
  const text = page.replaceAll(/<[^>]+>/g, '')
  expect(text).toContain(
    '200 writes per second for 5 seconds, on a database that has 9 connections for them.',
  )
  expect(text).toContain('600 of 1,000 writes failed')
  expect(text).toContain('0 of 1,000 writes failed')
  expect(text).toContain('999 rows written, 1 dead-lettered. Half of the answers within 8.1 ms.')
})

it('has four pairs of plots, each with a title and a description', () => {
  const plots = page.match(/<svg class="spike-chart"[\s\S]*?<\/svg>/g) ?? []
  const titles = plots.map((plot) => /<title id="[^"]+">([^<]+)</.exec(plot)?.[1])
  expect(titles).toStrictEqual([
    'Requests per second, synchronous design',
    'Requests per second, buffered design',
    'Backlog, synchronous design',
    'Backlog, buffered design',
    'Database connections, synchronous design',
    'Database connections, buffered design',
    'Latency, synchronous design',
    'Latency, buffered design',
  ])
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const labels = [...page.matchAll(/aria-labelledby="([^"]+)"/g)].flatMap(([, names = '']) =>
    names.split(' '),
  )
  expect(labels.toSorted()).toStrictEqual(ids.toSorted())
})

it('has the numbers of the plots as a table', () => {
  expect(page).toContain('<tr><th scope="row">latency p99</th><td>1.23 s</td><td>42 ms</td></tr>')
})

it('explains the limits of each design, and how the numbers of the flood were chosen', () => {
  expect(page).toContain('<strong>Synchronous: connections.</strong> The functions may hold 9 connections')
  expect(page).toContain('The rate is half of the 413 requests per second')
  expect(page).toContain('the synchronous design holds 19 connections without a limit')
  const given: SpikeFigures = {
    ...figures,
    settings: { ...figures.settings, capacity: null, wantedConnections: null },
  }
  expect(toPage(given)).toContain('The rate of 200 requests per second was set by the user.')
  expect(toPage(given)).toContain('max_connections was set by the user: 13.')
})

it('draws counts of intervals as steps, on the same scale for both designs', () => {
  const [synchronous = '', buffered = ''] = page.match(/<svg class="spike-chart"[\s\S]*?<\/svg>/g) ?? []
  // 80 and 200 requests per second on a scale of 200, for the first of six seconds.
  expect(synchronous).toContain('<path class="spike-accepted" d="M54 114.4L81.5 114.4L')
  expect(buffered).toContain('<path class="spike-accepted" d="M54 34L81.5 34L')
})

it('escapes texts from elsewhere', () => {
  const hostile: SpikeFigures = {
    ...figures,
    synchronous: { ...figures.synchronous, answers: { '<script>': 600 } },
    machine: { ...figures.machine, platform: '<b>' },
  }
  expect(toPage(hostile)).not.toMatch(/<script>|<b>/)
})

it('can be part of Markdown, because it has no blank line and no style', () => {
  expect(toPlots(figures)).not.toMatch(/\n\s*\n|<style/)
})

it('draws a picture of the requests in one colour scheme', () => {
  const light = toPicture(figures, lightColours)
  const dark = toPicture(figures, darkColours)
  expect(light).toContain('<title id="title">200 writes per second for 5 s on 9 database connections</title>')
  expect(light).toContain('The synchronous design failed 600 of 1,000 requests, the buffered design 0.')
  expect(light).toContain(`--spike-background:${lightColours.background}`)
  expect(dark).toContain(`--spike-background:${darkColours.background}`)
  expect(light.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/)
})
