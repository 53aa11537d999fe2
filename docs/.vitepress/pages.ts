/** A page of the site: where it is, and what the sidebar calls it. */
export interface Page {
  readonly text: string
  readonly link: string
}

/** The pages by their sections, in reading order. A test holds that none is missing. */
export const sections: readonly { readonly text: string; readonly items: readonly Page[] }[] = [
  {
    text: 'Guides',
    items: [
      { text: 'Accepting writes', link: '/ingest' },
      { text: 'Writing in batches', link: '/batch' },
      { text: 'An existing queue', link: '/existing-queue' },
      { text: 'Streams', link: '/kinesis' },
      { text: 'Adopting step by step', link: '/adopting' },
      { text: 'Without Kysely', link: '/without-kysely' },
      { text: 'Parked messages and redrive', link: '/redrive' },
      { text: 'The connection budget', link: '/budget' },
      { text: 'The breaker', link: '/breaker' },
      { text: 'The local runtime', link: '/local' },
      { text: 'Testing your handlers', link: '/testing' },
      { text: 'Bundling', link: '/bundling' },
      { text: 'Deploying', link: '/deploying' },
    ],
  },
  {
    text: 'Runbooks',
    items: [
      { text: 'The dead-letter queue fills', link: '/runbooks/dead-letter-queue-fills' },
      { text: 'The database is down', link: '/runbooks/database-is-down' },
      { text: 'The queue grows', link: '/runbooks/queue-grows' },
      { text: 'Connections are exhausted', link: '/runbooks/connections-exhausted' },
      { text: 'A shard stands still', link: '/runbooks/shard-stands-still' },
      { text: 'A deploy went wrong', link: '/runbooks/deploy-went-wrong' },
    ],
  },
  {
    text: 'Reference',
    items: [
      { text: 'Which errors park a message', link: '/kysely' },
      { text: 'Errors', link: '/errors' },
      { text: 'Glossary', link: '/glossary' },
      { text: 'Comparison', link: '/comparison' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
  },
]
