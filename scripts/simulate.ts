// `npm run simulate` prints the table of outages; `--write` writes it into docs/concepts/outages.md.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { outageTable } from '../packages/simulator/src/index.ts'
import { root } from './workspace.ts'

/** The page with the table, and the text before and after the table. */
export const page = join(root, 'docs', 'concepts', 'outages.md')
export const tableIn = /(<!-- simulated: npm run simulate -- --write -->\n\n)[\s\S]*?(<!-- end -->)/

if (import.meta.main) {
  const table = await outageTable()
  console.log(table)
  if (process.argv.includes('--write')) {
    const text = await readFile(page, 'utf8')
    if (!tableIn.test(text)) throw new Error(`there is no place for the table in ${page}`)
    await writeFile(
      page,
      text.replace(tableIn, (_, before: string, after: string) => `${before}${table}\n${after}`),
    )
  }
}
