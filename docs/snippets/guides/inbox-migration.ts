import { inboxMigration } from '@spillway/kysely'

export const { up, down } = inboxMigration()
