declare module 'dynalite' {
  import type { Server } from 'node:http'

  /** DynamoDB's protocol over HTTP, with tables in memory. */
  export default function dynalite(options?: { readonly createTableMs?: number }): Server
}
