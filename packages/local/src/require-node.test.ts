import { expect, it } from 'vitest'
import { requireNode } from './require-node.ts'

it.each(['22.18.0', '22.23.3', '24.0.0', '26.1.0'])('accepts Node %s', (version) => {
  expect(requireNode(version)).toBeUndefined()
})

it.each(['18.20.8', '20.20.0', '22.4.1', '22.17.9'])('rejects Node %s with a message', (version) => {
  expect(() => requireNode(version)).toThrow(
    `The local runtime needs Node 22.18 or newer, which runs TypeScript and has SQLite; this is Node ${version}.`,
  )
})
