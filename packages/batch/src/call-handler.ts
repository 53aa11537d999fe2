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

/** Gives one message to a handler of single records. Never rejects. */
export async function callHandler<Body>(
  { handle }: EachRecord<Body>,
  invocation: Invocation<Body>,
  message: MessageRecord<Body>,
): Promise<Outcome> {
  const { deadlines, outcomeOfError } = invocation
  if (deadlines.writing.expired) return retry({ cause: deadlineError() })
  try {
    const answering = handle(message, limitOf(invocation))
    if (isOutcome(answering)) return answering
    const answer: unknown = await deadlines.answering.race(Promise.resolve(answering))
    if (answer === undefined && deadlines.answering.signal.aborted) return retry({ cause: deadlineError() })
    return toOutcome(answer, 'The handler')
  } catch (thrown) {
    return outcomeOfError(thrown, message, deadlines.writing.signal)
  }
}
