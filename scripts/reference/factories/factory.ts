import { defineMessage } from '../../../packages/message/src/index.ts'

/** A function of a package that takes options. */
export interface Factory {
  readonly name: string
  /** What `import` names. */
  readonly from: string
  /** What a heading says behind the name. */
  readonly variant?: string
  /** The interfaces of its options, the first one first: the file under `packages` and the name. */
  readonly interfaces: readonly (readonly [file: string, name: string])[]
  /** The factory as a function of its options. Without it the options are not checked when it is called. */
  readonly call?: (options: never) => unknown
  /** Right values of the options that are required. */
  readonly samples?: Readonly<Record<string, unknown>>
}

export const nothing = () => undefined
export const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/orders'
export const deadLetterQueueUrl = `${queueUrl}-dlq`
export const schema = {
  '~standard': { version: 1, vendor: 'reference', validate: () => ({ value: {} }) },
} as const
export const order = defineMessage({ name: 'order.placed', schema })
