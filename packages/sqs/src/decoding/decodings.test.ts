import {
  acknowledge,
  type Decoding,
  envelope,
  firstOf,
  gzipped,
  named,
  notMine,
  plainJson,
  refuse,
} from '@spillway/message'
import type { SQSRecord } from 'aws-lambda'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventBridgeEvent, s3Notification, snsNotification } from '../index.ts'

const record = { messageAttributes: {} } as SQSRecord
const at = '2026-01-02T03:04:05.678Z'

describe('snsNotification', () => {
  const notification = {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:us-west-2:123456789012:MyTopic',
    Message: '{"id":"a"}',
    Timestamp: at,
    MessageAttributes: { event_type: { Type: 'String', Value: 'order.placed' } },
  }
  const read = (change: object, decode = snsNotification()) =>
    decode(JSON.stringify({ ...notification, ...change }), record)
  const facts = { key: notification.MessageId, time: new Date(at), name: undefined }

  it('has what is in it, with the id and the time of SNS', () => {
    expect(read({})).toStrictEqual({ body: { id: 'a' }, ...facts })
    expect(read({}, snsNotification(plainJson({ key: ({ id }) => id })))).toMatchObject({ key: 'a' })
    expect(read({ Timestamp: 'yesterday' })).toMatchObject({ time: undefined })
  })

  it('leaves an envelope as it is', () => {
    const wire = { spillway: 1, name: 'order', version: 1, key: 'k', time: at, body: {} }
    const both = snsNotification(firstOf(envelope(), plainJson()))
    expect(read({ Message: JSON.stringify(wire) }, both)).toMatchObject({ key: 'k', name: 'order' })
    expect(both(JSON.stringify(wire), record)).toMatchObject({ key: 'k' })
  })

  it('is named by a message attribute, raw or not', () => {
    const decode = snsNotification(plainJson(), { nameAttribute: 'event_type' })
    expect(read({}, decode)).toMatchObject({ name: 'order.placed' })
    expect(read({ MessageAttributes: undefined }, decode)).toMatchObject({ name: undefined })
    const attribute = { dataType: 'String', stringValue: 'order.placed' }
    const raw = { messageAttributes: { event_type: attribute } } as unknown as SQSRecord
    expect(decode('{"id":"a"}', raw)).toMatchObject({ body: { id: 'a' }, name: 'order.placed' })
    expect(() => snsNotification(plainJson(), { nameAttribute: '' })).toThrow('nameAttribute')
  })

  it('gives the text of a raw delivery to the decoding inside', () => {
    expect(snsNotification()('{"id":"a"}', record)).toMatchObject({ body: { id: 'a' }, key: undefined })
    expect(snsNotification()('text', record)).toStrictEqual(notMine('plain JSON'))
    expect(snsNotification()('{"Type":"Notification"}', record)).toMatchObject({
      body: { Type: 'Notification' },
    })
  })

  it('is refused where what is in it cannot be read: nobody else is to take the whole', () => {
    const detail = 'Expected plain JSON in an SNS notification, which holds text that is not JSON.'
    expect(read({ Message: 'secret' }, firstOf(snsNotification(), plainJson()))).toStrictEqual(refuse(detail))
    expect(read({ MessageId: 5 })).toMatchObject({ kind: 'refused' })
    expect(read({ Type: 'SubscriptionConfirmation' })).toMatchObject({ kind: 'refused' })
  })

  it('may hold a notification of S3', () => {
    const decode = snsNotification(s3Notification())
    expect(read({ Message: '{"Event":"s3:TestEvent"}' }, decode)).toStrictEqual(acknowledge())
  })
})

