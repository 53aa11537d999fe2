import {
  checkOptions,
  integer,
  nonEmptyString,
  type OptionRule,
  type OptionRules,
} from '@spillway/message/internal'
import type { StreamSourceSpec } from './types.ts'

const rules: OptionRules<StreamSourceSpec> = {
  readers: {
    required: true,
    expected: 'the readers of a stream, `engine.readers(name)`',
    test: (value) => Array.isArray(value) && value.length > 0,
  },
  streamArn: nonEmptyString(),
  region: nonEmptyString(),
  batchSize: integer(1, 10_000),
  batchingWindow: integer(0, 300),
  parallelizationFactor: integer(1, 10),
  bisectBatchOnFunctionError: { expected: 'true or false', test: (value) => typeof value === 'boolean' },
  maximumRetryAttempts: orUnlimited(integer(0, 10_000)),
  maximumRecordAgeInSeconds: orUnlimited(integer(60, 604_800)),
}

/**
 * Rejects the settings that Lambda rejects when a mapping is created ("CreateEventSourceMapping" of the Lambda API
 * reference).
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`
 */
export function checkStreamSpec(spec: StreamSourceSpec): void {
  checkOptions('startStreamSource', spec, rules)
}

function orUnlimited(rule: OptionRule): OptionRule {
  return { expected: `-1 or ${rule.expected}`, test: (value) => value === -1 || rule.test(value) }
}
