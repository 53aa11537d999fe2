import { defineApp } from '@spillway/planner'
import { expect, it } from 'vitest'
import { leastConnections, sizeApp } from './size-app.ts'

const app = defineApp({
  name: 'orders',
  database: { engine: 'postgres', maxConnections: 20, reserved: 4, connectionLimit: true },
  functions: {
    ingest: { entry: './ingest.ts', http: 'POST /orders' },
    write: { entry: './write.ts', queue: 'orders', maximumConcurrency: 8, connections: 1, timeout: 10 },
    status: {
      entry: './status.ts',
      http: 'GET /orders',
      reservedConcurrency: 4,
      connections: 1,
      timeout: 10,
    },
  },
})

function concurrency(maxConnections: number) {
  const { database, functions } = sizeApp(app, maxConnections)
  return {
    budget: database?.budget,
    maxConnections: database?.maxConnections,
    write: functions[1]?.eventSource?.maximumConcurrency,
    status: functions[2]?.reservedConcurrency,
  }
}

it('divides fewer connections among the functions in the same proportions', () => {
  expect(concurrency(12)).toStrictEqual({ budget: 8, maxConnections: 12, write: 4, status: 2 })
  expect(concurrency(7)).toStrictEqual({ budget: 3, maxConnections: 7, write: 2, status: 1 })
})

it('does not increase their connections when there are more', () => {
  expect(concurrency(100)).toStrictEqual({ budget: 96, maxConnections: 100, write: 8, status: 4 })
})

it('does not change a function without connections', () => {
  expect(sizeApp(app, 12).functions[0]).toBe(app.functions[0])
})

it('rejects fewer connections than the app needs, and reports how many it needs', () => {
  expect(leastConnections(app)).toBe(6)
  expect(() => sizeApp(app, 5)).toThrow(
    expect.objectContaining({
      code: 'SPILLWAY_OPTION_INVALID',
      message: expect.stringMatching(
        /^--max-connections 5 is too few for the app 'orders': .+ It needs at least 6\.$/,
      ),
    }),
  )
})
