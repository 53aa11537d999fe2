/** An error of the Kinesis API. */
export class StreamError extends Error {
  readonly code: string
  /** The HTTP status. */
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** The error of a well-formed value that is invalid in this request. */
export function invalidArgument(message: string): StreamError {
  return new StreamError('InvalidArgumentException', message)
}

/** The error of a value outside the limits of the API. */
export function invalidValue(path: string, rule: string): StreamError {
  return new StreamError('ValidationException', `1 validation error detected: ${path} must ${rule}.`)
}

/** The error of a stream or shard that does not exist. */
export function notFound(what: string): StreamError {
  return new StreamError('ResourceNotFoundException', `${what} not found.`)
}

/** The error of a record that exceeds the limit of its shard. */
export function throughputExceeded(shardId: string, streamName: string): StreamError {
  const message = `Rate exceeded for shard ${shardId} in stream ${streamName}.`
  return new StreamError('ProvisionedThroughputExceededException', message)
}
