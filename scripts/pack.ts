// `npm run pack -- FOLDER` packs the packages for `npm publish FOLDER/NAME.tgz`.
import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { publishedManifest, publishedReadme, repositoryAddress } from './published-form.ts'
import { type Manifest, manifestIn, packageNames, root } from './workspace.ts'

const run = promisify(execFile)

/** A packed package, ready to be published. */
export interface PackedPackage {
  readonly name: string
  readonly folder: string
  readonly tarball: string
}

/** Builds all packages, and packs them into a folder. */
export async function packAll(destination: string): Promise<readonly PackedPackage[]> {
  await mkdir(destination, { recursive: true })
  await build()
  // pnpm, because it fills in `workspace:` and `catalog:` versions and `publishConfig`.
  const filters = packageNames.flatMap((folder) => ['--filter', `./packages/${folder}`])
  const pack = ['-r', ...filters, 'pack', '--pack-destination', destination]
  await run('npx', ['--yes', String(manifestIn().packageManager), ...pack], { cwd: root })
  const address = repositoryAddress()
  return Promise.all(
    packageNames.map(async (folder) => {
      const { name, version } = manifestIn('packages', folder)
      const tarball = join(destination, `${folder}.tgz`)
      await rename(join(destination, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`), tarball)
      await finish(tarball, folder, address)
      return { name, folder: join(root, 'packages', folder), tarball }
    }),
  )
}

/**
 * Builds all packages, unless CI has built them and set `SPILLWAY_BUILT`. Two test files of a run pack the packages at
 * the same time. The second waits for the build of the first, because a build first deletes the previous one.
 */
async function build(): Promise<void> {
  if (process.env.SPILLWAY_BUILT !== undefined) return
  // The workers of a run have the same parent.
  const folder = join(tmpdir(), `spillway-build-${process.ppid}`)
  const isFirst = await mkdir(folder).then(
    () => true,
    () => false,
  )
  if (!isFirst) {
    while (existsSync(folder) && !existsSync(join(folder, 'built'))) await sleep(100)
    return
  }
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  try {
    await run(process.execPath, [join(root, 'scripts', 'build.ts')])
    await writeFile(join(folder, 'built'), '')
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Adds the fields and links that depend on the address of the repository to a packed package. */
async function finish(tarball: string, folder: string, address: string | undefined): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'spillway-pack-'))
  try {
    await run('tar', ['-xzf', tarball, '-C', temporary])
    const at = (file: string) => join(temporary, 'package', file)
    const manifest = JSON.parse(await readFile(at('package.json'), 'utf8')) as Manifest
    await writeFile(
      at('package.json'),
      `${JSON.stringify(publishedManifest(manifest, folder, address), undefined, 2)}\n`,
    )
    for (const file of ['README.md', 'CHANGELOG.md'].filter((file) => existsSync(at(file)))) {
      await writeFile(at(file), publishedReadme(await readFile(at(file), 'utf8'), folder, address))
    }
    await run('tar', ['-czf', tarball, '-C', temporary, 'package'])
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [destination] = process.argv.slice(2)
  if (destination === undefined) {
    console.error('usage: npm run pack -- FOLDER')
    process.exit(2)
  }
  for (const { name, tarball } of await packAll(resolve(destination))) console.log(`${name} ${tarball}`)
}
