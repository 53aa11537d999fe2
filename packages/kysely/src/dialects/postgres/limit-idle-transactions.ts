import type { QueryClient } from './pg-client.ts'

const setting = 'idle_in_transaction_session_timeout'

/** The statements with which Kysely and users open a transaction. */
const begin =
  /^\s*(?:begin(?:\s+(?:work|transaction))?|start\s+transaction)(?:[\s,]+(?:isolation\s+level\s+(?:serializable|repeatable\s+read|read\s+(?:un)?committed)|read\s+(?:only|write)|(?:not\s+)?deferrable))*\s*(?=;?\s*$)/i

/**
 * Makes the server end each transaction of a client that waits longer than this many milliseconds for its next
 * statement (SQLSTATE 25P03). The transaction of a frozen environment then keeps neither its locks nor its connection.
 *
 * The limit is sent in one message with BEGIN and ends with the transaction (`set local`), because poolers in
 * transaction mode give a session to other clients. A limit that the session already has, for example from its role,
 * stays: before the first transaction of a pool the server is asked for it, which costs one round trip.
 *
 * @returns a function that does this for a client; use one for each pool, because the sessions of a pool are configured
 * alike
 */
export function idleTransactionLimit(milliseconds: number): (client: QueryClient) => void {
  let isOff: boolean | undefined

  return function limitIdleTransactions(client) {
    const query = client.query.bind(client)

    async function open(text: string): Promise<unknown> {
      isOff ??= await readIsOff()
      if (!isOff) return query(text)
      // Neither `show` nor `set` takes a snapshot: the isolation level may still be set afterwards.
      const answers = await query(`${text}; set local ${setting} = ${milliseconds}`)
      return Array.isArray(answers) ? answers[0] : answers
    }

    async function readIsOff(): Promise<boolean> {
      const { rows } = (await query(`show ${setting}`)) as { readonly rows: readonly object[] }
      return Reflect.get(Object(rows[0]), setting) === '0'
    }

    client.query = (...parameters) => {
      const [text, values, ...others] = parameters
      const isPlain = values === undefined || (Array.isArray(values) && values.length === 0)
      const found = typeof text === 'string' && isPlain && others.length === 0 ? begin.exec(text) : null
      return found === null ? query(...parameters) : open(found[0])
    }
  }
}
