import { Kysely, MysqlDialect } from 'kysely'
import { createPool } from 'mysql2'
import { beforeAll, beforeEach } from 'vitest'
import { inboxMigration } from '../dialects/migrations.ts'
import { type Ledger, ledgerTables } from './ledger.ts'
import { executeMysql, type MysqlDatabase, openMysql } from './mysql.ts'

/** An empty ledger of the accounts `a` and `b` before each test, as in `useLedger`, in MySQL or MariaDB. */
export function useMysqlLedger(database: MysqlDatabase) {
  const run = (text: string) => executeMysql(database.url, text)
  beforeAll(async () => {
    for (const table of ledgerTables) await run(table)
    const db = new Kysely<never>({ dialect: new MysqlDialect({ pool: createPool(database.url) }) })
    await inboxMigration().up(db)
    await db.destroy()
  })
  beforeEach(async () => {
    await run(`delete from postings; delete from accounts; delete from spillway_inbox;
      insert into accounts values ('a', 0), ('b', 0)`)
  })
  return {
    run,
    open: (connections = 1, url = database.url) => openMysql<Ledger>(url, connections).db,
    /**
     * The balance of the account `a`, the number of postings, and the number of keys in the inbox whose effect is
     * committed.
     */
    async totals() {
      const [row] = await run(
        `select (select balance from accounts where id = 'a') as balance,
           (select count(*) from postings) as postings,
           (select count(*) from spillway_inbox where parked is null) as entries`,
      )
      return row
    },
  }
}
