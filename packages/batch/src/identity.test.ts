import { defineMessage } from '@spillway/message'
import { bodyFingerprint, onlyMessage } from '@spillway/message/internal'
import { envelopeOf, recordOf } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { readIdentity, wireFingerprint } from './identity.ts'

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }) })
const known = onlyMessage(order)
const envelope = (change: object = {}) =>
  JSON.stringify({ spillway: 1, name: 'order', version: 1, key: 'k', body: {}, ...change })

describe('the identity of a record', () => {
  it('has the name and the key of its envelope, even where the rest is wrong', () => {
    expect(readIdentity(envelope({ time: 'never', version: 7 }), known)).toMatchObject({
      name: 'order',
      key: 'k',
    })
  })

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', envelope({ spillway: 2 })],
    ['no name', envelope({ name: '' })],
    ['the name of another message, whose status it would falsify', envelope({ name: 'payment' })],
    ['no key', envelope({ key: 7 })],
    ['half of a pair in its key', envelope({ key: '\uD800' })],
  ])('is not there for %s', (_, text) => {
    expect(readIdentity(text, known)).toBeUndefined()
  })

  it.each([
    ['4950', '4950'],
    ['record 0', 'record 0'],
    ['é', undefined],
    ['a\u007f', undefined],
    ['x'.repeat(257), undefined],
    ['', undefined],
    [7, undefined],
    [null, undefined],
  ])('says of which record it is the copy, where that can be an id: %j', (redriveOf, read) => {
    expect(readIdentity(envelope({ redriveOf }), known)?.redriveOf).toBe(read)
  })

  it('has the fingerprint of its body, or of the envelope that its claim stands for', () => {
    const sha256 = 'a'.repeat(64)
    const fingerprintOf = (change: object) => readIdentity(envelope(change), known)?.fingerprint()
    expect(fingerprintOf({ body: { id: 'a' } })).toBe(bodyFingerprint({ id: 'a' }))
    expect(fingerprintOf({ body: undefined, claim: { sha256 } })).toBe(sha256)
    expect(fingerprintOf({ body: undefined, claim: { sha256: 'A' } })).toBeUndefined()
    expect(fingerprintOf({ body: undefined })).toBeUndefined()
  })
})

describe('the fingerprint of an envelope', () => {
  it('is that of the body as it was sent: upcasts and the schema of a deploy do not change it', async () => {
    const v1 = defineMessage({ name: 'a', schema: z.object({ id: z.string(), euros: z.number() }) })
    const text = await envelopeOf(v1, { id: 'a', euros: 5 }, { key: 'k' })
    const record = await recordOf(v1, { euros: 5, id: 'a' }, { key: 'k' })
    expect(wireFingerprint(text)).toBe(bodyFingerprint({ id: 'a', euros: 5 }))
    expect(record.fingerprint?.()).toBe(wireFingerprint(text))
  })
})
