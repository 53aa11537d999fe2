import { defineMessage } from '@spillway/message'
import { expect, it, vi } from 'vitest'
import * as z from 'zod'
import { readCopy } from '../parked/read-copy.ts'
import { orderText } from '../testing/dead-letters.ts'
import { createEditor } from './edit-copy.ts'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), total: z.number().optional() }),
  key: ({ id }) => id,
})
const copyOf = (body: string) => readCopy({ MessageId: 'm', Body: body })

/** Edits a copy: each text in turn is what the operator saves. */
async function edit(body: string, saved: readonly string[], answers: readonly boolean[] = []) {
  const shown: string[] = []
  const lines: string[] = []
  const left = [...saved]
  const replies = [...answers]
  const editor = createEditor({
    definition: order,
    edit: async (text) => {
      shown.push(text)
      return left.shift() ?? text
    },
    ask: async () => replies.shift() ?? false,
    say: (line) => lines.push(line),
  })
  const outgoing = await editor(await copyOf(body))
  return { edited: outgoing?.edited, leaves: outgoing === undefined, shown, lines }
}

it('shows the body of an envelope as JSON, with every digit, and puts the edited one in its place', async () => {
  const text = orderText('k1', { id: 'k1' }).replace(
    '"id":"k1"',
    '"id":"k1","total":1.50,"n":12345678901234567890',
  )
  const { edited, shown, lines } = await edit(text, [
    '{ "id": "k1",\n "total": 2.50, "n": 12345678901234567890 }\n',
  ])
  expect(shown).toStrictEqual(['{\n  "id": "k1",\n  "total": 1.50,\n  "n": 12345678901234567890\n}\n'])
  expect(edited).toBe(text.replace('1.50', '2.50'))
  expect(lines).toStrictEqual(['Editing m, key k1'])
})

it('shows the issues of a body that is not valid, and lets it be edited again', async () => {
  const { edited, shown, lines } = await edit(
    orderText('k1', { id: 1 }),
    ['{"id":', '{"id": 2}', '{"id": "k1"}'],
    [true, true],
  )
  expect(shown).toStrictEqual(['{\n  "id": 1\n}\n', '{"id":', '{"id": 2}'])
  expect(edited).toBe(orderText('k1', { id: 'k1' }))
  expect(lines.filter((line) => !line.startsWith('Editing'))).toStrictEqual([
    expect.stringContaining('It is not JSON: '),
    'The body is not a valid order.placed.',
    expect.stringMatching(/^ {2}\/id: /),
  ])
})

it.each([
  ['is emptied', ['\n'], []],
  ['is not valid and not edited again', ['{"id": 1}'], [false]],
])('leaves a copy whose body %s', async (_, saved, answers) => {
  expect(await edit(orderText('k1'), saved, answers)).toMatchObject({ leaves: true })
})

it('sends a copy back as it came that was not changed', async () => {
  expect(await edit(orderText('k1', { id: 1 }), [])).toMatchObject({ leaves: false, edited: undefined })
})

it.each([
  ['JSON of somebody else', '{"id":"a"}', '{"id": "b"}', '{"id":"b"}'],
  [
    'JSON with characters that a queue refuses',
    '{"id":"a"}',
    '{"id": "\uFFFE"}',
    String.raw`{"id":"\ufffe"}`,
  ],
])('edits %s, and validates all of it', async (_, body, saved, expected) => {
  expect(await edit(body, ['{"id": 5}', saved], [true])).toMatchObject({ edited: expected })
})

it('edits text that is not JSON without a definition', async () => {
  const editor = createEditor({ definition: undefined, edit: async () => 'new text', say: () => undefined })
  expect(await editor(await copyOf('a text'))).toMatchObject({ edited: 'new text' })
})

it('says that the body of a claim check cannot be edited', async () => {
  const { body: _, ...rest } = JSON.parse(orderText('k1'))
  const editing = edit(JSON.stringify({ ...rest, claim: { bytes: 1 } }), [])
  await expect(editing).rejects.toMatchObject({ code: 'SPILLWAY_OPTION_INVALID' })
})

it('says that no editor is set', () => {
  vi.stubEnv('VISUAL', '')
  vi.stubEnv('EDITOR', '')
  try {
    expect(() => createEditor({ definition: undefined })).toThrow(
      '--edit needs an editor: set VISUAL or EDITOR.',
    )
  } finally {
    vi.unstubAllEnvs()
  }
})
