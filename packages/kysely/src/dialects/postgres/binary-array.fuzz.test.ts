import fc from 'fast-check'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { anyText } from '../../../../message/src/testing/any-text.ts'
import { connect, startDatabase } from '../../testing/database.ts'
import type { Row, Value } from '../table.ts'
import { arrayText } from './array-text.ts'
import { binaryArray } from './binary-array.ts'
import { valueText } from './encode-value.ts'

let database: Awaited<ReturnType<typeof startDatabase>>
let client: Client
beforeAll(async () => {
  database = await startDatabase()
  client = await connect(database.url)
})
afterAll(async () => {
  await client.end()
  await database[Symbol.asyncDispose]()
})

const digits = fc.stringMatching(/^-?[0-9]{1,20}$/)
const decimals = fc.stringMatching(/^-?[0-9]{1,12}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?$/)
const odd = fc.constantFrom(
  '',
  ' 1 ',
  '+1',
  '0x1f',
  '1_000',
  '1.',
  '.5',
  'null',
  'NULL',
  'inf',
  '-Infinity',
  'NaN',
  '-0',
  '1e400',
  '1e-400',
  '-0e5',
)
const special = fc.constantFrom(
  '"',
  '\\',
  '{',
  '}',
  ',',
  '\0',
  '\n',
  'NULL',
  'é',
  '😀',
  '\ud800',
  '\udc00',
  '\ufeff',
  '\u0080',
)
const texts = fc.oneof(
  fc.array(special, { maxLength: 8 }).map((parts) => parts.join('')),
  anyText({ maxLength: 80 }),
  fc.string({ maxLength: 300 }),
)
const json = fc.oneof(
  fc.json(),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value, null, 1)),
  fc.constantFrom('', '{', '1e400', '"\\u0000"', '"\\ud800"', '{"a":1,"a":2}', '1.50', 'nul'),
)
const uuid = fc.uuid()
const uuids = fc.oneof(
  uuid,
  uuid.map((text) => text.toUpperCase()),
  uuid.map((text) => `{${text}}`),
  uuid.map((text) => text.replaceAll('-', '')),
  fc.stringMatching(/^[0-9a-fg-]{36}$/),
  uuid.map((text) => `${text.slice(0, 35)}é`),
)
const two = (max: number) => fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, '0'))
const day = fc
  .tuple(fc.integer({ min: 0, max: 10_050 }), two(13), two(32))
  .map(([year, month, date]) => `${String(year).padStart(4, '0')}-${month}-${date}`)
const time = fc.tuple(two(24), two(60), two(60)).map((parts) => parts.join(':'))
const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{0,8}$/))
const zone = fc.oneof(
  fc.constantFrom('', 'Z', ' UTC', 'z', '+00', '+0530', '+05:30:15', ' Europe/Berlin', '+16:00'),
  fc
    .tuple(fc.constantFrom('+', '-'), two(16), two(60))
    .map(([sign, hours, minutes]) => `${sign}${hours}:${minutes}`),
)
const stamps = fc.oneof(
  day,
  fc.tuple(day, fc.constantFrom('T', ' ', 't'), time, fraction, zone).map((parts) => parts.join('')),
  fc
    .date({ min: new Date('0001-01-03'), max: new Date('9999-12-30'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    'infinity',
    '-infinity',
    'Infinity',
    'epoch',
    '0044-03-15 BC',
    '2024-02-29',
    '2023-02-29',
    '1900-02-29',
    'now()',
    '294276-12-31',
    '294277-01-01',
  ),
)
const dates = fc.date({ min: new Date('0001-01-03'), max: new Date('9999-12-30'), noInvalidDate: true })
/** Halfway between two numbers of a `float4`, and next to that. */
const halves = fc
  .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom('', '1', '0000000001'))
  .map(([number, more]) => {
    const view = new DataView(new ArrayBuffer(8))
    view.setFloat64(0, number)
    view.setUint32(4, (view.getUint32(4) & 0xe000_0000) | 0x1000_0000)
    const text = view.getFloat64(0).toFixed(60)
    return `${text}${more}`
  })

const types: readonly (readonly [type: string, oid: number, send: string, value: fc.Arbitrary<Value>])[] = [
  ['boolean', 16, 'boolsend', fc.constantFrom('true', 'false', 't', 'f', 'yes', 'TRUE', '1', 'x', '')],
  ['smallint', 21, 'int2send', fc.oneof(fc.integer({ min: -33_000, max: 33_000 }), digits, odd, fc.double())],
  ['integer', 23, 'int4send', fc.oneof(fc.integer(), fc.maxSafeInteger(), digits, odd, fc.double())],
  [
    'bigint',
    20,
    'int8send',
    fc.oneof(
      fc.maxSafeInteger(),
      digits,
      odd,
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
      fc.double(),
    ),
  ],
  ['real', 700, 'float4send', fc.oneof(fc.float(), fc.double(), decimals, digits, odd, halves)],
  ['double precision', 701, 'float8send', fc.oneof(fc.double(), decimals, digits, odd)],
  ['text', 25, 'textsend', texts],
  ['varchar', 1043, 'varcharsend', texts],
  ['bpchar', 1042, 'bpcharsend', texts],
  ['uuid', 2950, 'uuid_send', uuids],
  ['json', 114, 'json_send', json],
  ['jsonb', 3802, 'jsonb_send', json],
  [
    'bytea',
    17,
    'byteasend',
    fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('\\x00', '\\xgg', 'a'),
    ),
  ],
  ['date', 1082, 'date_send', stamps],
  ['timestamp', 1114, 'timestamp_send', stamps],
  ['timestamptz', 1184, 'timestamptz_send', fc.oneof(stamps, dates)],
]

