/** A source of numbers in `[0, 1)` that returns the same numbers for the same seed. */
export type Random = () => number

/**
 * Creates a seeded random source (mulberry32). Each part of a simulation has its own source by name, so that an
 * additional call in one part does not change the others.
 */
export function seeded(seed: number, name: string): Random {
  let state = Math.trunc(seed)
  for (const character of name) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x9e37_79b1)
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A random number of events of a Poisson process whose expected number is `expected`. */
export function poisson(expected: number, random: Random): number {
  // The sum of two Poisson processes is one, too. Splitting keeps the product below from underflowing.
  if (expected > 30) return poisson(expected / 2, random) + poisson(expected / 2, random)
  const limit = Math.exp(-expected)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}
