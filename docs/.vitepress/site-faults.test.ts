import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { faultsOf, mostScript } from './site-faults.ts'

const page = (html: string, more: Record<string, string> = {}) =>
  faultsOf(new Map(Object.entries({ 'index.html': html, 'a/b.html': '<h2 id="there">', ...more })))

it('finds a link to a page or an anchor that is not there', () => {
  expect(
    page('<a href="/a/b#there">x</a><a class="y" href="/a/b">x</a><a href="https://example.com/z">x</a>'),
  ).toEqual([])
  expect(page('<a href="/a/c">x</a>')).toEqual(['/ links to /a/c, which is not there'])
  expect(page('<a href="/a/b#here">x</a>')).toEqual(['/ links to /a/b#here: there is no such anchor'])
  expect(page('<a href="#here">x</a>')).toEqual(['/ links to #here: there is no such anchor'])
})

it('allows a link to a file that is no page', () => {
  expect(page('<a href="/spike.svg">x</a>', { 'spike.svg': '<svg/>' })).toEqual([])
})

it.each([
  ['index.html', '<script src="https://cdn.example/x.js"></script>', 'https://cdn.example/x.js'],
  ['index.html', '<img alt="" src="//cdn.example/x.png">', '//cdn.example/x.png'],
  ['index.html', '<link rel="stylesheet" href="http://cdn.example/x.css">', 'http://cdn.example/x.css'],
  [
    'index.html',
    "<svg><style>@import url('https://fonts.example/x');</style></svg>",
    'https://fonts.example/x',
  ],
  ['x.css', '@import "https://fonts.example/x.css";', 'https://fonts.example/x.css'],
  ['x.css', 'a{background:url(https://img.example/x.png)}', 'https://img.example/x.png'],
  ['x.svg', '<image href="https://img.example/x.png"/>', 'https://img.example/x.png'],
  ['x.js', 'fetch("https://stats.example/hit")', 'https://stats.example/hit'],
  [
    'x.js',
    'const s=document.createElement("script");s.src="https://ads.example/x.js"',
    'https://ads.example/x.js',
  ],
])('finds in %s what a browser would load from another site', (name, text, url) => {
  expect(page('', { [name]: text })).toEqual([`${name} loads ${url}`])
})

it('allows what names another site and loads nothing from it', () => {
  expect(
    page(
      '<link rel="canonical" href="https://spillway.example/"><svg xmlns="http://www.w3.org/2000/svg"></svg>',
      {
        'x.js': 'createElementNS("http://www.w3.org/2000/svg");const text="see https://example.com"',
      },
    ),
  ).toEqual([])
})

it('finds a page with too many scripts', () => {
  const html =
    '<script type="module" src="/assets/app.js"></script><link rel="modulepreload" href="/assets/app.js">'
  const script = (bytes: number) => ({ 'assets/app.js': randomBytes(bytes).toString('latin1') })
  expect(page(html, script(mostScript / 2))).toEqual([])
  expect(page(html, script(mostScript))).toEqual([
    expect.stringMatching(/^\/ has \d+ bytes of scripts, gzipped: more than 200000$/),
  ])
})
