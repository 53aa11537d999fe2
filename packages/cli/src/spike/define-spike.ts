import {
  checkOptions,
  isFunction,
  nonEmptyString,
  type OptionRules,
  required,
} from '@spillway/message/internal'

/** One request of a flood. */
export interface SpikeRequest {
  /** The path of a `POST` route. */
  readonly path: string
  /** Sent as JSON. */
  readonly body: unknown
  /** The key under which the request has its effect. */
  readonly key: string
}

/** A flood of requests to the same API in two designs. */
export interface Spike {
  /** The config file of the design that writes within the request. Relative to the spike's own file. */
  readonly synchronous: string
  /** The config file of the design that buffers. Relative to the spike's own file. */
  readonly buffered: string
  /** Makes the request with a number, from 0. Each needs a unique key. */
  request(index: number): SpikeRequest
  /** SQL that selects the key of each effect in the database, in a column `key`. */
  readonly writtenKeys: string
}

const rules: OptionRules<Spike> = {
  synchronous: nonEmptyString(),
  buffered: nonEmptyString(),
  request: required(isFunction),
  writtenKeys: nonEmptyString(),
}

/**
 * Defines what `spillway spike` sends, in a file `spike.ts` beside the app's config.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or invalid.
 */
export function defineSpike(spike: Spike): Spike {
  checkOptions('defineSpike', spike, rules)
  return Object.freeze({ ...spike })
}
