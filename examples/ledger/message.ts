import { defineMessage, type MessageBody } from '@spillway/message'
import * as z from 'zod'

const account = z.string().min(1).max(64)

/**
 * A transfer as a client sends it. The client chooses the id, so sending the transfer again changes nothing.
 *
 * Its group is the account that pays. Whether there are enough funds depends on earlier payments of that account, so
 * its transfers must be applied in the order in which they were sent. Payments to an account may come in any order.
 */
export const transfer = defineMessage({
  name: 'transfer.requested',
  schema: z
    .object({
      id: z.uuid(),
      payer: account,
      payee: account,
      cents: z.int().positive(),
    })
    .refine(({ payer, payee }) => payer !== payee, { path: ['payee'], error: 'must be another account' }),
  key: (body) => body.id.toLowerCase(),
  group: (body) => body.payer,
})

export type Transfer = MessageBody<typeof transfer>
