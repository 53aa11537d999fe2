import { readFile } from 'node:fs/promises'
import { decodeMessage, defineMessage } from '@spillway/message'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Claim, readClaim, toClaimEnvelope } from './claim.ts'

const sha256 = 'a'.repeat(64)
const claim: Claim = { key: `spillway/${sha256}`, bytes: 2_000_000, sha256 }
const file = (name: string) => readFile(new URL(name, import.meta.url), 'utf8')

function record(change: Record<string, unknown>): string {
  const envelope = { spillway: 1, name: 'a', version: 1, key: 'k', time: '2026-01-02T03:04:05.678Z', claim }
  return JSON.stringify({ ...envelope, ...change })
}

describe('the wire', () => {
  it('is the golden file, byte for byte', async () => {
    const text = await file('./claim-v1.golden.json')
    expect(`${toClaimEnvelope(await file('../../../message/src/envelope-v1.golden.json'), claim)}\n`).toBe(
      text,
    )
    expect(readClaim(text)).toStrictEqual(claim)
  })

  it('holds only characters that SQS takes', () => {
    const text = JSON.stringify({ spillway: 1, name: 'a', key: '\uFFFE\uFFFF\u0001', body: {} })
    expect(toClaimEnvelope(text, claim)).toContain('"key":"\\ufffe\\uffff\\u0001"')
  })

  it('is parked by a reader that knows no claims, like any envelope without a body', async () => {
    const definition = defineMessage({
      name: 'a',
      schema: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } },
    })
    expect(await decodeMessage(definition, record({}))).toStrictEqual({
      ok: false,
      reason: { code: 'SPILLWAY_ENVELOPE_INVALID', detail: 'The envelope has no body.' },
      retryable: false,
    })
  })
})

describe('toClaimEnvelope', () => {
  it.each(['no', 'null', '7', '[]', '{"body":1}', '{"spillway":2,"body":1}', '{"spillway":1}'])(
    'has nothing for %s, which is no envelope',
    (text) => {
      expect(toClaimEnvelope(text, claim)).toBeUndefined()
    },
  )
})

describe('readClaim', () => {
  it('finds a claim whatever is beside it', () => {
    expect(readClaim(record({ later: true }))).toStrictEqual(claim)
  })

  it.each([
    ['text that is not JSON', '"claim"'],
    ['an envelope with its body', record({ body: null })],
    ['another version of the envelope', record({ spillway: 2 })],
    ['a claim that is null', record({ claim: null })],
    ['a claim that is text', record({ claim: 'x' })],
    ['no key', record({ claim: { ...claim, key: '' } })],
    ['a key too long', record({ claim: { ...claim, key: 'x'.repeat(1025) } })],
    ['half of a pair in the key', record({ claim: { ...claim, key: '\uD800' } })],
    ['no size', record({ claim: { ...claim, bytes: 0 } })],
    ['a size that is text', record({ claim: { ...claim, bytes: '7' } })],
    ['a broken size', record({ claim: { ...claim, bytes: 1.5 } })],
    ['another hash', record({ claim: { ...claim, sha256: 'A'.repeat(64) } })],
    ['a list of hashes', record({ claim: { ...claim, sha256: [sha256] } })],
  ])('finds none in %s', (_, text) => {
    expect(readClaim(text)).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(readClaim(text)).toBeUndefined()
        expect(readClaim(`{"claim":${text}}`)).toBeUndefined()
      }),
    )
  })
})
