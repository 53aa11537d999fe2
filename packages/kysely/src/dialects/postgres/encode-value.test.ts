import { describe, expect, it } from 'vitest'
import { encodeValue, valueText } from './encode-value.ts'
import type { PostgresType } from './postgres-facts.ts'

const text: PostgresType = {
  sqlType: 'text',
  unnestable: true,
  list: false,
  json: false,
  oid: 25,
  receive: 'textrecv',
}
const json: PostgresType = { sqlType: 'jsonb', unnestable: true, list: false, json: true }
const bytes: PostgresType = { ...text, sqlType: 'bytea', oid: 17, receive: 'bytearecv' }
const texts: PostgresType = { sqlType: 'text[]', unnestable: false, list: true, json: false }
const jsons: PostgresType = { sqlType: 'jsonb[]', unnestable: false, list: true, json: true }

describe('encodeValue', () => {
  it.each([
    ['a', text, 'a'],
    [1.5, text, '1.5'],
    [Number.NaN, text, 'NaN'],
    [2n ** 63n, text, '9223372036854775808'],
    [false, text, 'false'],
    [null, text, null],
    [undefined, json, null],
    [new Uint8Array([0, 255]), bytes, Buffer.from([0, 255])],
    [new Uint8Array([1, 2, 3]).subarray(1), bytes, Buffer.from([2, 3])],
    [Buffer.from('\ufeffé'), text, '\ufeffé'],
    [Buffer.from('{"a": 1}'), { ...json, receive: 'json_recv' }, '{"a": 1}'],
    [Buffer.from('\u0001{"a": 1}'), { ...json, receive: 'jsonb_recv' }, '{"a": 1}'],
    [Buffer.alloc(16, 0xab), { ...text, receive: 'uuid_recv' }, 'abababab-abab-abab-abab-abababababab'],
    [Buffer.from([255, 255, 255, 254]), { ...text, receive: 'int4recv' }, -2],
    [Buffer.from([1]), { ...text, receive: 'boolrecv' }, 'true'],
    [1.5, { ...text, oid: 701 }, 1.5],
    [1.5, { ...text, sqlType: 'numeric', oid: 1700 }, '1.5'],
    [{ a: 1 }, text, '{"a":1}'],
    [{ toPostgres: () => '(1,2)' }, text, '(1,2)'],
    [{ toPostgres: () => null }, text, null],
    [{ toPostgres: () => ({ toPostgres: () => undefined }) }, text, null],
    [[{ toPostgres: () => null }, 'a'], texts, '{NULL,"a"}'],
    [{ a: [1] }, json, '{"a":[1]}'],
    [[1, 'b'], json, '[1,"b"]'],
    ['{"already":"JSON"}', json, '{"already":"JSON"}'],
    [3, json, '3'],
    [true, json, 'true'],
    [new Date(0), json, '"1970-01-01T00:00:00.000Z"'],
    [['a"b', 'c\\d', null, ''], texts, '{"a\\"b","c\\\\d",NULL,""}'],
    [[['a'], ['b']], texts, '{{"a"},{"b"}}'],
    [[], texts, '{}'],
    ['{x}', texts, '{x}'],
    [[{ a: 'b' }, [1]], jsons, '{"{\\"a\\":\\"b\\"}","[1]"}'],
    [[new Uint8Array([1])], texts, '{"\\\\x01"}'],
  ])('writes %o', (value, type, expected) => {
    expect(encodeValue(value, type)).toEqual(expected)
  })

  it('keeps an instant unchanged, and writes other dates as the driver does', () => {
    const instant = { ...text, sqlType: 'timestamptz', oid: 1184 }
    const date = new Date('2026-01-02T03:04:05.678Z')
    expect(encodeValue(date, instant)).toBe(date)
    expect(valueText(date)).toBe('2026-01-02T03:04:05.678Z')
    expect(encodeValue(date, text, () => 'the driver')).toBe('the driver')
    const late = new Date('+012026-01-02T03:04:05.678Z')
    expect(encodeValue(late, instant, () => 'the driver')).toBe('the driver')
  })

  it.each([
    [Buffer.from([0xff]), 'textrecv'],
    [Buffer.from('{}'), 'jsonb_recv'],
    [Buffer.alloc(15), 'uuid_recv'],
    [Buffer.alloc(3), 'int4recv'],
    [Buffer.from('1'), 'numeric_recv'],
    [Buffer.from('a'), undefined],
  ])('refuses %o, which %s cannot read', (value, receive) => {
    expect(() => encodeValue(value, { ...text, receive })).toThrow(TypeError)
  })

  it('writes a date in local time with its offset', () => {
    for (const date of [new Date(), new Date(0), new Date('0099-03-01T00:00:00Z')]) {
      const written = String(encodeValue(date, text))
      expect(written).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/)
    }
    expect(new Date(String(encodeValue(new Date(1_700_000_000_123), text))).getTime()).toBe(1_700_000_000_123)
    expect(encodeValue(new Date('-000043-03-15T12:00:00Z'), text)).toMatch(/^0044-03-15T.* BC$/)
    expect(encodeValue(new Date('+012026-03-15T12:00:00.007Z'), text)).toMatch(
      /^12026-03-15T..:..:00\.007[+-]..:..$/,
    )
    for (const time of ['1850-06-01T00:00:00Z', '9999-06-01T00:00:00Z', '0001-06-01T00:00:00Z']) {
      expect(new Date(String(encodeValue(new Date(time), text)))).toEqual(new Date(time))
    }
  })

  const circular: Record<string, unknown> = {}
  circular.self = circular
  it.each([
    [() => 1],
    [Symbol('x')],
    [new Date(Number.NaN)],
    [circular],
    [{ a: 1n }],
    [{ toOperationNode() {} }],
  ])('refuses %o', (value) => {
    expect(() => encodeValue(value, json)).toThrow()
  })
})
