import { connectionBudgetMigration } from '@spillway/kysely'

export const { up, down } = connectionBudgetMigration({ role: 'app', connections: 16 })
