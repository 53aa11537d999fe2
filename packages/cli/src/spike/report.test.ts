import { expect, it } from 'vitest'
import { formatMs, toRows, toTable, toVerdict } from './report.ts'
import { figures } from './testing/figures.ts'

it('shows the figures of both designs side by side', () => {
  expect(
    toRows(figures).map(({ label, synchronous, buffered }) => [label, synchronous, buffered]),
  ).toStrictEqual([
    ['arrivals', '1,000', '1,000'],
    ['accepted (2xx)', '400', '1,000'],
    ['failed', '600 (500: 590, UND_ERR_SOCKET: 10)', '0'],
    ['written', '400', '999'],
    ['dead-lettered', '0', '1'],
    ['lost after 2xx', '0', '0'],
    ['latency p50', '61.2 ms', '8.1 ms'],
    ['latency p99', '1.23 s', '42 ms'],
    ['peak connections', '9 of 9', '3 of 9'],
    ['connections refused (53300)', '590', '0'],
    ['peak backlog', '0', '60'],
    ['time to drain', '0 s', '1.4 s'],
    ['limited by', 'connections', 'nothing'],
  ])
})

it('shows below the table the limits of each design and the verdict', () => {
  const lines = toTable(figures).split('\n')
  expect(lines.slice(-3)).toStrictEqual([
    'synchronous: limited by connections (the functions may hold 9 connections, and the database refused 590 more)',
    'buffered: limited by nothing (it handled the flood and had capacity left)',
    'Of 1,000 requests the synchronous design failed 600, the buffered one 0. Everything accepted was written or dead-lettered.',
  ])
})

it('reports when accepted requests are lost', () => {
  const lossy = { ...figures, buffered: { ...figures.buffered, lost: 2 } }
  expect(toVerdict(lossy)).toBe('2 requests were answered 2xx but are lost. This must never happen.')
})

it.each([
  [0, '0 ms'],
  [8.14, '8.14 ms'],
  [123.4, '123 ms'],
  [7434.2, '7.43 s'],
  [35_000, '35 s'],
])('formats %d ms', (ms, text) => {
  expect(formatMs(ms)).toBe(text)
})
