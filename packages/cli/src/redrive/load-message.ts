import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type MessageDefinition, SpillwayError, toError } from '@spillway/message'
import { isStandardSchema, nearest } from '@spillway/message/internal'

/**
 * Loads a message definition by importing its file, as `spillway dev` loads an app.
 *
 * @param reference `./message.ts#order`: a file and the name of an export, which is optional for a single definition
 * @throws SpillwayError `SPILLWAY_START_FAILED` when there is no such definition
 */
export async function loadMessage(reference: string): Promise<MessageDefinition> {
  const [, path = reference, name] = /^(.*)#([^#/\\]*)$/.exec(reference) ?? []
  const file = resolve(path)
  const module = await load(file)
  const names = Object.keys(module).filter((exported) => isDefinition(module[exported]))
  const meant = name === undefined && names.length === 1 ? names[0] : name
  const found = meant === undefined ? undefined : module[meant]
  if (isDefinition(found)) return found
  const near = name === undefined ? undefined : nearest(name, names)
  throw new SpillwayError(
    'SPILLWAY_START_FAILED',
    name === undefined
      ? `${file} has ${names.length} message definitions: name one with --message ${path}#${names[0] ?? 'name'}.`
      : `${file} exports no message definition '${name}'.${near === undefined ? '' : ` Did you mean '${near}'?`} It has: ${names.join(', ') || 'none'}.`,
  )
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(file)) throw new SpillwayError('SPILLWAY_START_FAILED', `There is no file ${file}.`)
  try {
    return await import(pathToFileURL(file).href)
  } catch (thrown) {
    const cause = toError(thrown)
    throw new SpillwayError('SPILLWAY_START_FAILED', `${file} cannot be loaded: ${cause.message}`, { cause })
  }
}

function isDefinition(value: unknown): value is MessageDefinition {
  const { name, schema } = Object(value) as Partial<Record<keyof MessageDefinition, unknown>>
  return typeof name === 'string' && isStandardSchema(schema)
}
