import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { requestsOf } from './requests.ts'

const cases = [
  { messages: 1_000_000, bytes: 1_000, perSend: 1 },
  { messages: 1_000_000, bytes: 1_000, perSend: 10 },
  { messages: 1_000_000, bytes: 100_000, perSend: 1 },
].map(requestsOf)

it('counts what the page on costs says', async () => {
  const page = await readFile(new URL('../../guides/costs.md', import.meta.url), 'utf8')
  for (const name of ['send', 'receive', 'delete', 'together'] as const) {
    const cells = cases.map((requests) => requests[name].toLocaleString('en-US'))
    expect(page).toContain(`| ${name} | ${cells.join(' | ')} |`)
  }
  // Five pollers, each with a long poll of 20 s, for 30 days.
  expect(5 * 3 * 60 * 24 * 30).toBe(648_000)
})
