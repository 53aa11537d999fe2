/** Creates an error of node-postgres. */
export function serverError(code: string | undefined, message: string, fatal = false): Error {
  const fields = code === undefined ? {} : { code, severity: fatal ? 'FATAL' : 'ERROR' }
  return Object.assign(new Error(message), fields)
}

/** The error of a client whose connection the network has ended, or could not open. */
export function networkError(syscall: 'read' | 'connect', code: 'ECONNRESET' | 'ECONNREFUSED'): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code })
}

/** The error of a statement that has exceeded the `statement_timeout`. */
export function statementTimeout(): Error {
  return serverError('57014', 'canceling statement due to statement timeout')
}
