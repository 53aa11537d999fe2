import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { createMessage, decodeMessage, defineMessage, encodeMessage } from './index.ts'
import { anyText } from './testing/any-text.ts'

const numRuns = inject('soak') ? 1000 : 300

// Not one of the validators: they drop keys such as `__proto__`, and the wire is what is tested here.
const schema: StandardSchemaV1<unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}
const anything = defineMessage({ name: 'thing', schema, key: () => 'k' })

it('carries any JSON over the wire unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const body = JSON.parse(JSON.stringify(value))
      const message = createMessage(anything, body, { time: new Date(0) })
      expect(await decodeMessage(anything, encodeMessage(message))).toStrictEqual({ ok: true, message })
    }),
    { numRuns },
  )
})

it('gives a message or a reason for any text, and never throws', async () => {
  const text = fc.oneof(
    anyText(),
    fc.json(),
    fc.object().map((value) => JSON.stringify(value)),
  )
  await fc.assert(
    fc.asyncProperty(text, async (value) => {
      const decoded = await decodeMessage(anything, value)
      expect(decoded.ok || decoded.reason.code.startsWith('SPILLWAY_')).toBe(true)
    }),
    { numRuns },
  )
})
