/** A place in a body, as a linked list from the inside out; `undefined` is the body itself. */
export type Place = { readonly key: PropertyKey; readonly within: Place } | undefined

/** The names and indexes that lead to a place. */
export function tokensOf(place: Place): readonly PropertyKey[] {
  const tokens: PropertyKey[] = []
  for (let at = place; at !== undefined; at = at.within) tokens.push(at.key)
  return tokens.reverse()
}
