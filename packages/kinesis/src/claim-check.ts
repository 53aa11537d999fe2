/**
 * Large bodies go into a store, and a claim on them into the stream.
 *
 * @module
 */
export { type ClaimChecking, type ClaimCheckOptions, claimCheck } from '@spillway/transport'
