/** The check of an option, read from the factory's error about a wrong value. */
export interface OptionCheck {
  readonly name: string
  readonly isRequired: boolean
  /** Completes the sentence "… must be". */
  readonly expected: string
}

/** A call of a factory with only its options. */
export type CallFactory = (options: object) => unknown

/** Values of which every check rejects at least one. */
const wrong: readonly unknown[] = [Symbol('wrong'), -0.5, '', {}]

/**
 * The checks of a factory, read from its errors: it is called with each option wrong or missing.
 *
 * @param samples valid values of the required options
 * @throws Error when the factory does not check an option
 */
export async function checksOf(
  call: CallFactory,
  samples: Readonly<Record<string, unknown>>,
): Promise<readonly OptionCheck[]> {
  const error = await errorOf(call, { ...samples, 'not an option': 1 })
  const listed = /Its options are (.+)\.$/.exec(error)?.[1]
  if (listed === undefined) throw new Error(`a factory does not list its options: ${error}`)
  return Promise.all(listed.split(', ').map((name) => checkOf(name, call, samples)))
}

async function checkOf(
  name: string,
  call: CallFactory,
  samples: Readonly<Record<string, unknown>>,
): Promise<OptionCheck> {
  const { [name]: sample, ...others } = samples
  if (sample !== undefined) {
    const [, about, expected] = missingOption.exec(await errorOf(call, others)) ?? []
    if (about === name && expected !== undefined) return { name, isRequired: true, expected }
  }
  for (const value of wrong) {
    const [, about, expected] = wrongOption.exec(await errorOf(call, { ...samples, [name]: value })) ?? []
    if (about === name && expected !== undefined) return { name, isRequired: false, expected }
  }
  throw new Error(`a factory does not check its option \`${name}\``)
}

const missingOption = /the option `(\w+)` is missing; it must be (.+)\.$/s
const wrongOption = /the option `(\w+)` must be (.+)\.$/s

async function errorOf(call: CallFactory, options: object): Promise<string> {
  try {
    await call(options)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}
