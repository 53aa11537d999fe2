import { isRecordId } from '@spillway/message/internal'

/** What a text that is no envelope is wrapped in, so that it says whose copy it is. */
interface Wrapper {
  readonly spillway: 1
  readonly redriveOf: string
  /** The text as it was. */
  readonly text: string
}

const start = '{"spillway":1,"redriveOf":'

/** Wraps a text, which a redrive puts back, with the id of the record that was parked. */
export function wrap(text: string, redriveOf: string): string {
  const wrapper: Wrapper = { spillway: 1, redriveOf, text }
  return JSON.stringify(wrapper)
}

/** What is wrapped; `undefined` for any other text, an envelope among it. */
export function unwrap(text: string): Pick<Wrapper, 'redriveOf' | 'text'> | undefined {
  if (!text.startsWith(start)) return undefined
  try {
    const { redriveOf, text: inner, ...others } = JSON.parse(text) as Wrapper
    if (!isRecordId(redriveOf) || typeof inner !== 'string' || Object.keys(others).length > 1)
      return undefined
    return { redriveOf, text: inner }
  } catch {
    return undefined
  }
}
