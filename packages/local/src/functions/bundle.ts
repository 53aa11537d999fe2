import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SpillwayError, toError } from '@spillway/message'
import { type BuildFailure, build, formatMessages } from 'esbuild'
import { bundleOptions } from '../esbuild.ts'
import type { BootstrapOptions } from './bootstrap.ts'
import { arnOf, logGroupOf } from './names.ts'
import type { FunctionSpec } from './types.ts'

/**
 * Bundles a function, its dependencies and the bootstrap into one file, so that a cold start reads one file.
 *
 * @returns the path of the bundle.
 * @throws SpillwayError `SPILLWAY_START_FAILED` with esbuild's messages.
 */
export async function bundleFunction(spec: FunctionSpec, folder: string, region: string): Promise<string> {
  const outfile = join(folder, spec.name, 'index.mjs')
  try {
    // The same settings as for Lambda, so that a bundle which loads here loads there.
    const { outExtension: _, ...options } = bundleOptions({ sdk: 'bundled' })
    await build({
      ...options,
      stdin: {
        contents: entryModule(spec, region),
        resolveDir: dirname(spec.entry),
        sourcefile: 'lambda.js',
      },
      outfile,
      // esbuild adds `import` or `require` itself, depending on how a module is loaded.
      conditions: ['spillway:source', 'node', 'module'],
      logLevel: 'silent',
    })
  } catch (error) {
    throw new SpillwayError(
      'SPILLWAY_START_FAILED',
      `The function ${spec.name} cannot be bundled. Correct this:\n${await explain(error)}`,
      { cause: error },
    )
  }
  return outfile
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
