import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { clientOf, orderText, parkOne, receive } from '../testing/dead-letters.ts'
import { type SqsFault, startFaultySqs } from '../testing/faulty-sqs.ts'
import { inProcess, withoutProgress } from '../testing/in-process.ts'

let queues: QueueEngine
let client: SQSClient
let folder: string
let counter = 0

beforeAll(async () => {
  queues = await startQueues({
    queues: Array.from({ length: 12 }, (_, n) => ({
      name: `from${n}`,
      visibilityTimeout: 30,
      maxReceiveCount: 50,
      deadLetterQueue: `dead${n}`,
    })),
  })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})
beforeEach(async () => {
  counter++
  folder = await mkdtemp(join(tmpdir(), 'spillway-outside-'))
  vi.stubEnv('XDG_STATE_HOME', folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const url = (name: string) => queues.queueUrl(`${name}${counter}`)
const park = (key: string) =>
  parkOne(client, { from: url('from'), dead: url('dead') }, orderText(key, { id: key, n: 1 }))
const edits = () => join(folder, 'spillway', 'edits')
const files = () => readdir(edits()).catch(() => [])
const sent = async () => (await receive(client, url('from'))).map(({ Body = '' }) => JSON.parse(Body).body)

/** Makes an editor of a few lines, which finds the text of the file in `text` and leaves in it what it is to save. */
async function useEditor(code: string): Promise<void> {
  const script = join(folder, 'editor.mjs')
  await writeFile(
    script,
    `import { readFileSync, writeFileSync } from 'node:fs'
     const file = process.argv[2]
     let text = readFileSync(file, 'utf8')
     ${code}
     writeFileSync(file, text)`,
  )
  vi.stubEnv('VISUAL', `'${process.execPath}' '${script}'`)
}

/** Runs the redrive with an editor, on a queue whose requests meet faults. */
async function edit(plan: Readonly<Record<string, readonly SqsFault[]>> = {}) {
  const faulty = await startFaultySqs(queues, (action, time) => plan[action]?.[time] ?? 'ok')
  onTestFinished(() => faulty.stop())
  return inProcess(['redrive', faulty.queueUrl(`dead${counter}`), '--execute', '--edit'])
}

const refused = { SendMessageBatch: ['refused', 'refused', 'refused'] } as const

describe('an edit', () => {
  it('is kept where its message is not sent, and the next run goes on with it', async () => {
    await park('k')
    const [copy] = await queues.messages(`dead${counter}`)
    await useEditor(`text = text.replace('"n": 1', '"n": 2')`)
    const { code, stderr } = await edit(refused)
    expect(code).toBe(1)
    const file = join(edits(), `${copy?.messageId}.json`)
    expect(stderr).toContain(
      `Your edit of ${copy?.messageId} is saved in ${file}: the same command opens it again.\n`,
    )
    expect(await readFile(file, 'utf8')).toBe('{\n  "id": "k",\n  "n": 2\n}\n')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(edits())).mode & 0o777).toBe(0o700)

    // It is saved as it is: the edit goes, not the message as it came.
    await useEditor('')
    const again = await edit()
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Redriven 1 copy') })
    expect(withoutProgress(again).stderr).toBe(
      `Editing ${copy?.messageId}, key k (your edit of an earlier run)\n`,
    )
    expect(await sent()).toStrictEqual([{ id: 'k', n: 2 }])
    expect(await files()).toStrictEqual([])
  })

  it('is kept where its message was sent, and its copy could not be deleted: the same message goes again', async () => {
    await park('k')
    await useEditor(`text = text.replace('"n": 1', '"n": 2')`)
    const denied: SqsFault[] = ['denied', 'denied', 'denied']
    expect(await edit({ DeleteMessageBatch: denied })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is saved in'),
    })
    await useEditor('')
    expect((await edit()).code).toBe(0)
    expect(await sent()).toStrictEqual([
      { id: 'k', n: 2 },
      { id: 'k', n: 2 },
    ])
    expect(await files()).toStrictEqual([])
  })

  it('costs no other: the rest of the copies is edited and sent', async () => {
    for (const key of ['a', 'b', 'c']) await park(key)
    await useEditor(`text = text.replace('"n": 1', '"n": 2')`)
    const { code, stdout, stderr } = await edit({ SendMessageBatch: ['refused'] })
    expect(code).toBe(1)
    expect(stdout).toContain('Redriven 2 copies')
    expect(stderr.match(/^Your edit of .+ is saved in /gm)).toHaveLength(1)
    expect(await files()).toHaveLength(1)
    expect((await edit()).code).toBe(0)
    const bodies = await sent()
    expect(bodies.map(({ id }) => id).toSorted()).toStrictEqual(['a', 'b', 'c'])
    expect(bodies.map(({ n }) => n)).toStrictEqual([2, 2, 2])
  })

  it('is kept where it leaves no room for the mark', async () => {
    await park('k')
    await useEditor(`text = JSON.stringify({ id: 'k', long: 'x'.repeat(1_048_400) })`)
    const { code, stderr } = await edit()
    expect(code).toBe(1)
    expect(stderr).toContain('A queue has no room for the message and the mark')
    expect(await files()).toHaveLength(1)
    await useEditor(`text = JSON.stringify({ id: 'k', long: 'short' })`)
    expect((await edit()).code).toBe(0)
    expect(await sent()).toStrictEqual([{ id: 'k', long: 'short' }])
  })

  it.each([
    ['is undone', `text = text.replace('"n": 2', '"n": 1')`, [{ id: 'k', n: 1 }], 0],
    ['is emptied', `text = ''`, [], 1],
  ])('is forgotten when it %s', async (_, code, bodies, left) => {
    await park('k')
    await useEditor(`text = text.replace('"n": 1', '"n": 2')`)
    await edit(refused)
    expect(await files()).toHaveLength(1)
    await useEditor(code)
    expect((await edit()).code).toBe(0)
    expect(await files()).toStrictEqual([])
    expect(await sent()).toStrictEqual(bodies)
    expect(await queues.messages(`dead${counter}`)).toHaveLength(left)
  })

  it('is sent all the same where it cannot be kept, and that is said', async () => {
    await park('k')
    await mkdir(join(folder, 'spillway'))
    await writeFile(edits(), 'a file in the place of the folder')
    await useEditor(`text = text.replace('"n": 1', '"n": 2')`)
    const { code, stderr } = await edit()
    expect(code).toBe(0)
    expect(stderr).toContain('Your edit cannot be saved to ')
    expect(await sent()).toStrictEqual([{ id: 'k', n: 2 }])
  })

  it('costs nothing of the queue when the editor fails', async () => {
    await park('k')
    await useEditor('process.exit(3)')
    const { code, stderr } = await edit()
    expect(code).toBe(1)
    expect(stderr).toMatch(/^[0-9a-f-]{36}: The editor '.+' failed \(3\)\.$/m)
    expect(await queues.depth(`dead${counter}`)).toStrictEqual({ visible: 1, inFlight: 0, delayed: 0 })
  })
})
