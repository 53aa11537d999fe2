import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { SpillwayError } from '@spillway/message'
import { bundleFunctions, bundlePath } from './bundle.ts'
import { createDispatcher } from './dispatcher.ts'
import { startEnvironment } from './environment.ts'
import { failed } from './failures.ts'
import { toInvocationError } from './invocation-error.ts'
import { processEnv } from './process-env.ts'
import type { FunctionSpec, FunctionsOptions, LambdaFunction } from './types.ts'

/**
 * Starts functions: bundles them and runs their invocations in execution environments, one process each.
 *
 * An environment runs one invocation at a time and is frozen while it is idle. The environment that was used last is
 * used first. A request that finds none idle waits while an environment starts for it, as fast as this machine has
 * processor time to spare. The first free environment takes the oldest request, so a burst of short invocations needs
 * fewer environments than requests (Lambda, "Understanding the Lambda execution environment lifecycle").
 *
 * @returns the functions, in the order of `specs`.
 * @throws SpillwayError `SPILLWAY_START_FAILED` when a function cannot be bundled.
 */
export async function startFunctions(
  specs: readonly FunctionSpec[],
  options: FunctionsOptions,
): Promise<readonly LambdaFunction[]> {
  const { region = 'us-east-1', bundleFolder } = options
  await bundleFunctions(specs, bundleFolder, region)
  return specs.map((spec) => createFunction(spec, { ...options, region }))
}

function createFunction(
  spec: FunctionSpec,
  options: FunctionsOptions & { readonly region: string },
): LambdaFunction {
  const { region, bundleFolder, reaper, onLog, onInvocation, onEnvironmentEnd } = options
  const env = { NODE_COMPILE_CACHE: join(bundleFolder, 'compile-cache'), ...processEnv(spec, region) }
  const { pool, counts, accept, end, stop } = createDispatcher({
    spec,
    launch: (onIdleEnd) =>
      startEnvironment({
        file: bundlePath(bundleFolder, spec.name),
        cwd: dirname(spec.entry),
        env,
        timeout: spec.timeout,
        memorySize: spec.memorySize,
        reaper,
        onLog: onLog && ((line) => onLog({ function: spec.name, ...line })),
        onIdleEnd,
      }),
    ...(onInvocation && { onInvocation }),
    ...(onEnvironmentEnd && { onEnvironmentEnd }),
  })
  return {
    name: spec.name,
    timeout: spec.timeout,
    invoke(event) {
      return new Promise((resolve) => {
        const request = { requestId: randomUUID(), event, resolve }
        let json: string
        try {
          json = JSON.stringify(event) ?? 'null'
        } catch (error) {
          return end({ ...request, json: '' }, failed('error', toInvocationError(error)), 0)
        }
        accept({ ...request, json })
      })
    },
    async provision(count) {
      const failure = await pool.provision(count)
      if (failure === undefined) return
      throw new SpillwayError(
        'SPILLWAY_START_FAILED',
        `An environment of the function '${spec.name}' did not start: ${failure('').error.errorMessage}`,
      )
    },
    state: () => ({ environments: pool.size(), ...counts }),
    environments: pool.list,
    stop,
  }
}
