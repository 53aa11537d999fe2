import { expect, it } from 'vitest'
import { addressesIn } from './addresses.ts'
import { headOf } from './head.ts'

const page = { title: 'The budget', description: 'How many?', file: 'budget.md' }
const tags = (site: string | undefined, file = page.file) => JSON.stringify(headOf({ ...page, file }, site))

it('leaves out what needs an address, as long as the site has none', () => {
  const head = tags(undefined)
  expect(head).toContain('"property":"og:title","content":"The budget"')
  expect(head).toContain('"property":"og:description","content":"How many?"')
  expect(head).not.toMatch(/https?:|canonical|og:url|og:image/)
})

it('names the address of each page, once the site has one', () => {
  expect(tags('https://spillway.example')).toContain(
    '"rel":"canonical","href":"https://spillway.example/budget"',
  )
  expect(tags('https://spillway.example', 'index.md')).toContain(
    '"og:url","content":"https://spillway.example/"',
  )
  expect(tags('https://spillway.example', 'a/index.md')).toContain('"https://spillway.example/a/"')
  expect(tags('https://spillway.example')).toContain(
    '"og:image","content":"https://spillway.example/card.png"',
  )
})

it('leads programs to the Markdown of a page', () => {
  expect(tags(undefined)).toContain('"type":"text/markdown","href":"/budget.md"')
})

it('reads the addresses of the manifest', () => {
  expect(addressesIn({})).toEqual({})
  expect(
    addressesIn({
      homepage: 'https://spillway.example/',
      repository: 'git+https://git.example/spillway.git',
    }),
  ).toEqual({ site: 'https://spillway.example', repository: 'https://git.example/spillway' })
})
