import {
  type EachRecord,
  isOutcome,
  type MessageRecord,
  type Outcome,
  retry,
  type Writer,
} from '@spillway/message'
import { type Invocation, limitOf } from './pass.ts'
import { toOutcome, toOutcomes } from './policy.ts'
import { deadlineError } from './settled-result.ts'

/** Gives messages of different lanes to a writer. Resolves to an outcome for each; never rejects. */
export async function callWriter<Body>(
  writer: Writer<Body>,
  invocation: Invocation<Body>,
  messages: readonly MessageRecord<Body>[],
): Promise<readonly Outcome[]> {
  const { deadlines, outcomeOfError } = invocation
  try {
    const writing = Promise.resolve(writer(messages, limitOf(invocation))).then((outcomes) => ({ outcomes }))
    const answer = await deadlines.answering.race(writing)
    if (answer !== undefined) return toOutcomes(answer.outcomes, messages.length)
    const late = retry({ cause: deadlineError() })
    return messages.map(() => late)
  } catch (thrown) {
    return messages.map((message) => outcomeOfError(thrown, message, deadlines.writing.signal))
  }
}

/**
 * Gives one message to a handler of single records. Waits for it without a limit of time; not at all if it is
 * synchronous. Never throws and never rejects.
 */
export function callHandler<Body>(
  { handle }: EachRecord<Body>,
  invocation: Invocation<Body>,
  message: MessageRecord<Body>,
): Outcome | Promise<Outcome> {
  const { deadlines, outcomeOfError } = invocation
  if (deadlines.writing.expired) return retry({ cause: deadlineError() })
  try {
    const answer: unknown = handle(message, limitOf(invocation))
    return isOutcome(answer) ? answer : outcomeOf(answer, invocation, message)
  } catch (thrown) {
    return outcomeOfError(thrown, message, deadlines.writing.signal)
  }
}

async function outcomeOf<Body>(
  answer: unknown,
  { deadlines, outcomeOfError }: Invocation<Body>,
  message: MessageRecord<Body>,
): Promise<Outcome> {
  try {
    return toOutcome(await answer, 'The handler')
  } catch (thrown) {
    return outcomeOfError(thrown, message, deadlines.writing.signal)
  }
}
