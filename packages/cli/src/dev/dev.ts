import { loadApp, startLocal } from '@spillway/local'
import { banner } from './banner.ts'
import { untilStopped } from './until-stopped.ts'

/** The options of `spillway dev`. */
export interface DevOptions {
  /** The folder of the app, or its config file. */
  readonly folder: string
  /** The port of the gateway; the control server listens on the next one. */
  readonly port: number
}

/** Runs an app until the process is asked to stop. */
export async function dev({ folder, port }: DevOptions): Promise<number> {
  const stopped = untilStopped()
  const loaded = await loadApp(folder)
  for (const { id, message } of loaded.app.warnings) process.stderr.write(`${id}: ${message}\n`)
  process.stderr.write(`Starting ${loaded.app.name} ...`)
  const local = await startLocal(loaded, {
    port,
    onProgress: (step) => process.stderr.write(` ${step} ...`),
    onLog: ({ function: name, text }) => process.stderr.write(`[${name}] ${text}\n`),
    onReport: (text) => process.stderr.write(`${text}\n`),
  }).finally(() => process.stderr.write('\n'))
  process.stdout.write(banner(local))
  process.stdout.write(`ready ${local.url}\n`)
  await stopped
  process.stderr.write('\nStopping ...\n')
  await local.stop()
  return 0
}
