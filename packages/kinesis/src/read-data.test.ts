import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readData } from './read-data.ts'

const base64 = (bytes: readonly number[]) => Buffer.from(bytes).toString('base64')
const characters = fc.constantFrom('a', '"', '\u0000', '\u007f', 'é', '\uFEFF', '\uFFFF', '🚀')
const notBase64 = { fault: 'The data of the record is not base64.' }
const notText = { fault: 'The data of the record is not UTF-8 text.', isBinary: true }

describe('the data of a record', () => {
  it('is its text, byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: characters, minLength: 1 }), (text) => {
        expect(readData(Buffer.from(text).toString('base64'))).toStrictEqual({ text })
      }),
    )
  })

  it('is text or a fault, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        const read = readData(Buffer.from(bytes).toString('base64'))
        if ('text' in read) expect(Buffer.from(read.text).equals(bytes)).toBe(true)
        else expect(read.fault).toMatch(/^The (data of the )?record /)
      }),
    )
    fc.assert(fc.property(fc.anything(), (data) => void readData(data)))
  })

  it('keeps a byte order mark: nothing is dropped', () => {
    expect(readData(base64([0xef, 0xbb, 0xbf, 0x61]))).toStrictEqual({ text: '\uFEFFa' })
  })

  it.each([
    ['no data', '', { fault: 'The record has no data.' }],
    ['data of another kind', 7, { fault: 'The record has no data.' }],
    ['a character that is none of base64', 'YWJj!GFi', notBase64],
    ['white space in it', 'YWJj\nGFi', notBase64],
    ['base64url', 'YW-_', notBase64],
    ['no padding', 'YQ', notBase64],
    ['padding in the middle', 'YQ==YQ==', notBase64],
    ['a byte that no UTF-8 has', base64([0x61, 0xff]), notText],
    ['a surrogate', base64([0xed, 0xa0, 0x80]), notText],
    ['a character that is too long', base64([0xc0, 0x80]), notText],
    ['a character that is cut off', base64([0xf0, 0x9f, 0x9a]), notText],
    [
      'aggregated records',
      base64([0xf3, 0x89, 0x9a, 0xc2, 1, 2]),
      { fault: expect.stringContaining('AggregationEnabled') },
    ],
    [
      'a message of CloudWatch Logs',
      gzipSync('{"messageType":"CONTROL_MESSAGE"}').toString('base64'),
      { fault: expect.stringContaining('CloudWatch Logs'), isBinary: true },
    ],
  ])('is none for %s', (_, data, expected) => {
    expect(readData(data)).toStrictEqual(expected)
  })
})
