/** A queue to create. An `AppQueue` of `@spillway/planner` has this shape. */
export interface QueueSpec {
  /** A FIFO queue when it ends with `.fifo`. */
  readonly name: string
  /** Seconds, 0 to 43,200. */
  readonly visibilityTimeout: number
  /** The name of the dead-letter queue; it is created if it is not in the list. */
  readonly deadLetterQueue: string | undefined
  /** A message that was received this often is moved to the dead-letter queue at the next receive. */
  readonly maxReceiveCount: number
  /** Seconds for which it keeps a message. Default 4 days; for a dead-letter queue 14 days. */
  readonly retention?: number
}

/** How many messages a queue holds. A message whose visibility time-out has passed counts as visible. */
export interface QueueDepth {
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
}

/** A message of a queue. */
export interface StoredMessage {
  readonly messageId: string
  readonly body: string
  /** The sender's message attributes of type String and Number. */
  readonly attributes: Readonly<Record<string, string>>
  readonly state: 'visible' | 'in-flight' | 'delayed'
  /** How often it was received, including in its source queue. */
  readonly receiveCount: number
}

/** SQS on this machine, for SDK clients over HTTP. */
export interface QueueEngine {
  /** The `endpoint` or `AWS_ENDPOINT_URL_SQS` of an SDK client. */
  readonly endpoint: string
  readonly region: string
  /**
   * The URL of a queue. It has the host and port of the engine, because the SDK sends requests to the host of this URL.
   */
  queueUrl(name: string): string
  queueArn(name: string): string
  /**
   * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is no such queue.
   */
  depth(name: string): Promise<QueueDepth>
  /**
   * All messages, without receiving them.
   *
   * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is no such queue.
   */
  messages(name: string): Promise<readonly StoredMessage[]>
  /** Closes the port and forgets all messages. */
  stop(): Promise<void>
}
