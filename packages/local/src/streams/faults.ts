/** A put that has come in, before anything of it is stored. */
export interface PutCall {
  readonly action: 'PutRecord' | 'PutRecords'
  readonly stream: string
  /** 1 for the first put to this engine. A client's own retries count. */
  readonly number: number
  readonly records: readonly { readonly partitionKey: string; readonly data: Uint8Array }[]
}

/**
 * What goes wrong with a put.
 *
 * - `entries`: these entries of the call are not stored. A `PutRecord` fails as a whole.
 * - `call`: the call fails with an error of HTTP, and nothing is stored. Default: 500 `InternalFailureException`.
 * - `hang`: the call is never answered.
 * - `reset`: the connection ends without an answer.
 *
 * With `stored`, a call that hangs or is reset has been stored all the same, as when an answer is lost. Its limits
 * apply as ever.
 */
export type PutFault =
  | {
      readonly fail: 'entries'
      readonly indexes: readonly number[]
      readonly code: 'InternalFailure' | 'ProvisionedThroughputExceededException'
    }
  | { readonly fail: 'call'; readonly status?: number; readonly code?: string }
  | { readonly fail: 'hang' | 'reset'; readonly stored: boolean }

/** Decides what goes wrong with a put: `undefined` for nothing. */
export type OnPut = (call: PutCall) => PutFault | undefined
