import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { defineMessage } from './index.ts'
import { memoryTarget, recordOf } from './testing.ts'

const price = defineMessage({
  name: 'price.changed',
  schema: z.object({ sku: z.string(), euros: z.number().transform((euros) => BigInt(euros)) }),
})

it('types helpers by the definition', async () => {
  const record = await recordOf(price, { sku: 'tea', euros: 5 })
  expectTypeOf(record.body).toEqualTypeOf<{ sku: string; euros: bigint }>()
  const [message] = await memoryTarget().messages(price)
  expectTypeOf(message?.body).toEqualTypeOf<{ sku: string; euros: bigint } | undefined>()
  // @ts-expect-error the schema takes a number
  await recordOf(price, { sku: 'tea', euros: 5n })
})
