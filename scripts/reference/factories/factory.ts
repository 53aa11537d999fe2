import { defineMessage } from '../../../packages/message/src/index.ts'

/** A function of a package that has options. */
export interface Factory {
  readonly name: string
  /** The module from which the function is imported. */
  readonly from: string
  /** The text after the name in a heading. */
  readonly variant?: string
  /** The interfaces of its options in order: the file under `packages` and the name. */
  readonly interfaces: readonly (readonly [file: string, name: string])[]
  /** The factory as a function of its options. Without it the options are not checked when it is called. */
  readonly call?: (options: never) => unknown
  /** Valid values of the required options. */
  readonly samples?: Readonly<Record<string, unknown>>
}

export const nothing = () => undefined
export const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/orders'
export const deadLetterQueueUrl = `${queueUrl}-dlq`
export const schema = {
  '~standard': { version: 1, vendor: 'reference', validate: () => ({ value: {} }) },
} as const
export const order = defineMessage({ name: 'order.placed', schema })
