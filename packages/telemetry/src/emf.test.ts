import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import middy from '@middy/core'
import { counters, durations } from '@spillway/message'
import type { Context } from 'aws-lambda'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type EmfTelemetryOptions, emfTelemetry } from './emf.ts'
import { extract, readEmf } from './testing/emf.ts'

const clock = { now: () => 1_700_000_000_123.5 }

function emfOf(options: Partial<EmfTelemetryOptions> = {}) {
  const lines: string[] = []
  const emf = emfTelemetry({ namespace: 'shop', clock, write: (line) => lines.push(line), ...options })
  return { emf, lines }
}

const context = { getRemainingTimeInMillis: () => 3000 } as Context

describe('a line', () => {
  it('has all metrics of an invocation', () => {
    const { emf, lines } = emfOf()
    emf.count('spillway.ingest.accepted', 2, { message: 'order.placed' })
    emf.count('spillway.ingest.accepted', 3, { message: 'order.placed' })
    emf.count('spillway.ingest.bytes', 512, { message: 'order.placed' })
    emf.count('spillway.send.requests', 1, { target: 'sqs' })
    emf.duration('spillway.send.duration', 7.25, { target: 'sqs' })
    emf.duration('spillway.send.duration', 8, { target: 'sqs' })
    emf.flush()
    expect(lines.map(readEmf)).toStrictEqual([
      {
        _aws: {
          Timestamp: 1_700_000_000_123,
          CloudWatchMetrics: [
            {
              Namespace: 'shop',
              Dimensions: [['message']],
              Metrics: [
                { Name: 'spillway.ingest.accepted', Unit: 'Count' },
                { Name: 'spillway.ingest.bytes', Unit: 'Bytes' },
              ],
            },
            {
              Namespace: 'shop',
              Dimensions: [['target']],
              Metrics: [
                { Name: 'spillway.send.requests', Unit: 'Count' },
                { Name: 'spillway.send.duration', Unit: 'Milliseconds' },
              ],
            },
          ],
        },
        message: 'order.placed',
        'spillway.ingest.accepted': 5,
        'spillway.ingest.bytes': 512,
        target: 'sqs',
        'spillway.send.requests': 1,
        'spillway.send.duration': [7.25, 8],
      },
    ])
  })

  it('is not written when there are no metrics, and not twice', () => {
    const { emf, lines } = emfOf()
    emf.flush()
    emf.count('spillway.send.retried', 1)
    emf.flush()
    emf.flush()
    expect(extract(lines)).toStrictEqual({ 'spillway.send.retried{}': [1] })
    expect(lines).toHaveLength(1)
  })

  it('contains a metric once; its other dimensions are in another line', () => {
    const { emf, lines } = emfOf()
    emf.count('spillway.ingest.rejected', 1, { code: 'SPILLWAY_BODY_INVALID', status: 422 })
    emf.count('spillway.ingest.rejected', 2, { code: 'SPILLWAY_BODY_MALFORMED', status: 400 })
    emf.count('spillway.ingest.accepted', 4, { message: 'a' })
    emf.count('spillway.ingest.bytes', 9, { message: 'b' })
    emf.flush()
    expect(lines).toHaveLength(2)
    expect(extract(lines)).toStrictEqual({
      'spillway.ingest.rejected{code=SPILLWAY_BODY_INVALID,status=422}': [1],
      'spillway.ingest.rejected{code=SPILLWAY_BODY_MALFORMED,status=400}': [2],
      'spillway.ingest.accepted{message=a}': [4],
      'spillway.ingest.bytes{message=b}': [9],
    })
  })

  it('has at most 100 values of a metric; further values are in further lines, in order', () => {
    const { emf, lines } = emfOf()
    const values = Array.from({ length: 250 }, (_, index) => index + 0.5)
    for (const value of values) emf.duration('spillway.send.duration', value, { target: 'sqs' })
    emf.count('spillway.send.requests', 250, { target: 'sqs' })
    emf.flush()
    expect(lines.map((line) => (readEmf(line)['spillway.send.duration'] as number[]).length)).toStrictEqual([
      100, 100, 50,
    ])
    expect(extract(lines)).toStrictEqual({
      'spillway.send.duration{target=sqs}': values,
      'spillway.send.requests{target=sqs}': [250],
    })
  })

  it('can contain every metric', () => {
    const { emf, lines } = emfOf()
    const names = [...Object.keys(counters), ...Object.keys(durations)]
    for (const name of Object.keys(counters)) emf.count(name as keyof typeof counters, 1)
    for (const name of Object.keys(durations)) emf.duration(name as keyof typeof durations, 1)
    emf.flush()
    expect(lines).toHaveLength(1)
    expect(Object.keys(extract(lines))).toStrictEqual(names.map((name) => `${name}{}`))
  })
})

