import { gzipSync } from 'node:zlib'

/** A built site: its files by their paths, without a slash at the start. */
export type BuiltSite = ReadonlyMap<string, string>

/** The most that a page may load of scripts, gzipped. Bytes. */
export const mostScript = 200_000

/**
 * What is wrong with a built site: links and anchors that lead nowhere, anything that a browser would load from another
 * site, pages with too many scripts, diagrams without a name.
 */
export function faultsOf(site: BuiltSite): readonly string[] {
  const pages = new Map(
    [...site]
      .filter(([name]) => name.endsWith('.html'))
      .map(([name, html]) => [`/${name.replace(/(?:^|(?<=\/))index\.html$|\.html$/, '')}`, html]),
  )
  return [
    ...[...pages].flatMap(([address, html]) => [
      ...linksOf(html).flatMap((target) => linkFault(address, target, pages, site) ?? []),
      ...scriptFaults(address, html, site),
    ]),
    ...[...site].flatMap(([name, text]) => foreignSources(name, text).map((url) => `${name} loads ${url}`)),
  ]
}

function linksOf(html: string): readonly string[] {
  return [...html.matchAll(/<a\b[^>]*\shref="([^"]+)"/g)].map(([, target = '']) => target)
}

function linkFault(
  address: string,
  target: string,
  pages: ReadonlyMap<string, string>,
  site: BuiltSite,
): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined
  const url = new URL(target, `http://site${address}`)
  const path = target.startsWith('#') ? address : decodeURIComponent(url.pathname)
  const html = pages.get(path)
  if (html === undefined)
    return site.has(path.slice(1)) ? undefined : `${address} links to ${target}, which is not there`
  if (url.hash === '' || html.includes(`id="${decodeURIComponent(url.hash.slice(1))}"`)) return undefined
  return `${address} links to ${target}: there is no such anchor`
}

function scriptFaults(address: string, html: string, site: BuiltSite): readonly string[] {
  const names = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, name = '']) => name)
  const size = [...new Set(names)].reduce((sum, name) => sum + gzipSync(site.get(name) ?? '').length, 0)
  return size > mostScript
    ? [`${address} has ${size} bytes of scripts, gzipped: more than ${mostScript}`]
    : []
}

/** By file type, what makes a browser load something. Links may lead elsewhere. */
const loads: Readonly<Record<string, RegExp>> = {
  html: /<(?:script|img|link|iframe|source|video|audio|embed|use|image)\b[^>]*\s(?:src|href|srcset)="((?:https?:)?\/\/[^"]+)"|@import\s+(?:url\()?['"]?((?:https?:)?\/\/[^'")]+)|url\(['"]?((?:https?:)?\/\/[^'")]+)/g,
  css: /(?:@import\s+|url\()['"]?((?:https?:)?\/\/[^'")]+)/g,
  svg: /(?:@import\s+|url\()['"]?((?:https?:)?\/\/[^'")]+)|\s(?:xlink:)?href="((?:https?:)?\/\/[^"]+)"/g,
  js: /(?:\bfetch\(|\bimport\(|new (?:Worker|WebSocket|EventSource)\(|sendBeacon\(|@import\s+(?:url\()?|\burl\(|\.src\s*=\s*)\s*['"`]?((?:https?:|wss?:)?\/\/[^'"`)]+)/g,
}

/** VitePress loads the icon of a social link from there, if the build has no icon for it: it has those that we use. */
const unused = 'https://api.iconify.design/'

function foreignSources(name: string, text: string): readonly string[] {
  const pattern = loads[name.slice(name.lastIndexOf('.') + 1)]
  if (pattern === undefined) return []
  return [...text.matchAll(pattern)]
    .filter(([whole]) => !/\brel="(?:canonical|alternate)"/.test(whole))
    .map(([, ...urls]) => urls.find((url) => url !== undefined) ?? '')
    .filter((url) => !url.startsWith(unused))
}
