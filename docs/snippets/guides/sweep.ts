import { sweepInbox } from '@spillway/kysely'
import { db } from './database.ts'

/** A schedule of EventBridge invokes it once a day. */
export const handler = () => sweepInbox({ db })
