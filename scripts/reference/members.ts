/** A property of an interface, as its source has it. */
export interface Member {
  readonly name: string
  readonly isOptional: boolean
  readonly type: string
  /** The docstring, on one line. Empty when there is none. */
  readonly doc: string
}

/**
 * The properties of an interface in a source whose format is that of this repository: each property begins with two
 * spaces and `readonly`, and its type is on the same line.
 *
 * @throws Error when the source has no such interface
 */
export function membersOf(source: string, name: string): readonly Member[] {
  const body = new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(source)?.[1]
  if (body === undefined) throw new Error(`there is no interface ${name}`)
  const property = /(?:^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^ {2}readonly (\w+)(\??): (.+)$/gm
  return [...body.matchAll(property)].map(([, doc = '', member = '', mark, type = '']) => ({
    name: member,
    isOptional: mark === '?',
    type,
    doc: toLine(doc),
  }))
}

/** The text of a docstring on one line, its links as code. */
export function toLine(doc: string): string {
  return doc
    .replaceAll(/^\s*\* ?/gm, ' ')
    .replaceAll(/\{@link ([^}|]+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
