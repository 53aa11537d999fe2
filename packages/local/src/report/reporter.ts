import { stripVTControlCharacters } from 'node:util'
import { type Clock, systemClock } from '@spillway/message/internal'
import type { EnvironmentEnd, InvocationFailure, InvocationInfo } from '../functions/index.ts'
import { stoppedType } from '../functions/index.ts'
import { describeEvent } from './describe-event.ts'
import { failureShape, failureText, withoutNumbers } from './failure-text.ts'
import { limitRepeats } from './repeats.ts'

/** What {@link createReporter} takes. */
export interface ReporterOptions {
  /** Gets one line or several, without a line break at the end. */
  print(text: string): void
  /** Default: the clock of the machine. */
  readonly clock?: Clock
}

/** Something of an event source or of the gateway that the developer should see. */
export interface Problem {
  readonly function: string
  readonly code: string
  readonly message: string
}

/** Prints what fails, each line with the name of the function in front. */
export interface Reporter {
  onInvocation(info: InvocationInfo): void
  onEnvironmentEnd(info: EnvironmentEnd): void
  onProblem(problem: Problem): void
  /** Prints what is counted so far. */
  stop(): void
}

/** What repeats is printed so often in five seconds, and then counted. */
const burst = 5

/**
 * Makes what prints failures as CloudWatch would have them: the request id, the error with its stack and its causes, or
 * how the function ended, and the ids of the event. The first of a kind is printed in full. What repeats takes a line
 * without the stack, and beyond five of them in five seconds it is counted, so that an outage does not hide all else;
 * throttles, of which an outage has many, are counted from the second on.
 */
export function createReporter({ print, clock = systemClock }: ReporterOptions): Reporter {
  const repeats = limitRepeats(clock, print)

  function tell(name: string, failure: InvocationFailure, requestId: string, event: unknown): void {
    if (failure.error.errorType === stoppedType) return
    // An error's message may hold what a client has sent: it must not command the terminal.
    const prefixed = (line: string) => `[${name}] ${stripVTControlCharacters(line)}`
    const lines = failureText(failure, requestId).flatMap((line) => line.split('\n'))
    const [head = ''] = lines
    const origin = describeEvent(event)
    const isThrottle = failure.kind === 'throttle'
    repeats.tell({
      key: `${name}\n${failureShape(failure)}`,
      full: [...lines, ...(origin === undefined ? [] : [`  event: ${origin}`])].map(prefixed).join('\n'),
      short: prefixed(`${head}${origin === undefined ? '' : `; ${origin}`} (as before)`),
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
