import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Lets stacks name the positions in the sources rather than those in the bundle.
 *
 * Node's own `--enable-source-maps` reads the map at each start, which costs a bundle with the AWS SDK 40 ms; here it
 * is read when the first stack is.
 *
 * @param bundle the URL of the bundle; its map lies beside it.
 */
export function useSourcePositions(bundle: string): void {
  let map: SourceMap | undefined

  function translate(frame: string): string {
    const at = frame.lastIndexOf(`${bundle}:`)
    const position = /^(\d+):(\d+)/.exec(frame.slice(at + bundle.length + 1))
    if (at === -1 || position === null) return frame
    map ??= new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${bundle}.map`), 'utf8')))
    const entry = map.findEntry(Number(position[1]) - 1, Number(position[2]) - 1)
    if (!('originalSource' in entry)) return frame
    const source = new URL(entry.originalSource, bundle).href
    const original = `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
    return frame.replace(`${bundle}:${position[0]}`, original)
  }

  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map((frame) => `\n    at ${frame}`)
    try {
      return `${error}${lines.map(translate).join('')}`
    } catch {
      return `Error${lines.join('')}`
    }
  }
}
