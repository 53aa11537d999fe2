import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { logGroupOf } from './names.ts'
import type { FunctionSpec } from './types.ts'

/**
 * The variables that a process needs to run. `HOME` is not one of them, because the SDK would read the developer's
 * configuration.
 */
const inherited = ['PATH', 'SystemRoot', 'TEMP']

/**
 * All variables of an execution environment. It inherits no others from this process.
 *
 * Source: Lambda developer guide, "Using Lambda environment variables". The credentials are fake.
 */
export function processEnv(spec: FunctionSpec, region: string): Record<string, string> {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/')
  return {
    LANG: 'en_US.UTF-8',
    TZ: 'UTC',
    HOME: tmpdir(),
    ...Object.fromEntries(inherited.flatMap((name) => pick(name))),
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(spec.name),
    AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[$LATEST]${randomUUID().replaceAll('-', '')}`,
    LAMBDA_TASK_ROOT: dirname(spec.entry),
    _HANDLER: `index.${spec.handler}`,
    ...spec.environment,
  }
}

function pick(name: string): [string, string][] {
  const value = process.env[name]
  return value === undefined ? [] : [[name, value]]
}
