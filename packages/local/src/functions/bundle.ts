import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SpillwayError, toError } from '@spillway/message'
import { type BuildFailure, build, formatMessages } from 'esbuild'
import { bundleOptions } from '../esbuild.ts'
import type { BootstrapOptions } from './bootstrap.ts'
import { arnOf, logGroupOf } from './names.ts'
import type { FunctionSpec } from './types.ts'

/**
 * Bundles each function, its dependencies and the bootstrap into one file, so that a cold start reads one file. One
 * build for all functions reads the modules that they share once.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` with the name of a function and esbuild's messages.
 */
export async function bundleFunctions(
  specs: readonly FunctionSpec[],
  folder: string,
  region: string,
): Promise<void> {
  try {
    await buildBundles(specs, folder, region)
  } catch {
    // esbuild's messages name modules, which several functions may share. Each function alone tells which it is.
    for (const spec of specs) await buildBundles([spec], folder, region).catch(reject(spec))
  }
}

/** The path of the bundle of a function. */
export function bundlePath(folder: string, name: string): string {
  return join(folder, name, 'index.mjs')
}

async function buildBundles(specs: readonly FunctionSpec[], folder: string, region: string): Promise<void> {
  const entryPoints = await Promise.all(
    specs.map(async (spec) => {
      const entry = join(folder, spec.name, 'lambda.js')
      await mkdir(dirname(entry), { recursive: true })
      await writeFile(entry, entryModule(spec, region))
      return { in: entry, out: join(spec.name, 'index') }
    }),
  )
  await build({
    // The same settings as for Lambda, so that a bundle which loads here loads there.
    ...bundleOptions({ sdk: 'bundled' }),
    entryPoints,
    outdir: folder,
    // esbuild adds `import` or `require` itself, depending on how a module is loaded.
    conditions: ['spillway:source', 'node', 'module'],
    logLevel: 'silent',
  })
}

function reject(spec: FunctionSpec): (error: unknown) => Promise<never> {
  return async (cause) => {
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      `The function ${spec.name} cannot be bundled. Correct this:\n${await explain(cause)}`,
      { cause },
    )
  }
}

// With a dynamic import, which stays in the same file, the bootstrap can catch an error that the module throws.
function entryModule(spec: FunctionSpec, region: string): string {
  const options: Omit<BootstrapOptions, 'load'> = {
    handler: spec.handler,
    context: {
      functionName: spec.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: arnOf(spec.name, region),
      memoryLimitInMB: String(spec.memorySize),
      logGroupName: logGroupOf(spec.name),
    },
  }
  return `import { runEnvironment } from ${JSON.stringify(bootstrapPath())}
runEnvironment({ ...${JSON.stringify(options)}, load: () => import(${JSON.stringify(spec.entry)}) })`
}

function bootstrapPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./bootstrap.${extension}`, import.meta.url))
}

async function explain(error: unknown): Promise<string> {
  const { errors } = error as Partial<BuildFailure>
  if (!Array.isArray(errors)) return toError(error).message
  return (await formatMessages(errors, { kind: 'error', color: false })).join('')
}
