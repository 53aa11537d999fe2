import fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { connect, startDatabase } from '../../testing/database.ts'
import { arrayText } from './array-text.ts'

// The special characters of an array, more often than by chance. Postgres cannot store NUL.
const special = fc.constantFrom('"', '\\', '\\"', '{', '}', ',', ' ', '\n', '\t', 'NULL', 'null', 'é', '😀')
const text = fc
  .oneof(
    fc.array(special, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.string({ unit: 'grapheme' }),
  )
  .filter((value) => !value.includes('\0') && value.isWellFormed())

it('is read by Postgres as the original texts', async () => {
  await using postgres = await startDatabase()
  const client = await connect(postgres.url)
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text), { maxLength: 12 }), async (texts) => {
        const { rows } = await client.query('select $1::text[] as texts', [arrayText(texts)])
        expect(rows).toStrictEqual([{ texts }])
      }),
      { numRuns: inject('soak') ? 1_000 : 300 },
    )
  } finally {
    await client.end()
  }
})
