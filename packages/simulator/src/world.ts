import type { Logger } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import type { Kysely } from 'kysely'
import { createKysely, type Database } from './database/dialect.ts'
import type { Outage } from './database/outage.ts'
import { createServer, type DatabaseOptions, type DatabaseServer } from './database/server.ts'
import type { EnvironmentFacts, FunctionOptions, Functions } from './functions/functions.ts'
import { type Report, round } from './report.ts'
import type { VirtualClock } from './time/virtual-clock.ts'
import type { Traffic } from './traffic.ts'

/** The options that simulations of queues and streams share. Times are in seconds unless stated otherwise. */
export interface WorldOptions {
  /** Two simulations with the same seed are the same. Default 1. */
  readonly seed?: number
  /** For how long messages are sent. */
  readonly duration: number
  /** The longest time after that until no message is left. Default 4 hours. */
  readonly rest?: number
  readonly traffic: Traffic
  readonly function: FunctionOptions
  /** Default: one database `main` with default options. */
  readonly databases?: Readonly<Record<string, DatabaseOptions>>
  readonly outages?: readonly Outage[]
}

/** What the execution environment passes to a handler, in addition to the event. */
export interface WorldEnvironment {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** A Kysely for the database of this name, `main` by default. */
  database(name: string): Kysely<Database>
}

/** The databases of a simulation. */
export interface World {
  toEnvironment(facts: EnvironmentFacts): WorldEnvironment
  toReport(functions: Functions): Pick<Report, 'written' | 'functions' | 'databases'>
}

/** When simulations start; the value does not matter. */
export const start = Date.UTC(2026, 0, 1)

/** Seconds, see {@link WorldOptions.rest}. */
export const defaultRest = 14_400

const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Creates the databases of a simulation. */
export function createWorld(
  { databases = { main: {} }, outages = [] }: WorldOptions,
  clock: VirtualClock,
): World {
  const servers = new Map(
    Object.entries(databases).map(([name, options]) => {
      const own = outages.filter(({ database = 'main' }) => database === name)
      return [name, createServer(options, own, clock, start)] as const
    }),
  )
  return {
    toEnvironment({ clock: own, random, onEnd }) {
      const connected = new Map<string, Kysely<Database>>()
      return {
        clock: own,
        random,
        logger: silent,
        database(name) {
          const known = connected.get(name)
          if (known !== undefined) return known
          const db = createKysely(servers.get(name) as DatabaseServer, own, onEnd)
          connected.set(name, db)
          return db
        },
      }
    },
    toReport: ({ usage }) => ({
      written: new Set([...servers.values()].flatMap(({ rows }) => [...rows])).size,
      functions: { ...usage, gbSeconds: round(usage.gbSeconds) },
      databases: Object.fromEntries(
        [...servers].map(([name, { usage: own }]) => [name, { ...own, workSeconds: round(own.workSeconds) }]),
      ),
    }),
  }
}