/** The bytes of each value in the server, or the code with which it refuses the array. */
async function kept(type: string, send: string, array: string | Buffer): Promise<unknown> {
  try {
    const query = `select ${send}(v) as bytes from unnest($1::${type}[]) with ordinality as u(v, n) order by n`
    return (await client.query(query, [array])).rows.map(({ bytes }) => bytes?.toString('hex') ?? null)
  } catch (error) {
    return (error as { code: unknown }).code
  }
}

const soak = inject('soak')
const runs = soak ? 600 : 100

const rowsOf = (values: readonly Value[]) => values.map((value) => ({ values: [value] }) as unknown as Row)

describe('an array in binary form', () => {
  it.each(types)('of %s has the values of its text form', async (type, oid, send, value) => {
    await client.query(`set timezone = 'America/New_York'`)
    let binary = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(value, { freq: 8 }), { minLength: 1, maxLength: 4 }),
        async (values) => {
          const array = binaryArray(rowsOf(values), 0, oid)
          if (array === undefined) return
          binary += 1
          expect(await kept(type, send, array)).toEqual(
            await kept(type, send, arrayText(values.map(valueText))),
          )
        },
      ),
      { numRuns: runs },
    )
    // Most of these values need the server, and few columns have only others.
    expect(binary).toBeGreaterThan(runs / 10)
  })

  // The remaining cases are not random.
  if (soak) return
  it.each([
    [16, ['true', null, 'false']],
    [23, [1, '-2147483648', null]],
    [20, ['9223372036854775807', -1]],
    [701, [0.1, 'NaN', '1e-5']],
    [700, [0.5, '0.25']],
    [25, ['', 'é', '😀'.repeat(40), null]],
    [2950, ['0190F5B6-1d54-7000-8000-00000000000A']],
    [3802, ['{"a":[1]}', null]],
    [17, [Buffer.from([0, 255]), null]],
    [1082, ['2026-01-02', '2026-01-02T23:59:59.999-05:00']],
    [1114, ['2026-01-02T03:04:05.678901', '0001-01-01 00:00:00', '-infinity']],
    [1184, [new Date('9999-12-31T23:59:59.999Z'), '2026-01-02 03:04:05+05:30', 'infinity']],
  ])('is used for values that applications write: %s', (oid, values) => {
    expect(binaryArray(rowsOf(values), 0, oid)).toBeInstanceOf(Buffer)
  })

  it.each([
    [23, ['2147483648']],
    [23, [1, 'x']],
    [1184, ['2026-01-02T03:04:05']],
    [1114, ['2026-02-30T00:00:00']],
    [2950, ['{0190f5b6-1d54-7000-8000-00000000000a}']],
    [17, ['\\x00']],
    [1700, ['1']],
  ])('is not used if the server has to read the text: %s %s', (oid, values) => {
    expect(binaryArray(rowsOf(values), 0, oid)).toBeUndefined()
  })
})
