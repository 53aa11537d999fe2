/** The kinds of servers, with the parameter group of RDS that sets `max_connections`. */
export const engines = {
  postgres: { label: 'PostgreSQL on RDS', engine: 'postgres' },
  'aurora-postgres': { label: 'Aurora PostgreSQL', engine: 'postgres' },
  mysql: { label: 'MySQL or MariaDB on RDS', engine: 'mysql' },
  'aurora-mysql': { label: 'Aurora MySQL', engine: 'mysql' },
} as const

/** A kind of server. */
export type EngineName = keyof typeof engines

/** An instance class of RDS. */
export interface InstanceClass {
  readonly name: string
  readonly vcpu: number
  /** GiB. */
  readonly memory: number
}

/** Source: Amazon RDS User Guide, "Hardware specifications for DB instance classes". */
export const instanceClasses: readonly InstanceClass[] = [
  { name: 'db.t4g.micro', vcpu: 2, memory: 1 },
  { name: 'db.t4g.small', vcpu: 2, memory: 2 },
  { name: 'db.t4g.medium', vcpu: 2, memory: 4 },
  { name: 'db.t4g.large', vcpu: 2, memory: 8 },
  { name: 'db.m7g.large', vcpu: 2, memory: 8 },
  { name: 'db.m7g.xlarge', vcpu: 4, memory: 16 },
  { name: 'db.m7g.2xlarge', vcpu: 8, memory: 32 },
  { name: 'db.m7g.4xlarge', vcpu: 16, memory: 64 },
  { name: 'db.r7g.large', vcpu: 2, memory: 16 },
  { name: 'db.r7g.xlarge', vcpu: 4, memory: 32 },
  { name: 'db.r7g.2xlarge', vcpu: 8, memory: 64 },
  { name: 'db.r7g.4xlarge', vcpu: 16, memory: 128 },
]

const bytesOfGiB = 2 ** 30

/** The formulas of RDS. `bytes` is what they call `DBInstanceClassMemory`. */
const formulas: Readonly<Record<EngineName, (bytes: number) => number>> = {
  postgres: (bytes) => Math.min(bytes / 9_531_392, 5000),
  'aurora-postgres': (bytes) => Math.min(bytes / 9_531_392, 5000),
  mysql: (bytes) => bytes / 12_582_880,
  'aurora-mysql': (bytes) =>
    Math.max(Math.log2(bytes / 805_306_368) * 45, Math.log2(bytes / 8_187_281_408) * 1000),
}

/**
 * The default `max_connections` of an instance class, computed from its whole memory. The server has a little less,
 * because RDS subtracts the memory of the operating system: `show max_connections` says how many there are.
 *
 * Source: Amazon RDS User Guide, "Quotas and constraints for Amazon RDS"; Amazon Aurora User Guide, "Maximum connections
 * to an Aurora MySQL DB instance".
 */
export function defaultMaxConnections(engine: EngineName, { memory }: InstanceClass): number {
  return Math.floor(formulas[engine](memory * bytesOfGiB))
}
