import { open } from './breaker.ts'

/** An alarm invokes it. */
export const handler = open
