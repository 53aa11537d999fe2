import { type Inputs, initialInputs } from './calculate.ts'
import { engines, instanceClasses } from './instance-classes.ts'

/** The inputs as the query of an address, those that differ from the initial ones. Empty when none does. */
export function toQuery(inputs: Inputs): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(inputs)) {
    if (value === undefined || value === initialInputs[name as keyof Inputs]) continue
    query.set(name, String(value))
  }
  return query.toString()
}

/** The inputs of an address. What is missing or no value of the calculator is the initial input. */
export function fromQuery(text: string): Inputs {
  const query = new URLSearchParams(text)
  const oneOf = <Choice extends string>(name: keyof Inputs, choices: readonly string[]) =>
    choices.find((choice) => choice === query.get(name)) as Choice | undefined
  const number = (name: keyof Inputs) => {
    const value = query.get(name) ?? ''
    return /^\d{1,7}$/.test(value) ? Number(value) : undefined
  }
  return {
    engine: oneOf('engine', Object.keys(engines)) ?? initialInputs.engine,
    instance:
      oneOf(
        'instance',
        instanceClasses.map(({ name }) => name),
      ) ?? initialInputs.instance,
    maxConnections: number('maxConnections'),
    reserved: number('reserved') ?? initialInputs.reserved,
    trigger: oneOf('trigger', ['queue', 'http']) ?? initialInputs.trigger,
    environments: number('environments') ?? initialInputs.environments,
    share: number('share') ?? initialInputs.share,
    connectionLimit: query.get('connectionLimit') === 'true',
  }
}
