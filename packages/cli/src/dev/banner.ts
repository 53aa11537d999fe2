import type { Local } from '@spillway/local'

/** The addresses of a running app, and an example request. */
export function banner(local: Local): string {
  const rows: [string, string][] = [
    ['API', routes(local)],
    ['Control', `${local.control.url}/api/state`],
  ]
  if (local.database !== undefined) rows.push(['Postgres', local.database.url])
  const lines = rows.map(([name, value]) => `  ${name.padEnd(10)}${value}`)
  return `\n${lines.join('\n')}\n${local.app.example === undefined ? '' : `\n${curl(local, local.app.example)}\n`}\n`
}

function routes({ app, url }: Local): string {
  const all = app.functions.flatMap((fn) => fn.routes).map(({ method, path }) => `${method} ${url}${path}`)
  return all.join(`\n${' '.repeat(12)}`) || url
}

function curl({ url }: Local, example: NonNullable<Local['app']['example']>): string {
  const body = JSON.stringify(example.body).replaceAll("'", String.raw`'\''`)
  return `  curl -i ${url}${example.path} -H 'content-type: application/json' \\\n    -d '${body}'`
}
