/** A list in parts of at most so many. */
export function slices<T>(list: readonly T[], most: number): (readonly T[])[] {
  if (list.length <= most) return [list]
  const count = Math.ceil(list.length / most)
  return Array.from({ length: count }, (_, index) => list.slice(index * most, (index + 1) * most))
}
