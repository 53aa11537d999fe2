import { expect, it } from 'vitest'
import { nearest } from './nearest.ts'

it.each([
  ['queuUrl', 'queueUrl'],
  ['QueueURL', 'queueUrl'],
  ['maxAttempt', 'maxAttempts'],
  ['client', 'client'],
  ['zebra', undefined],
])('finds the option that %s was meant to be', (typed, meant) => {
  expect(nearest(typed, ['queueUrl', 'client', 'maxAttempts'])).toBe(meant)
})
