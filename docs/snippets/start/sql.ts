// Runs a statement on the database of `spillway dev`: node sql.ts 'select 1'
import pg from 'pg'

const response = await fetch('http://127.0.0.1:3001/api/state')
const { database } = (await response.json()) as { database: { url: string } }
const client = new pg.Client({ connectionString: database.url })
await client.connect()
const { rows } = await client.query(process.argv[2] ?? '')
for (const row of rows) console.log(Object.values(row).join('  '))
await client.end()
