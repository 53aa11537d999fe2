// An npm registry with the packed packages. It redirects requests for other packages to the registry of the user.
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { PackedPackage } from './pack.ts'

const run = promisify(execFile)

/** A running registry, on 127.0.0.1. */
export interface Registry {
  readonly url: string
  stop(): Promise<void>
}

/** Starts a registry with some packed packages. */
export async function startRegistry(packed: readonly PackedPackage[]): Promise<Registry> {
  const { stdout } = await run('npm', ['config', 'get', 'registry'])
  const upstream = stdout.trim().replace(/\/$/, '')
  const entries = packed.map(async (one) => [one.name, { ...one, manifest: await manifestOf(one) }] as const)
  const manifests = new Map(await Promise.all(entries))

  function answer(address: string, response: ServerResponse): void {
    const path = decodeURIComponent(address)
    const [, tarballOf] = /^\/tarballs\/(.+)\.tgz$/.exec(path) ?? []
    const found = manifests.get(tarballOf ?? path.slice(1))
    if (found === undefined) {
      response.writeHead(302, { location: `${upstream}${address}` })
      response.end()
    } else if (tarballOf !== undefined) createReadStream(found.tarball).pipe(response)
    else {
      const { name, version } = found.manifest
      const dist = { tarball: `${url}/tarballs/${name}.tgz` }
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          name,
          'dist-tags': { latest: version },
          versions: { [version]: { ...found.manifest, dist } },
        }),
      )
    }
  }

  const server = createServer(({ url: address = '/' }, response) => answer(address, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function manifestOf({ tarball }: PackedPackage): Promise<{ name: string; version: string }> {
  const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json'])
  return JSON.parse(stdout)
}
