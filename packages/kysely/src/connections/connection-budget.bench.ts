import { type BenchTable, defineBench } from '@spillway/bench'
import { type BudgetDatabase, budgetMysql, budgetPostgres } from '../testing/budget-database.ts'
import type { Keeping } from '../testing/environments.ts'
import { type FleetReport, runFleet } from '../testing/fleet.ts'
import { insertInNewSessions } from '../testing/new-sessions.ts'
import { pgbouncer, startPgbouncer } from '../testing/pgbouncer.ts'

const budget = 16
/** Seconds until environments have connected and their code is compiled. They are not measured. */
const warmUp = 2
const seconds = 12
const deployAfter = 4

interface Case {
  /** Seconds that a batch takes in the server. The first case of each duration is the baseline of the others. */
  readonly insertSeconds: number
  readonly name: string
  readonly environments: number
  readonly connections: Keeping
  readonly idleSeconds: number
  readonly choose?: 'random' | 'recent'
  readonly isDeploy?: boolean
  /** Whether the documentation recommends it, and the goal applies to it. */
  readonly isRecommended?: boolean
  /** Whether the environments connect through PgBouncer, with as many sessions at the server as the budget has. */
  readonly isPooled?: boolean
  /** Whether clients in one process work instead of environments, and open a session for each batch. */
  readonly isRaw?: boolean
}

const kept = { connections: 'kept', idleSeconds: 10 } as const
const closed = { connections: 'closed', idleSeconds: 1 } as const
const recommended = { connections: 'adaptive', idleSeconds: 1, isRecommended: true } as const
const steady = { name: '16 environments', environments: 16 }
const deploy = { name: '16, replaced by a deploy', environments: 16, isDeploy: true }
const random = { name: '64, chosen at random', environments: 64 }
const recent = { name: '64, last used first', environments: 64, choose: 'recent' } as const

const cases: readonly Case[] = [
  { insertSeconds: 1, ...steady, ...kept },
  { insertSeconds: 1, ...steady, ...recommended },
  { insertSeconds: 1, ...deploy, ...kept },
  { insertSeconds: 1, ...deploy, ...kept, idleSeconds: 1 },
  { insertSeconds: 1, ...deploy, ...closed },
  { insertSeconds: 1, ...deploy, ...recommended },
  { insertSeconds: 1, ...random, ...kept },
  { insertSeconds: 1, ...random, ...kept, idleSeconds: 1 },
  { insertSeconds: 1, ...random, ...closed },
  { insertSeconds: 1, ...random, ...recommended },
  { insertSeconds: 1, ...recent, ...recommended },
  { insertSeconds: 0.15, ...steady, ...kept },
  {
    insertSeconds: 0.15,
    ...steady,
    name: 'none: raw `pg`, a session for each batch',
    ...closed,
    isRaw: true,
  },
  { insertSeconds: 0.15, ...deploy, ...recommended },
  { insertSeconds: 0.15, ...random, ...closed },
  { insertSeconds: 0.15, ...random, ...recommended },
  { insertSeconds: 0.15, ...recent, ...recommended },
  ...(pgbouncer === undefined ? [] : [steady, deploy, random]).map((fleet) => ({
    insertSeconds: 0.15,
    ...fleet,
    name: `${fleet.name}, behind PgBouncer`,
    ...kept,
    isPooled: true,
    isRecommended: true,
  })),
]

const goal = 0.8
const pooler = ` Behind PgBouncer (transaction mode) the budget is its \`default_pool_size\`.`

