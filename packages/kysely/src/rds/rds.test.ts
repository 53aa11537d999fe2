import { Signer } from '@aws-sdk/rds-signer'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type PostgresPoolOptions, postgresPool } from '../index.ts'
import { rdsIamPassword, rdsTls } from '../rds.ts'
import { type Certificates, makeCertificates } from '../testing/certificates.ts'
import { startDatabase } from '../testing/database.ts'

const database = { hostname: 'db.abc.eu-west-1.rds.amazonaws.com', username: 'writer' }
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }
const optionInvalid = expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' })

function expectToken(token: string, port: number): void {
  expect(token).not.toContain('://')
  const url = new URL(`https://${token}`)
  expect(url.hostname).toBe(database.hostname)
  expect(url.port).toBe(String(port))
  const { 'X-Amz-Date': date, 'X-Amz-Signature': signature, ...rest } = Object.fromEntries(url.searchParams)
  expect(rest).toMatchObject({
    Action: 'connect',
    DBUser: 'writer',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `AKIAEXAMPLE/${date?.slice(0, 8)}/eu-west-1/rds-db/aws4_request`,
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
  })
  expect(signature).toMatch(/^[0-9a-f]{64}$/)
}

describe('rdsIamPassword', () => {
  it('returns a token for pg that is valid for 15 minutes', async () => {
    const signer = new Signer({ ...database, port: 5432, region: 'eu-west-1', credentials })
    expectToken(await rdsIamPassword({ ...database, signer })({ ssl: true }), 5432)
  })

  it('signs with the credentials of the environment by default', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey)
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    onTestFinished(() => void vi.unstubAllEnvs())
    expectToken(await rdsIamPassword(database)(), 5432)
    vi.stubEnv('AWS_REGION', 'us-east-1')
    expectToken(await rdsIamPassword({ ...database, port: 3306, region: 'eu-west-1' })(), 3306)
  })

  it('returns a token for mysql2 with a final zero byte', async () => {
    const signer = new Signer({ ...database, port: 3306, region: 'eu-west-1', credentials })
    const { authPlugins } = rdsIamPassword({ ...database, port: 3306, signer })
    const send = authPlugins.mysql_clear_password({ connection: { config: { ssl: rdsTlsOf('x') } } })
    const bytes = await send()
    expect(bytes.at(-1)).toBe(0)
    expectToken(bytes.subarray(0, -1).toString(), 3306)
  })

  it('never returns one for a connection without TLS', async () => {
    const getAuthToken = vi.fn(async () => 'token')
    const password = rdsIamPassword({ ...database, signer: { getAuthToken } })
    await expect(password({ ssl: false })).rejects.toEqual(optionInvalid)
    for (const connection of [{}, { config: {} }, { config: { ssl: false } }]) {
      await expect(password.authPlugins.mysql_clear_password({ connection })()).rejects.toEqual(optionInvalid)
    }
    expect(getAuthToken).not.toHaveBeenCalled()
  })

  it.each([{}, { ...database, port: 0 }, { ...database, host: 'x' }, { ...database, signer: {} }])(
    'refuses the options %o',
    (options) => {
      expect(() => rdsIamPassword(options as never)).toThrow(optionInvalid)
    },
  )
})

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`
const rdsTlsOf = (name: string) => rdsTls({ ca: pem(name) })

describe('rdsTls', () => {
  let certificates: Certificates
  let server: Awaited<ReturnType<typeof startDatabase>>
  beforeAll(async () => {
    certificates = await makeCertificates()
    server = await startDatabase({
      settings: {
        ssl: 'on',
        ssl_cert_file: certificates.certificateFile,
        ssl_key_file: certificates.keyFile,
        hba_file: certificates.accessFile,
      },
    })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await certificates[Symbol.asyncDispose]()
  })

  function open(ssl: object, more: Partial<PostgresPoolOptions<object>> = {}, host = '127.0.0.1') {
    const { port, pathname, username } = new URL(server.functionsUrl)
    const config = {
      host,
      port: Number(port),
      database: pathname.slice(1),
      user: username,
      password: 'app',
      ssl,
    }
    const pool = postgresPool({ Pool, ...more, config: { ...config, ...more.config } })
    onTestFinished(() => pool.end())
    return pool
  }

  it('connects to a server of the given authority, with a new token for each connection', async () => {
    let tokens = 0
    const signer = {
      async getAuthToken() {
        tokens += 1
        return 'app'
      },
    }
    const password = rdsIamPassword({ ...database, signer })
    const pool = open(rdsTls({ ca: certificates.ca }), { maxUses: 1, config: { password } })
    for (const turn of [1, 2, 3]) {
      const client = await pool.connect()
      const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()', [])
      expect(rows).toEqual([{ ssl: true }])
      client.release()
      expect(tokens).toBe(turn)
    }
    await expect.poll(() => pool.limit.open).toBe(0)
  })

  it('counts encrypted connections until they are closed', async () => {
    const pool = open(rdsTls({ ca: certificates.ca }))
    const client = await pool.connect()
    client.release()
    expect(pool.limit.open).toBe(1)
    await pool.closeUnused()
    expect(pool.limit.open).toBe(0)
  })

  it('refuses a server of another authority', async () => {
    await using others = await makeCertificates()
    await expect(open(rdsTls({ ca: others.ca })).connect()).rejects.toThrow(/certificate/)
  })

  it('refuses a server with another name', async () => {
    const pool = open(rdsTls({ ca: certificates.ca }), {}, 'localhost')
    await expect(pool.connect()).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  it('never omits the verification', () => {
    expect(rdsTlsOf('a')).toMatchObject({
      rejectUnauthorized: true,
      verifyIdentity: true,
      minVersion: 'TLSv1.2',
    })
    expect(rdsTls({ ca: [pem('a'), pem('b')] }).ca.slice(0, 2)).toEqual([pem('a'), pem('b')])
    for (const options of [{ rejectUnauthorized: false }, { ca: '' }, { ca: [] }, { ca: 'no certificate' }]) {
      expect(() => rdsTls(options as never)).toThrow(optionInvalid)
    }
  })

  it('reads the file that the environment names, and reports a missing one', async () => {
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv('NODE_EXTRA_CA_CERTS', certificates.certificateFile)
    expect(rdsTls().ca[0]).toContain('BEGIN CERTIFICATE')
    vi.stubEnv('NODE_EXTRA_CA_CERTS', `${certificates.certificateFile}.none`)
    expect(() => rdsTls()).toThrow(optionInvalid)
  })
})
