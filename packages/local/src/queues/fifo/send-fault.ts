import { wrongValue } from '../request-shape.ts'
import type { SqsError } from '../sqs-error.ts'
import type { Item } from './requests.ts'

/**
 * The error of SQS for an invalid group or deduplication id, which fauxqs does not check; `undefined` when they are
 * valid or missing ("SendMessage" of the Amazon SQS API reference).
 */
export function sendFault({ MessageGroupId, MessageDeduplicationId }: Item): SqsError | undefined {
  return (
    idFault('MessageGroupId', MessageGroupId) ?? idFault('MessageDeduplicationId', MessageDeduplicationId)
  )
}

function idFault(name: string, id: unknown): SqsError | undefined {
  if (id === undefined || id === null || id === '') return undefined
  if (typeof id !== 'string') return wrongValue
  if (/^[\x21-\x7e]{1,128}$/.test(id)) return undefined
  const rule = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`
  return {
    code: 'InvalidParameterValue',
    message: `Value ${id} for parameter ${name} is invalid. Reason: ${rule}`,
  }
}
