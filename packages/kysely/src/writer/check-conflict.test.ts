import type { Kysely } from 'kysely'
import { expect, it } from 'vitest'
import { kyselyWriter } from '../index.ts'

interface Tables {
  stock: { id: string; amount: number; note: string | null; version: number }
}

const db = { getExecutor() {}, insertInto() {}, withoutPlugins() {} } as unknown as Kysely<Tables>
const row = () => ({ id: '', amount: 1, note: null, version: 1 })

const isAction = "must be one of 'nothing', 'update', 'fail'."
const form = 'kyselyWriter: the option `conflict` must be a column, a list of one or more, or { on, do: '
const names = 'Its options are on, do, where, constraint, set, version.'

it.each([
  // A typo, or the name that another library has for it.
  [{ on: 'id', do: 'nothing', wher: { note: null } }, `has no option \`wher\`. ${names}`],
  [{ on: 'id', do: 'update', versions: 'version' }, `has no option \`versions\`. ${names}`],
  [{ on: 'id', Do: 'nothing' }, `has no option \`Do\`. ${names}`],
  [{ on: 'id', do: 'nothing', contraint: 'stock_pkey' }, `has no option \`contraint\`. ${names}`],
  [{ columns: ['id'], do: 'nothing' }, `has no option \`columns\`. ${names}`],
  [{ on: 'id', do: 'updat' }, `: the option \`do\` ${isAction}`],
  [{ on: 'id', do: 'Nothing' }, `: the option \`do\` ${isAction}`],
  [{ on: 'id', do: 'replace' }, `: the option \`do\` ${isAction}`],
  [{ on: 'id', do: true }, `: the option \`do\` ${isAction}`],
  [{ on: 'id' }, ": the option `do` is missing; it must be one of 'nothing', 'update', 'fail'."],
  // Required options, and their values.
  [
    { constraint: 'stock_pkey', do: 'nothing' },
    ': the option `on` is missing; it must be a column, or a list',
  ],
  [{ on: [], do: 'nothing' }, ': the option `on` must be a column, or a list of one or more.'],
  [{ on: ['id', ''], do: 'nothing' }, ': the option `on` must be a column, or a list of one or more.'],
  [{ on: 'id', do: 'nothing', where: {} }, ': the option `where` must be the columns of the condition'],
  [{ on: 'id', do: 'nothing', where: { note: new Date() } }, ': the option `where` must be the columns'],
  [{ on: 'id', do: 'nothing', constraint: '' }, ': the option `constraint` must be a non-empty string.'],
  [{ on: 'id', do: 'update', set: [] }, ': the option `set` must be a list of one or more columns.'],
  [{ on: 'id', do: 'update', set: 'note' }, ': the option `set` must be a list of one or more columns.'],
  [{ on: 'id', do: 'update', version: 1 }, ': the option `version` must be a column.'],
  // Options that exclude each other.
  [{ on: 'id', do: 'nothing', set: ['note'] }, ": the option `set` is only for `do: 'update'`."],
  [{ on: 'id', do: 'fail', version: 'version' }, ": the option `version` is only for `do: 'update'`."],
  [
    { on: 'id', do: 'update', set: ['note', 'id'] },
    ': the option `set` must not name `id`, a column of `on`.',
  ],
  [
    { on: ['id'], do: 'update', version: 'id' },
    ': the option `version` must not name `id`, a column of `on`.',
  ],
  [
    { on: 'id', do: 'nothing', where: { note: null }, constraint: 'stock_pkey' },
    ' takes `where` or `constraint`, not both.',
  ],
])('the option `conflict` refuses %o', (conflict, why) => {
  expect(() => kyselyWriter({ db, insertInto: 'stock', row, conflict: conflict as never })).toThrow(
    expect.objectContaining({
      code: 'SPILLWAY_OPTION_INVALID',
      message: expect.stringContaining(`kyselyWriter: \`conflict\`${why.startsWith('has') ? ' ' : ''}${why}`),
    }),
  )
})

it.each([[5], [[]], [''], [['id', 7]], [null]])(
  'the option `conflict` refuses %o, and shows its forms',
  (conflict) => {
    expect(() => kyselyWriter({ db, insertInto: 'stock', row, conflict: conflict as never })).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID', message: expect.stringContaining(form) }),
    )
  },
)
