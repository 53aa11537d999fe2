import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root } from './workspace.ts'

/** Runs `boot.mjs --install` in an empty workspace and returns the command that it passed to `npx`. */
function bootInstall(environment: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-boot-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['scripts', 'packages', 'examples', 'node_modules', 'bin']) mkdirSync(join(folder, name))
  copyFileSync(join(root, 'scripts', 'boot.mjs'), join(folder, 'scripts', 'boot.mjs'))
  writeFileSync(join(folder, 'package.json'), '{ "packageManager": "pnpm@1.2.3" }')
  const calls = join(folder, 'calls')
  writeFileSync(calls, '')
  writeFileSync(join(folder, 'bin', 'npx'), `#!/bin/sh\necho "$@" >>'${calls}'\n`, { mode: 0o755 })
  const { status, stdout } = spawnSync(process.execPath, ['scripts/boot.mjs', '--install'], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, ...environment },
  })
  expect({ status, stdout }).toStrictEqual({ status: 0, stdout: '' })
  return readFileSync(calls, 'utf8')
}

const installed = '--yes pnpm@1.2.3 install --frozen-lockfile --reporter=append-only\n'

it.each<[string, Record<string, string>]>([
  ['by hand', {}],
  ['by hand, in a shell that pnpm started', { npm_config_user_agent: 'pnpm/12.21.0 npm/? node/v24.21.0' }],
  [
    'by npm install',
    { npm_lifecycle_event: 'postinstall', npm_config_user_agent: 'npm/11.0.0 node/v24.21.0' },
  ],
])('boot --install installs when run %s', (_, environment) => {
  expect(bootInstall(environment)).toBe(installed)
})

it('boot --install does nothing when run by pnpm install', () => {
  const environment = { npm_lifecycle_event: 'postinstall', npm_config_user_agent: 'pnpm/12.21.0 npm/?' }
  expect(bootInstall(environment)).toBe('')
})
