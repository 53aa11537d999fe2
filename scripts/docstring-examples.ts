/** The examples in the docstrings of a source: the text of each `ts` block. */
export function examplesIn(source: string): readonly string[] {
  return [...source.matchAll(/^ *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm)].map(([, block = '']) =>
    block.replaceAll(/^ *\* ?/gm, ''),
  )
}
