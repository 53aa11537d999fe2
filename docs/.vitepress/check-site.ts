// Builds the documentation site, which fails on a link to a page that is not there, and holds what was built to the rest:
// see `site-faults.ts`.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vitepress'
import { faultsOf } from './site-faults.ts'

const folder = join(import.meta.dirname, 'dist')

await build(join(import.meta.dirname, '..'))

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
const site = new Map(files.map((file) => [file.slice(folder.length + 1), readFileSync(file, 'utf8')]))
const faults = faultsOf(site)
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
const pages = files.filter((file) => file.endsWith('.html'))
console.log(`${pages.length} pages: each link and anchor is there, nothing comes from another site`)
