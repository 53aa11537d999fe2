import { type Outcome, type ParkReason, retry } from '@spillway/message'
import type { Kysely } from 'kysely'
import { writeError } from '../errors/describe-error.ts'
import type { Inbox, InboxEntry, KnownKeys } from '../inbox/inbox.ts'
import { type Attempt, attempt } from '../time/attempt.ts'
import type { TransactionContext } from './run-transaction.ts'
import { type Entry, outcomeOf } from './transaction-entry.ts'

/** A message to park, and the reason. */
interface Parking<Body> {
  readonly entry: Entry<Body>
  readonly reason: ParkReason
}

/**
 * Commits the decisions to park messages to the inbox, before their copies are sent. If that fails, a message is
 * retried: its copy must not be sent, because another delivery could still apply it.
 *
 * @returns the outcomes of all messages; a message that another delivery has applied or parked meanwhile gets that
 * outcome
 */
export async function commitParkings<DB, Body>(
  context: TransactionContext<DB, Body>,
  settled: ReadonlyMap<Entry<Body>, Outcome>,
  random: () => number,
): Promise<ReadonlyMap<Entry<Body>, Outcome>> {
  const parkings: Parking<Body>[] = []
  for (const [entry, outcome] of settled) {
    // The inbox already contains the others.
    if (outcome.kind === 'park' && !context.known.has(entry)) parkings.push({ entry, reason: outcome.reason })
  }
  if (parkings.length === 0) return settled
  const outcomes = new Map(settled)
  for (const [consumer, some] of Map.groupBy(parkings, ({ entry }) => entry.consumer)) {
    const result = await attempt(() => commit(context, consumer, some), context.deadline, random)
    const cause = result.kind === 'ok' ? undefined : causeOf(result, context.inbox)
    for (const { entry } of some) {
      if (result.kind !== 'ok') outcomes.set(entry, retry({ cause }))
      else if (result.value.has(entry.key)) outcomes.set(entry, outcomeOf(entry, result.value))
    }
  }
  return outcomes
}

function commit<DB, Body>(
  { db, dialect, inbox, deadline }: TransactionContext<DB, Body>,
  consumer: string,
  parkings: readonly Parking<Body>[],
): Promise<KnownKeys> {
  const entries = parkings
    .map(({ entry, reason }): InboxEntry => {
      const { key, fingerprint, redriveOf, message } = entry
      return { key, fingerprint, redriveOf, parked: { reason, recordId: message.recordId } }
    })
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return db.transaction().execute(async (trx) => {
    const plain = trx.withoutPlugins() as unknown as Kysely<never>
    await dialect.time.limitTransaction(plain, { left: deadline.left(), endsLockWaits: true })
    return (await inbox.claim(plain, consumer, entries, deadline.left)).known
  })
}

type Failed = Exclude<Attempt<unknown>, { kind: 'ok' }>

function causeOf({ failure, error }: Failed, { name }: Inbox): unknown {
  return failure === undefined ? error : writeError(failure, error, { table: name })
}
