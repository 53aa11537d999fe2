/** A number as JSON writes it: the sign apart, the digits before and after the point, the exponent. */
const parts = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i

/**
 * Whether a text denotes exactly the integer that was parsed from it. A number cannot hold every integer beyond 2^53 -
 * 1:
 * `9007199254740993` becomes 9007199254740992.
 *
 * A text with an exponent, `6.02214076e23`, is a measurement rather than an id. It counts as exact with up to 15
 * significant digits: no two such texts become the same number (IEEE 754, binary64).
 *
 * @param value a finite integer other than 0
 */
export function denotes(text: string, value: number): boolean {
  const [, whole, fraction = '', exponent] = parts.exec(text) ?? []
  if (whole === undefined) return false
  // The digits as an integer, and how many of them stand before the point.
  const all = `${whole}${fraction}`
  const digits = all.replace(/^0+/, '')
  const before = whole.length + Number(exponent ?? 0) - (all.length - digits.length)
  const significant = digits.replace(/0+$/, '')
  if (exponent !== undefined && significant.length <= 15) return before <= 309
  // The largest number has 309 digits.
  if (significant.length > before || before > 309) return false
  return significant.padEnd(before, '0') === BigInt(Math.abs(value)).toString()
}
