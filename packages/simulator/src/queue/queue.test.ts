import { describe, expect, it } from 'vitest'
import type { QueueMessage } from './message.ts'
import { createQueue, type QueueOptions } from './queue.ts'

function setUp(options: Partial<QueueOptions> = {}) {
  let now = 0
  const dead: number[] = []
  const expired: number[] = []
  const queue = createQueue({ maxReceiveCount: 2, visibilityTimeout: 30, ...options }, () => now, {
    dead: ({ number }) => dead.push(number),
    expired: ({ number }) => expired.push(number),
  })
  const messages: QueueMessage[] = []
  return {
    queue,
    dead,
    expired,
    pass(seconds: number) {
      now += seconds * 1000
    },
    send(...groups: string[]) {
      for (const group of groups) {
        const number = messages.length
        messages.push({ number, sentAt: now, group, receiveCount: 0, visibleAt: 0, state: 'waiting' })
        queue.send(messages[number] as QueueMessage)
      }
    },
    receive: (most = 10) => queue.receive(most).map(({ number }) => number),
    message: (number: number) => messages[number] as QueueMessage,
  }
}

describe('a standard queue', () => {
  it('delivers a message again after its visibility time-out, and dead-letters it after its last receive', () => {
    const { queue, send, receive, pass, dead } = setUp()
    send('a', 'b')
    expect(receive(1)).toStrictEqual([0])
    expect(receive()).toStrictEqual([1])
    expect(queue.isReady()).toBe(false)
    expect(queue.nextVisibleAt()).toBe(30_000)
    pass(29)
    expect(receive()).toStrictEqual([])
    pass(1)
    expect(receive()).toStrictEqual([0, 1])
    pass(30)
    expect(receive()).toStrictEqual([])
    expect(dead).toStrictEqual([0, 1])
    expect(queue.size).toBe(0)
  })

  it('delivers a message at its changed visibility time-out, earlier or later', () => {
    const { queue, send, receive, pass, message } = setUp({ maxReceiveCount: 9 })
    send('a', 'b')
    receive()
    queue.changeVisibility(message(0), 90)
    queue.changeVisibility(message(1), 1)
    pass(1)
    expect(receive()).toStrictEqual([1])
    pass(30)
    expect(receive()).toStrictEqual([1])
    pass(60)
    expect(receive()).toStrictEqual([1, 0])
  })

  it('deletes a message after its visibility time-out has passed, and one that is too old', () => {
    const { queue, send, receive, pass, message, expired } = setUp({ retention: 60 })
    send('a', 'b')
    receive()
    pass(31)
    queue.isReady()
    queue.delete(message(0))
    expect(receive()).toStrictEqual([1])
    pass(30)
    expect(receive()).toStrictEqual([])
    expect(expired).toStrictEqual([1])
    expect(queue.size).toBe(0)
  })
})

describe('a FIFO queue', () => {
  it('delivers nothing of a group with a message in flight, and then continues in order', () => {
    const { queue, send, receive, pass, message } = setUp({ fifo: true, maxReceiveCount: 9 })
    send('a', 'a', 'b', 'a')
    expect(receive(2)).toStrictEqual([0, 1])
    expect(receive()).toStrictEqual([2])
    queue.delete(message(0))
    expect(receive()).toStrictEqual([])
    pass(30)
    expect(receive()).toStrictEqual([1, 3, 2])
    for (const number of [1, 3, 2]) queue.delete(message(number))
    expect(queue.size).toBe(0)
  })

  it('continues after a message that is dead-lettered', () => {
    const { queue, send, receive, pass, dead } = setUp({ fifo: true, maxReceiveCount: 1 })
    send('a', 'a')
    expect(receive(1)).toStrictEqual([0])
    pass(30)
    expect(receive(1)).toStrictEqual([1])
    expect(dead).toStrictEqual([0])
    expect(receive()).toStrictEqual([])
    expect(queue.isReady()).toBe(false)
  })
})
