import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'
import { bodyFingerprint } from './fingerprint.ts'

const golden = new URL('./fingerprint-v1.golden.json', import.meta.url)

describe('canonicalJson', () => {
  it('sorts names by code unit, at every depth, and leaves arrays in order', () => {
    const value = { b: 1, a: { '\u20ac': [3, 1, { z: null, y: true }], '\ud83d\ude00': '', '\ufb33': 'x' } }
    expect(canonicalJson(value)).toBe(
      '{"a":{"\u20ac":[3,1,{"y":true,"z":null}],"\ud83d\ude00":"","\ufb33":"x"},"b":1}',
    )
  })

  it('keeps the names that objects have of their own accord', () => {
    const value = JSON.parse('{"constructor":1,"__proto__":{"b":1,"a":2},"2":0,"10":0}')
    expect(canonicalJson(value)).toBe('{"10":0,"2":0,"__proto__":{"a":2,"b":1},"constructor":1}')
  })

  it('writes the empty, the odd and the deep', () => {
    expect(canonicalJson([[], {}, '"\\\n\u0000\ud800', -0, 1e21, 1.0])).toBe(
      '[[],{},"\\"\\\\\\n\\u0000\\ud800",0,1e+21,1]',
    )
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expect(canonicalJson(JSON.parse(deep))).toBe(deep)
  })

  it.each([[undefined], [1n], [() => 1], [{ a: undefined }]])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError)
  })
})

describe('a fingerprint', () => {
  it('is the one in the golden file: inboxes hold it', async () => {
    const pairs: [string, string][] = JSON.parse(await readFile(golden, 'utf8'))
    for (const [json, fingerprint] of pairs) expect(bodyFingerprint(JSON.parse(json))).toBe(fingerprint)
    expect(pairs.length).toBeGreaterThan(3)
  })
})
