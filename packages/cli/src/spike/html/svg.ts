/** Escapes a text for HTML or SVG. */
export function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** A coordinate with one decimal at most. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** A point of a curve. */
export type Point = readonly [x: number, y: number]

/** A path through points. `null` is a gap. */
export function linePath(points: readonly (Point | null)[]): string {
  let path = ''
  let isOpen = false
  for (const point of points) {
    if (point !== null) path += `${isOpen ? 'L' : 'M'}${coordinate(point[0])} ${coordinate(point[1])}`
    isOpen = point !== null
  }
  return path
}

/** The surface between two curves with the same x. */
export function areaPath(upper: readonly Point[], lower: readonly Point[]): string {
  return upper.length === 0 ? '' : `${linePath([...upper, ...lower.toReversed()])}Z`
}

/** A curve with steps: one value per interval. */
export function steps(
  values: readonly number[],
  x: (interval: number) => number,
  y: (value: number) => number,
): readonly Point[] {
  return values.flatMap((value, index): readonly Point[] => [
    [x(index), y(value)],
    [x(index + 1), y(value)],
  ])
}
