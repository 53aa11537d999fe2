import { postgresPool } from '@spillway/kysely'
import { rdsIamPassword, rdsTls } from '@spillway/kysely/rds'
import { Pool } from 'pg'

const host = 'orders.abcdefghijkl.eu-west-1.rds.amazonaws.com'

export const pool = postgresPool({
  Pool,
  config: {
    host,
    user: 'app',
    database: 'orders',
    ssl: rdsTls(),
    password: rdsIamPassword({ hostname: host, username: 'app' }),
  },
})
