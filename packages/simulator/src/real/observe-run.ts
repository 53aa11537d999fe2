import type { LocalOptions } from '@spillway/local'
import { createFacts } from '../facts.ts'
import type { QueueReport } from '../report.ts'

type InvocationInfo = Parameters<NonNullable<LocalOptions['onInvocation']>>[0]

/** The observations from the invocations of a run. */
export type Observed = Pick<QueueReport, 'lag' | 'lagAfter' | 'receives'> & {
  readonly invocations: number
  readonly timeouts: number
}

/** Collects the same facts about messages as the simulator, from invocations on the local runtime. */
export interface RunObserver {
  onInvocation(info: InvocationInfo): void
  /** Called when the traffic begins; earlier invocations do not count. */
  begin(): void
  /** Called when the outage is over. */
  recovered(): void
  toReport(): Observed
}

/** A record of an event of SQS. */
interface SqsRecord {
  readonly messageId: string
  readonly body: string
  readonly attributes: { readonly ApproximateReceiveCount: string }
}

/** Creates an observer of the function of this name. */
export function observeRun(watched: string): RunObserver {
  let start = 0
  let recovery = 0
  const receives = new Map<string, number>()
  const done: { readonly sentAt: number; readonly doneAt: number }[] = []
  const usage = { invocations: 0, timeouts: 0 }
  return {
    onInvocation({ function: name, event, result }) {
      if (name !== watched || start === 0) return
      usage.invocations += 1
      if (!result.ok && result.kind === 'timeout') usage.timeouts += 1
      const { Records: records } = event as { readonly Records: readonly SqsRecord[] }
      for (const { messageId, attributes } of records) {
        receives.set(messageId, Number(attributes.ApproximateReceiveCount))
      }
      const failed = result.ok ? failedIds(result.payload) : new Set(records.map((one) => one.messageId))
      const doneAt = Date.now()
      for (const { messageId, body } of records) {
        if (!failed.has(messageId)) done.push({ sentAt: Date.parse(JSON.parse(body).time), doneAt })
      }
    },
    begin() {
      start = Date.now()
    },
    recovered() {
      recovery = Date.now()
    },
    toReport() {
      const outage = { from: 0, to: (recovery - start) / 1000, kind: { is: 'down' } } as const
      const facts = createFacts(start, [outage])
      for (const { sentAt, doneAt } of done) facts.done([{ sentAt }], doneAt)
      const { lag, lagAfter, receives: counts } = facts.toReport([...receives.values()])
      return { lag, lagAfter, receives: counts, ...usage }
    },
  }
}

function failedIds(answer: unknown): ReadonlySet<string> {
  const { batchItemFailures } = answer as {
    readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
  }
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
}
