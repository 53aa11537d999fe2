import { dirname } from 'node:path'

/** The folder of the workspace. */
export const root = dirname(import.meta.dirname)

/** The folders of the packages, each after those that it imports. */
export const packageNames = [
  'message',
  'telemetry',
  'ingest',
  'sqs',
  'kinesis',
  'batch',
  'kysely',
  'planner',
  'local',
  'cli',
] as const
