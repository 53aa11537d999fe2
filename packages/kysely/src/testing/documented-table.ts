import { readFile } from 'node:fs/promises'

/** The SQL with which a guide creates a table in an engine, for a table of another name. */
export async function documentedTable(
  guide: 'transactions' | 'status-page',
  engine: 'Postgres' | 'MySQL',
  table: string,
  name: string,
): Promise<string> {
  const page = await readFile(new URL(`../../../../docs/guides/${guide}.md`, import.meta.url), 'utf8')
  const block = new RegExp(
    `== ${engine}\\n(?:<!--.*-->\\n)?\`\`\`sql\\n(create table ${table}[\\s\\S]*?)\`\`\``,
  )
  const [, text] = block.exec(page) ?? []
  if (text === undefined) throw new Error(`docs/guides/${guide}.md does not create ${table} in ${engine}`)
  return text.replaceAll(table, name)
}
