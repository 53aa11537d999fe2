import { expect, it } from 'vitest'
import { logLinesIn } from './log-lines.ts'

it('reads the lines of a source: level, text and fields, those that are spread too', () => {
  const source = `
    const fields = { name, ...(key !== undefined && { key }) }
    logger.warn(\`\${count} parked: \${code}\`, { ...fields, ...more(outcome), error: toError(cause) })
    const line = 'a text'
    queue.logger.error(line)
    options.consoleLogger.info(sentence, { id: 1 })
    console.warn('not a logger')
    logger.flush('no level')
    function more({ cause }) {
      return { detail, ...(cause !== undefined ? { error: cause } : {}) }
    }
  `
  expect(logLinesIn(source)).toStrictEqual([
    { level: 'warn', message: '… parked: …', fields: ['name', 'key', 'detail', 'error'] },
    { level: 'error', message: 'a text', fields: [] },
    { level: 'info', message: undefined, fields: ['id'] },
  ])
})
