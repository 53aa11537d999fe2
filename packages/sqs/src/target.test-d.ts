import type { Target } from '@spillway/message'
import { expectTypeOf, it } from 'vitest'
import { claimCheck } from './claim-check.ts'
import { coalesce } from './coalesce.ts'
import { sqsTarget } from './index.ts'
import { memoryClaimStore } from './testing.ts'

it('takes what the subpaths make, and not their options', () => {
  const queueUrl = 'https://sqs.us-east-1.amazonaws.com/1/q'
  const store = memoryClaimStore()
  expectTypeOf(
    sqsTarget({ queueUrl, claimCheck: claimCheck({ store }), coalesce: coalesce() }),
  ).toEqualTypeOf<Target>()
  // @ts-expect-error a claim check is made by claimCheck()
  void sqsTarget({ queueUrl, claimCheck: { store } })
  // @ts-expect-error and a coalescer by coalesce()
  void sqsTarget({ queueUrl, coalesce: true })
  // @ts-expect-error there is no such time
  void coalesce({ when: 'never' })
})
