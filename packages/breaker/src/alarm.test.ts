import { expect, it } from 'vitest'
import { breaker } from './index.ts'
import { memorySwitch } from './testing/memory-switch.ts'

const logger = { info() {}, warn() {}, error() {} }
const eventBridge = (value: string) => ({
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  detail: { alarmName: 'write-errors', state: { value } },
})
const sns = (value: string) => ({
  Records: [{ EventSource: 'aws:sns', Sns: { Message: JSON.stringify({ NewStateValue: value }) } }],
})
const direct = (value: string) => ({ source: 'aws.cloudwatch', alarmData: { state: { value } } })

function setUp(check?: () => Promise<unknown>) {
  const mapping = memorySwitch()
  const { open, probe } = breaker({ switch: mapping, ...(check && { check }), logger, random: () => 0 })
  return { mapping, open, probe }
}
const refused = () => Promise.reject(new Error('refused'))

it.each([
  ['EventBridge', eventBridge],
  ['SNS', sns],
  ['the alarm itself', direct],
])('opens for an alarm through %s, and for no other state', async (_, event) => {
  const { mapping, open } = setUp(refused)
  for (const state of ['OK', 'INSUFFICIENT_DATA']) {
    expect(await open(event(state))).toEqual({ healthy: undefined, off: false })
  }
  expect(mapping.changes).toEqual([])
  expect(await open(event('ALARM'))).toEqual({ healthy: false, off: true })
  expect(mapping.changes).toEqual([{ enabled: false, maximumConcurrency: 3 }])
  expect(await open(event('ALARM'))).toEqual({ healthy: false, off: true })
  expect(mapping.changes).toHaveLength(1)
})

it('lets the probe switch the mapping on again after an alarm', async () => {
  let isUp = false
  const { mapping, open, probe } = setUp(async () => {
    if (!isUp) throw new Error('refused')
  })
  await open(eventBridge('ALARM'))
  isUp = true
  expect(await probe()).toEqual({ phase: 'open', healthy: true, acted: true })
  expect(mapping.now.state).toBe('enabled')
})

it('leaves the mapping on when the database answers', async () => {
  const { mapping, open } = setUp(async () => undefined)
  expect(await open(eventBridge('ALARM'))).toEqual({ healthy: true, off: false })
  expect(mapping.changes).toEqual([])
})

it('opens without a check', async () => {
  const { open } = setUp()
  expect(await open(eventBridge('ALARM'))).toEqual({ healthy: undefined, off: true })
})

it('rejects when the mapping cannot be switched off, so that Lambda retries', async () => {
  const { mapping, open } = setUp()
  mapping.fault = new Error('denied')
  await expect(open(eventBridge('ALARM'))).rejects.toThrow('denied')
})

it('rejects while another change of the mapping is in progress, so that Lambda retries', async () => {
  const { mapping, open } = setUp()
  mapping.now = { ...mapping.now, state: 'changing' }
  await expect(open(eventBridge('ALARM'))).rejects.toMatchObject({ code: 'SPILLWAY_SWITCH_FAILED' })
  mapping.now = { ...mapping.now, state: 'disabled' }
  expect(await open(eventBridge('ALARM'))).toEqual({ healthy: undefined, off: true })
})

it.each([
  undefined,
  null,
  'ALARM',
  {},
  { Records: [] },
  { Records: [{ body: '{"NewStateValue":"ALARM"}' }] },
  { Records: [{ Sns: { Message: 'ALARM' } }] },
  eventBridge('alarm'),
])('rejects an event that is not from an alarm: %j', async (event) => {
  const { mapping, open } = setUp()
  await expect(open(event)).rejects.toMatchObject({ code: 'SPILLWAY_ALARM_INVALID' })
  expect(mapping.changes).toEqual([])
})
