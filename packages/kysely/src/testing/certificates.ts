import { execFile } from 'node:child_process'
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A server's key and certificate in files, and the authority that signed it. */
export interface Certificates extends AsyncDisposable {
  readonly ca: string
  readonly certificateFile: string
  readonly keyFile: string
  /** A `pg_hba.conf` that requires a password from the functions, unlike the other tests. */
  readonly accessFile: string
}

/** Creates an authority and a certificate for a server at 127.0.0.1, which a Postgres of the tests may read. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-certificates-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl(
    ...['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem'],
    ...['-subj', '/CN=Test CA', '-days', '2'],
  )
  await openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server')
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1')
  await openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'server.pem', '-days', '2', '-extfile', 'names'],
  )
  await writeFile(
    at('hba.conf'),
    ['postgres scram-sha-256', 'app scram-sha-256', 'all trust']
      .map((line) => `host all ${line.replace(' ', ' 127.0.0.1/32 ')}\n`)
      .join(''),
  )
  await chmod(folder, 0o755)
  await chmod(at('server.key'), 0o600)
  // Postgres runs as `nobody` when the tests run as root.
  if (process.getuid?.() === 0) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'nobody'])))
    await chown(at('server.key'), Number(uid?.stdout), Number(gid?.stdout))
  }
  return {
    ca: await readFile(at('ca.pem'), 'utf8'),
    certificateFile: at('server.pem'),
    keyFile: at('server.key'),
    accessFile: at('hba.conf'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
