import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Makes stacks show positions in the sources instead of the bundle.
 *
 * Node's `--enable-source-maps` reads the map at each start, which takes 40 ms for a bundle with the AWS SDK. Here the
 * map is read with the first stack.
 *
 * @param bundle the URL of the bundle; its source map is in the same folder.
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
