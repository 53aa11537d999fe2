import { join } from 'node:path'
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate'
import { expect, it, onTestFinished } from 'vitest'
import { root } from './workspace.ts'

// This is a soak test because the rules of CloudFormation take ten seconds to load.

it('the templates of the examples are valid for CloudFormation', () => {
  const engine = new RegoEngine()
  onTestFinished(() => engine.free())
  for (const name of ['orders', 'ledger', 'telemetry']) {
    const file = new TemplateFile(join(root, 'examples', name, 'template.yaml'))
    // W2509: the ARN of a secret is not itself a secret.
    const { diagnostics } = engine.validateStandard(file, {
      severityLevel: 'WARN',
      exclude: { ids: ['W2509'] },
    })
    expect(diagnostics.map(({ ruleId, message }) => `${name}: ${ruleId} ${message}`)).toStrictEqual([])
  }
})
