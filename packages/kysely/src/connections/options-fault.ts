import { SpillwayError, toError } from '@spillway/message'

// Node's codes for invalid options: a URL, a port, a version of TLS, the text of a certificate or key. Codes that
// begin with ERR_TLS_CERT_ are about the certificate of the server.
const codes = /^ERR_(?:INVALID_(?:URL|ARG)|SOCKET_BAD_PORT|TLS_(?!CERT_)|SSL_|OSSL_|CRYPTO_)/
const fileCodes: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM'])
// Messages of errors that `pg`, `pg-connection-string` and `mysql2` throw without a code.
const messages =
  /^(?:The server does not support SSL connections|Server does not support secure connection|Invalid (?:sslnegotiation|port)\b|sslnegotiation=direct requires|SECURITY WARNING: |SASL: .*client password must be|Unknown SSL profile|Both useLibpqCompat)/

/**
 * The error for a connection that cannot be opened because of the options of its pool, regardless of the state of the
 * database: a missing file, an invalid port. `undefined` for any other error.
 *
 * Only for errors thrown while connecting: elsewhere the same codes come from the app.
 */
export function optionsFault(owner: string, thrown: unknown): SpillwayError | undefined {
  if (!isOfOptions(thrown)) return undefined
  const cause = toError(thrown)
  // Node's error for an invalid URL contains the URL, and with it the password.
  for (const name of ['input', 'base']) Reflect.deleteProperty(cause, name)
  return new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `${owner}: its options do not allow a connection (${cause.message}): correct the connection string, the port, the files and settings of TLS or the password.`,
    { cause },
  )
}

function isOfOptions(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false
  if (thrown instanceof URIError) return true
  const { code, syscall, message } = thrown as Readonly<Record<string, unknown>>
  if (fileCodes.has(code)) return syscall === 'open' || syscall === 'read'
  return (typeof code === 'string' && codes.test(code)) || messages.test(String(message))
}
