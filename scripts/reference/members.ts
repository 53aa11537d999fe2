/** A property of an interface, read from its source. */
export interface Member {
  readonly name: string
  readonly isOptional: boolean
  readonly type: string
  /** The docstring, on one line. Empty when there is none. */
  readonly doc: string
  /** The docstring with its paragraphs and lists, without the tags. */
  readonly text: string
  /** Whether the docstring has `@internal`, so that the declarations of the package leave the property out. */
  readonly isInternal: boolean
}

/**
 * The properties and methods of an interface in a source whose format is that of this repository: each begins with two
 * spaces.
 *
 * @throws Error when the source has no such interface
 */
export function membersOf(source: string, name: string): readonly Member[] {
  // The parameters of a type may have braces of their own; the body begins at the first brace that ends a line.
  const declared = new RegExp(`^export interface ${name}\\b[\\s\\S]*?\\{\\n([\\s\\S]*?)^\\}`, 'm')
  const body = declared.exec(source)?.[1]
  if (body === undefined) throw new Error(`there is no interface ${name}`)
  const member =
    /(?:^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^ {2}(?:readonly )?(\w+)(\??)(: |(?=\())(.*(?:\n {3,}.*|\n {2}[)}\]].*)*)$/gm
  return [...body.matchAll(member)].map(([, doc = '', called = '', mark, colon, type = '']) => ({
    name: called,
    isOptional: mark === '?',
    type: typeOf(type, colon === ''),
    doc: toLine(doc),
    text: toText(doc.split(/^\s*\* ?@/m)[0] ?? ''),
    isInternal: doc.includes('@internal'),
  }))
}

/** A type on one line; that of a method as a function. */
function typeOf(written: string, isMethod: boolean): string {
  const line = written
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/([([]) /g, '$1')
    .replaceAll(/,? ([)\]])/g, '$1')
    .replace(/^\| /, '')
  return isMethod ? line.replace(/\): /, ') => ') : line
}

/** The text of a docstring on one line, its links as code. */
export function toLine(doc: string): string {
  return withoutStars(doc).replaceAll(/\s+/g, ' ').trim()
}

/** The text of a docstring as Markdown: a line for each paragraph and each entry of a list, its links as code. */
export function toText(doc: string): string {
  return withoutStars(doc)
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim().replaceAll(/\s*\n\s*(?!\s|- )/g, ' '))
    .join('\n\n')
    .replaceAll(/\n\s*- /g, '\n- ')
    .replaceAll(/(?<=^[^-\n].*)\n- /gm, '\n\n- ')
}

function withoutStars(doc: string): string {
  return doc.replaceAll(/^\s*\* ?/gm, ' ').replaceAll(/\{@link ([^}|]+)\}/g, '`$1`')
}
