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
    text: 'Reference',
    items: [
      { text: 'Which errors park a message', link: '/kysely' },
      { text: 'Errors', link: '/errors' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
  },
]
