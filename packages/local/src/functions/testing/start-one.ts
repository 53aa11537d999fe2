import { type FunctionSpec, type FunctionsOptions, type LambdaFunction, startFunctions } from '../index.ts'

/** Starts one function. */
export async function startOne(spec: FunctionSpec, options: FunctionsOptions): Promise<LambdaFunction> {
  const [fn] = await startFunctions([spec], options)
  if (fn === undefined) throw new Error('no function was started')
  return fn
}