function tableOf(
  engine: string,
  cases: readonly Case[],
  start: () => Promise<BudgetDatabase | undefined>,
): BenchTable {
  return {
    name: `The connection budget on ${engine}`,
    about: `A budget of ${budget} connections, which the server itself holds, under ${budget} invocations at once for ${seconds} s, of which the first ${warmUp} do not count: each writes batches of 50 rows, whose insert takes 1 s or 0.15 s in the server without using its processor. Environments are processes that are frozen between invocations; an invocation has 10 s. In a deploy all environments are replaced after ${deployAfter} s and the old ones stay frozen. Connections are kept, closed at the end of each invocation, or kept while invocations follow one another within 100 ms (\`closeAfterInvocation\` with \`keepWithinMillis\`).${engine === 'Postgres' ? pooler : ''}`,
    packages: ['kysely', 'pg', 'mysql2'],
    head: [
      ...[
        'a batch takes',
        'environments',
        'connections',
        'idle sessions end after',
        'batches/s',
        'against the first',
      ],
      ...['p50', 'p99', 'slowest batch', 'longest pause', 'failed invocations', 'most sessions'],
    ],
    async measure(progress) {
      const database = await start()
      if (database === undefined) return { rows: [], verdicts: [`No ${engine} server was found.`] }
      try {
        const rows: string[][] = []
        const verdicts: string[] = []
        const bases = new Map<number, number>()
        const ceilings = new Map<number, number>()
        for (const one of cases) {
          const { idleSeconds, insertSeconds } = one
          await database.reset({ connections: budget, idleSeconds, insertSeconds })
          const report = await run(one, database)
          const found = figures(report)
          const base = bases.get(insertSeconds) ?? found.rate
          bases.set(insertSeconds, base)
          if (one.isRaw) ceilings.set(insertSeconds, found.rate)
          const ratio = found.rate / base
          rows.push(rowOf(one, found, ratio, report))
          progress(rows.at(-1)?.join(' | ') ?? '')
          if (one.isRecommended) verdicts.push(verdict(one, found.rate, base, ceilings.get(insertSeconds)))
        }
        if (pgbouncer === undefined && engine === 'Postgres')
          verdicts.push('PgBouncer is not installed: its cases are left out.')
        return { rows, verdicts }
      } finally {
        await database.stop()
      }
    },
  }
}

type Report = Pick<FleetReport, 'batches' | 'failed' | 'invocations' | 'mostSessions'>

async function run(one: Case, database: BudgetDatabase): Promise<Report> {
  const { functionsUrl } = database
  const load = { functionsUrl, sessions: await database.sessions(), budget, share: 1, seconds, ...one }
  if (one.isRaw) return insertInNewSessions(load)
  const program = one.isPooled ? pgbouncer : undefined
  const pooler = program === undefined ? undefined : await startPgbouncer(program, functionsUrl, budget)
  try {
    return await runFleet({
      ...load,
      ...(pooler && { functionsUrl: pooler.url }),
      ...(one.isDeploy && { deployAfter }),
    })
  } finally {
    await pooler?.stop()
  }
}

/** Whether a case reaches the goal; if not, the limit of the server when each batch needs its own session. */
function verdict(one: Case, rate: number, base: number, ceiling?: number): string {
  const subject = `${one.name}, batches of ${one.insertSeconds} s: at least ${goal} × the first of those`
  if (rate / base >= goal) return `Goal: ${subject}: met.`
  const limit =
    ceiling === undefined || one.environments <= budget
      ? ''
      : `; the limit here, raw \`pg\` with a session for each batch, is ${(ceiling / base).toFixed(2)} ×`
  return `Goal: ${subject}: not met: ${(rate / base).toFixed(2)} ×${limit}.`
}

interface Figures {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  readonly slowest: number
  readonly pause: number
}

function figures({ batches }: Report): Figures {
  const start = warmUp * 1_000
  const end = seconds * 1_000
  const counted = batches.filter(({ at }) => at > start)
  const at = counted.map((batch) => batch.at).filter((time) => time <= end)
  const took = counted.map((batch) => batch.took).sort((a, b) => a - b)
  const quantile = (part: number) => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0
  const pauses = [start, ...at].map((time, index) => (at[index] ?? end) - time)
  return {
    rate: at.length / (seconds - warmUp),
    p50: quantile(0.5),
    p99: quantile(0.99),
    slowest: took.at(-1) ?? 0,
    pause: Math.max(...pauses),
  }
}

function rowOf(one: Case, found: Figures, ratio: number, report: Report): string[] {
  const time = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(2)} s`
  return [
    `${one.insertSeconds} s`,
    one.name,
    one.connections,
    `${one.idleSeconds} s`,
    found.rate.toFixed(1),
    `${ratio.toFixed(2)} ×`,
    time(found.p50),
    time(found.p99),
    time(found.slowest),
    time(found.pause),
    `${report.failed} of ${report.invocations}`,
    String(report.mostSessions),
  ]
}

/** The default, and the recommended setting. */
const mariadbCases = cases.filter(
  ({ insertSeconds, connections, idleSeconds, choose }) =>
    insertSeconds === 1 &&
    choose === undefined &&
    (connections === 'adaptive' || (connections === 'kept' && idleSeconds === 10)),
)

export const bench = defineBench(
  tableOf('Postgres', cases, budgetPostgres),
  tableOf('MariaDB', mariadbCases, budgetMysql),
)
