import { invalidValue, StreamError } from './stream-error.ts'

/** The document of a request, or an object in it. */
export type Input = Readonly<Record<string, unknown>>

/** Whether a value is an object of JSON. */
export function isInput(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrongType(path: string, type: string): StreamError {
  return new StreamError('SerializationException', `${path} must be ${type}.`)
}

/** An optional string of `min` to `max` characters. */
export function textOf(input: Input, name: string, min: number, max: number): string | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw wrongType(name, 'a string')
  if (value.length < min || value.length > max) throw invalidValue(name, `have ${min} to ${max} characters`)
  return value
}

/** A required string of `min` to `max` characters. */
export function neededText(input: Input, name: string, min: number, max: number): string {
  const value = textOf(input, name, min, max)
  if (value === undefined) throw invalidValue(name, 'not be missing')
  return value
}

/** An optional integer from `min` to `max`. */
export function integerOf(input: Input, name: string, min: number, max: number): number | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(name, 'an integer')
  if (value < min || value > max) throw invalidValue(name, `be from ${min} to ${max}`)
  return value
}

/** An optional time in seconds since the epoch, returned in milliseconds. */
export function timeOf(input: Input, name: string): number | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(name, 'a time in seconds')
  return Math.round(value * 1000)
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Required bytes, as base64. */
export function bytesOf(input: Input, name: string): Uint8Array {
  const value = input[name]
  if (value === undefined || value === null) throw invalidValue(name, 'not be missing')
  if (typeof value !== 'string' || value.length % 4 !== 0 || !base64.test(value)) {
    throw wrongType(name, 'base64')
  }
  return Buffer.from(value, 'base64')
}