describe('dimensions', () => {
  it('are only the allowed attributes; metrics that differ in others are summed', () => {
    const { emf, lines } = emfOf({ dimensions: ['status'] })
    emf.count('spillway.ingest.rejected', 1, { code: 'A', status: 422, id: 'order-1' })
    emf.count('spillway.ingest.rejected', 2, { code: 'B', status: 422, id: 'order-2' })
    emf.flush()
    expect(lines).toHaveLength(1)
    expect(extract(lines)).toStrictEqual({ 'spillway.ingest.rejected{status=422}': [3] })
    expect(lines[0]).not.toContain('order-1')
  })

  it('do not depend on the order of the attributes', () => {
    const { emf, lines } = emfOf()
    emf.count('spillway.ingest.rejected', 1, { code: 'A', status: 422 })
    emf.count('spillway.ingest.rejected', 2, { status: 422, code: 'A' })
    emf.flush()
    expect(extract(lines)).toStrictEqual({ 'spillway.ingest.rejected{code=A,status=422}': [3] })
  })

  it('have values that CloudWatch accepts', () => {
    const { emf, lines } = emfOf()
    emf.count('spillway.send.requests', 1, { target: ' Bücher\n' })
    emf.count('spillway.send.retried', 1, { target: '' })
    emf.count('spillway.ingest.bytes', 1, { message: 'x'.repeat(2000) })
    emf.flush()
    expect(extract(lines)).toStrictEqual({
      'spillway.send.requests{target=B?cher?}': [1],
      'spillway.send.retried{}': [1],
      [`spillway.ingest.bytes{message=${'x'.repeat(1024)}}`]: [1],
    })
  })

  it('may have names of the prototype', () => {
    const { emf, lines } = emfOf({ dimensions: ['__proto__', 'constructor'] })
    emf.count('spillway.send.requests', 1, { target: 'sqs' })
    emf.count('spillway.send.retried', 1, JSON.parse('{"__proto__":"a"}'))
    emf.flush()
    expect(extract(lines)).toStrictEqual({
      'spillway.send.requests{}': [1],
      'spillway.send.retried{__proto__=a}': [1],
    })
  })
})

it('ignores values that are not numbers', () => {
  const { emf, lines } = emfOf()
  emf.count('spillway.send.requests', Number.NaN)
  emf.duration('spillway.send.duration', Number.POSITIVE_INFINITY)
  emf.flush()
  expect(lines).toStrictEqual([])
})

it('writes automatically before it holds more than a thousand values', () => {
  const { emf, lines } = emfOf()
  for (let index = 0; index < 2500; index++) emf.duration('spillway.send.duration', index)
  expect(lines).toHaveLength(20)
  emf.flush()
  expect(lines).toHaveLength(25)
  expect(extract(lines)).toStrictEqual({
    'spillway.send.duration{}': Array.from({ length: 2500 }, (_, index) => index),
  })
})