describe('eventBridgeEvent', () => {
  const event = {
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': 'Order Placed',
    source: 'shop',
    time: '2026-01-02T03:04:05Z',
    detail: { id: 'a' },
  }
  const read = (change: object) => eventBridgeEvent()(JSON.stringify({ ...event, ...change }), record)

  it('has its detail, id, detail-type and time', () => {
    const facts = { key: event.id, name: 'Order Placed', time: new Date(event.time) }
    expect(read({})).toStrictEqual({ body: { id: 'a' }, ...facts })
    const ours = named('order.placed', eventBridgeEvent())
    expect(ours(JSON.stringify(event), record)).toMatchObject({ name: 'order.placed' })
  })

  it.each([{ id: undefined }, { id: '' }, { detail: undefined }])('is refused with %j', (change) => {
    expect(read(change)).toMatchObject({ kind: 'refused', code: 'SPILLWAY_MESSAGE_UNREADABLE' })
  })

  it.each(['{}', '[]', 'null', 'text', '{"source":"a"}', '{"detail-type":"a"}'])('is not in %s', (text) => {
    expect(eventBridgeEvent()(text, record)).toStrictEqual(notMine('an EventBridge event'))
  })
})

describe('s3Notification', () => {
  const created = (key: string, change: object = {}) => ({
    eventSource: 'aws:s3',
    eventTime: at,
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: 'photos' }, object: { key, sequencer: '0055AED6DCD90281E5', size: 1 } },
    ...change,
  })
  const read = (...records: unknown[]) => s3Notification()(JSON.stringify({ Records: records }), record)

  it('has its records, and a key of what they are about', () => {
    expect(read(created('a.jpg'))).toStrictEqual({
      body: { Records: [created('a.jpg')] },
      key: 'photos/a.jpg/0055AED6DCD90281E5/ObjectCreated:Put',
      time: new Date(at),
    })
    const { key } = read(created('a'.repeat(1024))) as { readonly key: string }
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(read(created('a'), created('b'))).not.toMatchObject({ key: 'photos/a/0055AED6DCD90281E5' })
  })

  it('has another key for another event of the object', () => {
    const deleted = read(created('a', { eventName: 'ObjectRemoved:Delete' }))
    expect(deleted).toMatchObject({ key: 'photos/a/0055AED6DCD90281E5/ObjectRemoved:Delete' })
    const without = { s3: { bucket: { name: 'photos' }, object: { key: 'a' } } }
    expect(read(created('a', without))).toMatchObject({ key: `photos/a/${at}/ObjectCreated:Put` })
  })

  it('is done where it is a test event', () => {
    const event = {
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Bucket: 'photos',
      RequestId: 'r',
      HostId: 'h',
    }
    expect(s3Notification()(JSON.stringify(event), record)).toStrictEqual(acknowledge())
  })

  it('is refused where its records say nothing', () => {
    expect(read({ eventSource: 'aws:s3' })).toMatchObject({ kind: 'refused' })
    expect(read(created('a'), 5)).toMatchObject({ kind: 'refused' })
  })

  it.each(['{}', '{"Records":[]}', '{"Records":[{"eventSource":"aws:ses"}]}', '{"Records":5}', '[]'])(
    'is not in %s',
    (text) => {
      expect(s3Notification()(text, record)).toStrictEqual(notMine('an S3 notification'))
    },
  )
})

it('no decoding throws, whatever it gets', () => {
  const decodings: readonly Decoding<SQSRecord>[] = [
    snsNotification(),
    snsNotification(gzipped(s3Notification()), { nameAttribute: 'a' }),
    eventBridgeEvent(),
    s3Notification(),
  ]
  const field = fc.constantFrom(
    'Type',
    'TopicArn',
    'Message',
    'MessageId',
    'MessageAttributes',
    'a',
    'Records',
    'eventSource',
    'eventName',
    's3',
    'bucket',
    'object',
    'key',
    'id',
    'source',
    'detail-type',
    'detail',
    'time',
  )
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('Notification', 'aws:s3', 'x', null, 5, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(field, tie('value'), { maxKeys: 8 }),
    ),
  }))
  fc.assert(
    fc.property(values.value, fc.constantFrom(...decodings), (value, decode) => {
      expect(typeof decode(JSON.stringify(value), record)).toBe('object')
    }),
  )
})
