import { probe } from './breaker.ts'

/** A schedule invokes it once a minute. */
export const handler = probe