describe('in a middy chain', () => {
  it('as the first middleware writes one line per invocation, including metrics of the `after` of others', async () => {
    const { emf, lines } = emfOf()
    const handler = middy()
      .use(emf)
      .use({ after: () => emf.count('spillway.ingest.accepted', 1, { message: 'a' }) })
      .use({ before: () => emf.count('spillway.send.requests', 1, { target: 'sqs' }) })
      .handler(() => ({ statusCode: 202 }))
    expect(await handler({}, context)).toStrictEqual({ statusCode: 202 })
    expect(await handler({}, context)).toStrictEqual({ statusCode: 202 })
    expect(lines.map((line) => extract([line]))).toStrictEqual(
      Array.from({ length: 2 }, () => ({
        'spillway.send.requests{target=sqs}': [1],
        'spillway.ingest.accepted{message=a}': [1],
      })),
    )
  })

  it('writes after an error response, and does not change the response', async () => {
    const { emf, lines } = emfOf()
    const handler = middy()
      .use(emf)
      .use({
        onError: (request) => {
          emf.count('spillway.ingest.rejected', 1, { status: 422 })
          request.response = { statusCode: 422 }
        },
      })
      .handler(() => {
        throw new Error('bad')
      })
    expect(await handler({}, context)).toStrictEqual({ statusCode: 422 })
    expect(extract(lines)).toStrictEqual({ 'spillway.ingest.rejected{status=422}': [1] })
  })

  it('writes, and passes on the error, when no middleware responds to it', async () => {
    const { emf, lines } = emfOf()
    const handler = middy()
      .use(emf)
      .handler(() => {
        emf.count('spillway.send.retried', 1)
        throw new Error('bad')
      })
    await expect(handler({}, context)).rejects.toThrow('bad')
    expect(lines).toHaveLength(1)
  })

  it('responds even if the line cannot be written, and logs an error', async () => {
    const complain = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => complain.mockRestore())
    const { emf } = emfOf({
      write: () => {
        throw new Error('EPIPE')
      },
    })
    const handler = middy()
      .use(emf)
      .handler(() => {
        emf.count('spillway.send.requests', 1)
        return { statusCode: 202 }
      })
    expect(await handler({}, context)).toStrictEqual({ statusCode: 202 })
    expect(complain.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
      {
        level: 'error',
        message: 'telemetry: the metrics of an invocation could not be written and are lost',
        error: { name: 'Error', message: 'EPIPE' },
      },
    ])
    emf.count('spillway.send.requests', 1)
    expect(() => emf.flush()).toThrow('EPIPE')
  })

  it('loses nothing and counts nothing twice in concurrent invocations', async () => {
    const { emf, lines } = emfOf()
    const handler = middy<{ turns: number }>()
      .use(emf)
      .handler(async (event) => {
        for (let turn = 0; turn < event.turns; turn++) {
          emf.count('spillway.send.requests', 1, { target: 'sqs' })
          emf.duration('spillway.send.duration', event.turns * 1000 + turn, { target: 'sqs' })
          await Promise.resolve()
        }
        return { statusCode: 202 }
      })
    await Promise.all(Array.from({ length: 40 }, (_, turns) => handler({ turns }, context)))
    const extracted = extract(lines)
    const sum = (extracted['spillway.send.requests{target=sqs}'] ?? []).reduce((a, b) => a + b, 0)
    expect(sum).toBe(780)
    expect(new Set(extracted['spillway.send.duration{target=sqs}']).size).toBe(780)
    expect(extracted['spillway.send.duration{target=sqs}']).toHaveLength(780)
    expect(lines.length).toBeGreaterThan(1)
  })
})

it('writes to standard output, not to the console', async () => {
  const code = `
    import { emfTelemetry } from ${JSON.stringify(join(import.meta.dirname, 'emf.ts'))}
    console.log = () => { throw new Error('the console was used') }
    const emf = emfTelemetry({ namespace: 'shop' })
    emf.count('spillway.send.requests', 3)
    emf.flush()`
  const args = ['--conditions=spillway:source', '--input-type=module', '--eval', code]
  const before = Date.now()
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  expect(stdout).toMatch(/^\{.*\}\n$/)
  expect(extract([stdout.trimEnd()])).toStrictEqual({ 'spillway.send.requests{}': [3] })
  expect(readEmf(stdout.trimEnd())._aws.Timestamp).toBeGreaterThanOrEqual(before)
})

describe('options', () => {
  it('names a typo', () => {
    // @ts-expect-error the option is wrong on purpose
    expect(() => emfTelemetry({ namespce: 'a' })).toThrow(
      'emfTelemetry has no option `namespce`. Its options are namespace, dimensions, write.',
    )
  })

  it.each([
    ['namespace', { namespace: '' }],
    ['namespace', { namespace: 'AWS/Lambda' }],
    ['namespace', { namespace: ':a' }],
    ['namespace', { namespace: 'a\nb' }],
    ['dimensions', { namespace: 'a', dimensions: ['code', 'code'] }],
    ['dimensions', { namespace: 'a', dimensions: ['_aws'] }],
    ['dimensions', { namespace: 'a', dimensions: ['spillway.send.duration'] }],
    ['dimensions', { namespace: 'a', dimensions: [''] }],
    ['dimensions', { namespace: 'a', dimensions: [':a'] }],
    ['dimensions', { namespace: 'a', dimensions: Array.from({ length: 31 }, (_, index) => `d${index}`) }],
  ])('rejects an invalid %s: %o', (name, options) => {
    expect(() => emfTelemetry(options)).toThrow(`emfTelemetry: the option \`${name}\` must be `)
  })

  it('accepts 30 dimensions', () => {
    const dimensions = Array.from({ length: 30 }, (_, index) => `d${index}`)
    const { emf, lines } = emfOf({ dimensions })
    emf.count('spillway.send.requests', 1, Object.fromEntries(dimensions.map((name) => [name, 1])))
    emf.flush()
    expect(readEmf(lines[0] ?? '')._aws.CloudWatchMetrics[0]?.Dimensions[0]).toHaveLength(30)
  })
})
