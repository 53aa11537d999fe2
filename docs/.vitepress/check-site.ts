// Builds the documentation site, which fails on a link to a page that is not there, and holds what was built to the rest:
// every anchor exists, no page asks another site for anything, and the scripts of a page are small.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vitepress'

const docs = join(import.meta.dirname, '..')
const site = join(import.meta.dirname, 'dist')
/** The most that a page may load of scripts, gzipped. Bytes. */
const mostScript = 200_000

await build(docs)

const faults: string[] = []
const pages = new Map(
  readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => [
      `/${name.replace(/(?:^|(?<=\/))index\.html$|\.html$/, '')}`,
      readFileSync(join(site, name), 'utf8'),
    ]),
)
for (const [address, html] of pages) {
  for (const [, target = ''] of html.matchAll(/<a\b[^>]*\shref="([^"]+)"/g)) checkLink(address, target)
  // Links may lead elsewhere; what the browser loads may not.
  for (const [, source = ''] of html.matchAll(
    /<(?:script|img|link|iframe)\b[^>]*\s(?:src|href)="(https?:[^"]+)"/g,
  ))
    faults.push(`${address} loads ${source}`)
  const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, source = '']) => source)
  const size = [...new Set(scripts)].reduce(
    (sum, source) => sum + gzipSync(readFileSync(join(site, source))).length,
    0,
  )
  if (size > mostScript)
    faults.push(`${address} has ${size} bytes of scripts, gzipped: more than ${mostScript}`)
}
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
console.log(`${pages.size} pages, each anchor is there`)

function checkLink(address: string, target: string): void {
  if (/^[a-z]+:/.test(target)) return
  const url = new URL(target, `http://site${address}`)
  const path = target.startsWith('#') ? address : decodeURIComponent(url.pathname)
  const html = pages.get(path)
  if (html === undefined) faults.push(`${address} links to ${target}, which is not there`)
  else if (url.hash !== '' && !html.includes(`id="${decodeURIComponent(url.hash.slice(1))}"`))
    faults.push(`${address} links to ${target}: there is no such anchor`)
}
