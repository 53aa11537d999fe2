import { once } from 'node:events'
import { createServer } from 'node:net'
import { defineApp } from '@spillway/planner'
import { transform } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'
import { freePort, isFree } from './postgres/free-port.ts'
import { childrenOf } from './reaper/process-table.ts'
import { startLocal } from './start-local.ts'

const app = defineApp({
  name: 'broken',
  database: { engine: 'postgres', maxConnections: 20 },
  functions: { ingest: { entry: './nowhere.ts', http: ['POST /'] } },
})
const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

it('stops the parts that have started when another does not start', async () => {
  const steps: string[] = []
  // esbuild keeps its own process, which is not part of the app.
  await transform('')
  const before = childrenOf(process.pid)
  const starting = startLocal(
    { app, folder: import.meta.dirname },
    {
      onProgress(step) {
        steps.push(step)
      },
    },
  )
  await expect(starting).rejects.toEqual(
    failure('SPILLWAY_START_FAILED', /The function ingest cannot be bundled/),
  )
  expect(steps).toEqual(['Postgres', 'SQS', 'function ingest'])
  const started = () => childrenOf(process.pid).filter((pid) => !before.includes(pid))
  await expect.poll(started).toEqual([])
})

it.each([0, 1])('reports that port + %i is in use before it starts anything', async (offset) => {
  let port = await freePort()
  while (!(await isFree(port - offset))) port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const steps: string[] = []
  const starting = startLocal(
    { app, folder: import.meta.dirname },
    {
      port: port - offset,
      onProgress(step) {
        steps.push(step)
      },
    },
  )
  await expect(starting).rejects.toEqual(
    failure('SPILLWAY_PORT_IN_USE', new RegExp(`^Port ${port} is in use`)),
  )
  expect(steps).toEqual([])
})
