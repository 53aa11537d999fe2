import { stripVTControlCharacters } from 'node:util'
import { type Clock, systemClock } from '@spillway/message/internal'
import type { EnvironmentEnd, InvocationFailure, InvocationInfo } from '../functions/index.ts'
import { stoppedType } from '../functions/index.ts'
import { describeEvent } from './describe-event.ts'
import { failureShape, failureText, withoutNumbers } from './failure-text.ts'
import { limitRepeats } from './repeats.ts'

/** What {@link createReporter} takes. */
export interface ReporterOptions {
  /** Prints one or more lines, without a line break at the end. */
  print(text: string): void
  /** Default: the system clock. */
  readonly clock?: Clock
}

/** A problem of an event source or of the gateway. */
export interface Problem {
  readonly function: string
  readonly code: string
  readonly message: string
}

/** Prints failures, each line prefixed with the name of the function. */
export interface Reporter {
  onInvocation(info: InvocationInfo): void
  onEnvironmentEnd(info: EnvironmentEnd): void
  onProblem(problem: Problem): void
  /** Prints the counts so far. */
  stop(): void
}

/** How many repetitions are printed within five seconds; further ones are counted. */
const burst = 5

/**
 * Creates a reporter that prints failures as CloudWatch shows them: the request id, the error with its stack and
 * causes, or how the function ended, and the ids of the event. The first failure of a kind is printed in full. A
 * repetition is printed in one line without the stack. After five repetitions within five seconds, further ones are
 * only counted, so that an outage does not hide everything else. Throttles are counted after the first, because an
 * outage causes many.
 */
export function createReporter({ print, clock = systemClock }: ReporterOptions): Reporter {
  const repeats = limitRepeats(clock, print)

  function tell(name: string, failure: InvocationFailure, requestId: string, event: unknown): void {
    if (failure.error.errorType === stoppedType) return
    // The message of an error may contain client data, whose control characters must not reach the terminal.
    const prefixed = (line: string) => `[${name}] ${stripVTControlCharacters(line)}`
    const lines = failureText(failure, requestId).flatMap((line) => line.split('\n'))
    const [head = ''] = lines
    const origin = describeEvent(event)
    const isThrottle = failure.kind === 'throttle'
    repeats.tell({
      key: `${name}\n${failureShape(failure)}`,
      full: [...lines, ...(origin === undefined ? [] : [`  event: ${origin}`])].map(prefixed).join('\n'),
      short: prefixed(`${head}${origin === undefined ? '' : `; ${origin}`} (repeated)`),
      burst: isThrottle ? 0 : burst,
      counted: (count) =>
        prefixed(isThrottle ? `throttled ${count} more times` : `${count} more like the last: ${head}`),
    })
  }

  return {
    onInvocation({ function: name, requestId, event, result }) {
      if (!result.ok) tell(name, result, requestId, event)
    },
    onEnvironmentEnd({ function: name, failure }) {
      tell(name, failure, '', undefined)
    },
    onProblem({ function: name, code, message }) {
      const line = `[${name}] ${message}`
      repeats.tell({
        key: [name, code, withoutNumbers(message)].join('\n'),
        full: line,
        short: line,
        burst,
        counted: (count) => `[${name}] ${count} more like the last: ${message}`,
      })
    },
    stop: repeats.stop,
  }
}
