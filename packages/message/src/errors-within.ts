/** What may be read of whatever was thrown. */
export interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
}

/** More than any chain that code makes on purpose. */
const most = 1000

/**
 * What was thrown and all that lies beneath it, from the outside in: causes, and the errors of an `AggregateError`, as
 * Node makes one of the addresses of a host. Comes to an end for errors that are each other's cause. Never throws.
 */
export function errorsWithin(thrown: unknown): readonly Thrown[] {
  // A set is iterated over what is added meanwhile.
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
    // A getter threw: what was found until then has to do.
  }
  return [...found]
}
