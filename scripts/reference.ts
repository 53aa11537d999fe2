// Writes the generated parts into the pages of the reference: `npm run reference -- --write`. Without `--write` it
// lists the pages that are out of date.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillBlocks } from './reference/blocks.ts'
import { generatedBlocks } from './reference/generated.ts'
import { root } from './workspace.ts'

const isWriting = process.argv.includes('--write')
const stale = globSync('docs/**/*.md', {
  cwd: root,
  exclude: ['docs/node_modules', 'docs/.vitepress', 'docs/reference/api'],
})
  .map((name) => ({ name, page: readFileSync(join(root, name), 'utf8') }))
  .filter(({ page }) => fillBlocks(page, generatedBlocks) !== page)
for (const { name, page } of stale) {
  if (isWriting) writeFileSync(join(root, name), fillBlocks(page, generatedBlocks))
  console.log(isWriting ? `${name}: written` : `${name} is out of date: npm run reference -- --write`)
}
if (stale.length > 0 && !isWriting) process.exit(1)
