import type { App } from '@spillway/planner'
import { type Control, startControl } from './control.ts'
import type { LambdaFunction } from './functions/index.ts'
import { requireFreePort } from './listen.ts'
import type { LoadedApp } from './load-app.ts'
import type { LocalOptions } from './local-options.ts'
import type { Postgres } from './postgres/postgres.ts'
import type { QueueEngine } from './queues/index.ts'
import { requireNode } from './require-node.ts'
import {
  createListeners,
  createParts,
  find,
  startAllFunctions,
  startEngines,
  startEventSources,
  startHttp,
  startStreamSources,
} from './start-parts.ts'
import { type LocalState, readState } from './state.ts'
import type { StreamEngine } from './streams/index.ts'

/** An app that runs on this machine. */
export interface Local {
  readonly app: App
  /** The HTTP gateway. */
  readonly url: string
  readonly control: Control
  readonly queues: QueueEngine
  /** `undefined` for an app without streams. */
  readonly streams: StreamEngine | undefined
  readonly database: Postgres | undefined
  state(): Promise<LocalState>
  /** A function by its name. */
  function(name: string): LambdaFunction
  /** Stops everything in reverse order of the start. Safe to call again. */
  stop(): Promise<void>
}

/**
 * Runs an app on this machine: Postgres, SQS and Kinesis, the functions in separate processes, event source mappings,
 * an HTTP gateway and a control server, all on loopback. Everything stops with {@link Local.stop}, or when this process
 * ends.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` or `SPILLWAY_PORT_IN_USE`; the parts that had started are stopped.
 */
export async function startLocal({ app, folder }: LoadedApp, options: LocalOptions = {}): Promise<Local> {
  requireNode()
  const { port = 0 } = options
  // Checked before anything starts, because the parts take seconds to start.
  if (port !== 0) for (const each of [port, port + 1]) await requireFreePort(each)
  const parts = createParts()
  try {
    const listeners = createListeners(options)
    parts.add(listeners, listeners.stop)
    const engines = await startEngines({ app, folder, options, parts })
    const { queues, streams, database, temporary } = engines
    const functions = await startAllFunctions({ app, folder, options, parts, engines, listeners })
    startEventSources({ app, parts, queues, functions, listeners })
    const readers = startStreamSources({ app, parts, engines, functions, listeners, temporary })
    const state = () => readState({ app, queues, streams, database, readers, functions })
    const gateway = await startHttp(app, functions, port, listeners.onProblem)
    parts.add(gateway, gateway.stop)
    const control = await startControl({ port: port === 0 ? 0 : port + 1, app, queues, streams, state })
    parts.add(control, control.stop)
    return {
      app,
      url: gateway.url,
      control,
      queues,
      streams,
      database,
      state,
      function: (name) => find(functions, name),
      stop: parts.stop,
    }
  } catch (thrown) {
    await parts.stop()
    throw thrown
  }
}
