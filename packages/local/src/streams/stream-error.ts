/** An error in the words of the Kinesis API reference. */
export class StreamError extends Error {
  readonly code: string
  /** Of HTTP. */
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** A value of the right shape that does not fit what there is. */
export function invalidArgument(message: string): StreamError {
  return new StreamError('InvalidArgumentException', message)
}

/** A value outside of the limits of the API. */
export function invalidValue(path: string, rule: string): StreamError {
  return new StreamError('ValidationException', `1 validation error detected: ${path} must ${rule}.`)
}

/** A stream or shard that does not exist. */
export function notFound(what: string): StreamError {
  return new StreamError('ResourceNotFoundException', `${what} not found.`)
}

/** What is refused because the limit of a shard is used up. */
export function throughputExceeded(shardId: string, streamName: string): StreamError {
  const message = `Rate exceeded for shard ${shardId} in stream ${streamName}.`
  return new StreamError('ProvisionedThroughputExceededException', message)
}
