/** What a factory says of one of its options when the option is wrong. */
export interface OptionCheck {
  readonly name: string
  readonly isRequired: boolean
  /** Completes the sentence "… must be". */
  readonly expected: string
}

/** A factory as a function of its options alone. */
export type CallFactory = (options: object) => unknown

/** Values of which each check refuses one at least. */
const wrong: readonly unknown[] = [Symbol('wrong'), -0.5, '', {}]

/**
 * The checks of a factory, as it says them itself: it is called with each option wrong or missing, and its errors are read.
 *
 * @param samples right values of the options that are required
 * @throws Error when the factory says nothing of an option
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
