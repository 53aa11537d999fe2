/**
 * Stores large bodies, and sends claims on them to the stream.
 *
 * @module
 */
export { type ClaimChecking, type ClaimCheckOptions, claimCheck } from '@spillway/transport'
