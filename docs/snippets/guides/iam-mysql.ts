import { mysqlPool } from '@spillway/kysely'
import { rdsIamPassword, rdsTls } from '@spillway/kysely/rds'
import { createPool } from 'mysql2'

const host = 'orders.abcdefghijkl.eu-west-1.rds.amazonaws.com'
const { authPlugins } = rdsIamPassword({ hostname: host, port: 3306, username: 'app' })

export const pool = mysqlPool({
  createPool,
  config: { host, user: 'app', database: 'orders', ssl: rdsTls(), authPlugins },
})
