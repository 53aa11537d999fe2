// Reads the steps of a page of the docs from its code blocks, so that a test can follow them.

/** A step of a page. */
export type Step =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'command'; readonly text: string; readonly output: readonly string[] }

/**
 * The steps of a page: a code block that names its source in `folder` is a file, a `sh` block is a command, and a
 * `text` block after it is the command's output, in which `…` stands for any text.
 */
export function stepsOf(page: string, folder: string): readonly Step[] {
  const steps: Step[] = []
  for (const [, source, language, text = ''] of page.matchAll(
    /(?:<!-- source: (\S+) -->\n)?^```(\w+)\n([\s\S]*?)\n```$/gm,
  )) {
    const last = steps.at(-1)
    if (source?.startsWith(folder)) {
      steps.push({ kind: 'file', path: source.slice(folder.length), text: `${text}\n` })
    } else if (language === 'sh') steps.push({ kind: 'command', text, output: [] })
    else if (language === 'text' && last?.kind === 'command') {
      steps[steps.length - 1] = { ...last, output: text.split('\n') }
    } else throw new Error(`this block is not a step:\n${text}`)
  }
  return steps
}

/** Whether the printed text contains all expected lines, in their order. */
export function isPrinted(output: readonly string[], printed: string): boolean {
  const lines = printed.split('\n').map((line) => line.trim())
  let from = 0
  return output.every((expected) => {
    const pattern = new RegExp(`^${expected.trim().split('…').map(escaped).join('.*')}$`)
    const at = lines.findIndex((line, index) => index >= from && pattern.test(line))
    from = at + 1
    return at !== -1
  })
}

const escaped = (text: string) => text.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
