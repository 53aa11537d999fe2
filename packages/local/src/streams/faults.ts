/** A put request before any of its records is stored. */
export interface PutCall {
  readonly action: 'PutRecord' | 'PutRecords'
  readonly stream: string
  /** 1 for the first put to this engine. Retries of the client count. */
  readonly number: number
  readonly records: readonly { readonly partitionKey: string; readonly data: Uint8Array }[]
}

/**
 * How a put fails.
 *
 * - `entries`: these entries of the call are not stored. A `PutRecord` fails as a whole.
 * - `call`: the call fails with an HTTP error, and nothing is stored. Default: 500 `InternalFailureException`.
 * - `hang`: the call is never answered.
 * - `reset`: the connection ends without a response.
 *
 * With `stored`, the records of a call that hangs or is reset are stored, as when a response is lost. The limits of the
 * shard apply.
 */
export type PutFault =
  | {
      readonly fail: 'entries'
      readonly indexes: readonly number[]
      readonly code: 'InternalFailure' | 'ProvisionedThroughputExceededException'
    }
  | { readonly fail: 'call'; readonly status?: number; readonly code?: string }
  | { readonly fail: 'hang' | 'reset'; readonly stored: boolean }

/** Decides how a put fails; `undefined` if it does not. */
export type OnPut = (call: PutCall) => PutFault | undefined
