/** A thrown value, of unknown type. */
export interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
}

/** The most errors that are followed, more than code chains on purpose. */
const most = 1000

/**
 * A thrown value and all errors within it, from the outside in: its causes, and the errors of an `AggregateError`, as
 * Node throws when it cannot connect to any address of a host. The causes may be circular. Never throws.
 */
export function errorsWithin(thrown: unknown): readonly Thrown[] {
  // Iterating over a set includes what is added meanwhile.
  const found = new Set<object>()
  const add = (value: unknown) => {
    if (typeof value === 'object' && value !== null && found.size < most) found.add(value)
  }
  add(thrown)
  try {
    for (const error of found) {
      const { cause, errors } = error as { readonly cause?: unknown; readonly errors?: unknown }
      add(cause)
      if (Array.isArray(errors)) errors.forEach(add)
    }
  } catch {
    // A getter threw: the errors found so far are returned.
  }
  return [...found]
}
