import { done, type MessageRecord, type Outcome, park } from '@spillway/message'
import type { Transaction } from 'kysely'
import type { Database } from './database.ts'
import type { Transfer } from './message.ts'

/**
 * Applies transfers in order, all in one transaction. A transfer that cannot be applied is parked with a code of this
 * app; then nothing is written, and the function is called again with the others.
 */
export async function applyTransfers(
  trx: Transaction<Database>,
  messages: readonly MessageRecord<Transfer>[],
): Promise<readonly Outcome[]> {
  const transfers = messages.map(({ body }) => body)
  const before = await lockAccounts(trx, transfers)
  const after = new Map(before)
  const outcomes = transfers.map((transfer) => move(transfer, after))
  if (outcomes.some(({ kind }) => kind !== 'done')) return outcomes

  for (const [id, cents] of after) {
    if (cents === before.get(id)) continue
    await trx.updateTable('accounts').set({ cents }).where('id', '=', id).execute()
  }
  await trx.insertInto('transfers').values(messages.map(toRow)).execute()
  return outcomes
}

/**
 * Reads and locks the accounts of some transfers. They are locked in the order of their ids, so that two transactions
 * cannot deadlock.
 */
async function lockAccounts(
  trx: Transaction<Database>,
  transfers: readonly Transfer[],
): Promise<ReadonlyMap<string, bigint>> {
  const rows = await trx
    .selectFrom('accounts')
    .select(['id', 'cents'])
    .where(
      'id',
      'in',
      transfers.flatMap(({ payer, payee }) => [payer, payee]),
    )
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return new Map(rows.map(({ id, cents }) => [id, BigInt(cents)]))
}

/** Moves the cents of a transfer, or parks it with the reason. */
function move({ payer, payee, cents }: Transfer, accounts: Map<string, bigint>): Outcome {
  const [has, gets] = [accounts.get(payer), accounts.get(payee)]
  if (has === undefined || gets === undefined) {
    return park({ code: 'ACCOUNT_UNKNOWN', detail: 'The account that pays or is paid does not exist.' })
  }
  if (has < BigInt(cents)) {
    return park({ code: 'INSUFFICIENT_FUNDS', detail: 'The account that pays has too few funds.' })
  }
  accounts.set(payer, has - BigInt(cents))
  accounts.set(payee, gets + BigInt(cents))
  return done()
}

function toRow({ key, body, time }: MessageRecord<Transfer>) {
  return {
    id: key,
    payer: body.payer,
    payee: body.payee,
    cents: BigInt(body.cents),
    requested_at: time,
  }
}
