import { SpillwayError } from '@spillway/message'
import type { QueryExecutor, Transaction } from 'kysely'
import type { StatementLog } from './statement-log.ts'
import { type StatementWatch, watchStatements } from './statement-watch.ts'

/**
 * Watches the statements of a transaction, including those of builders, `sql`, streams, and plugins that are added
 * later. Statements of the original `trx` are not watched.
 *
 * @param isOver whether the time of the transaction is over
 */
export function watchTransaction<DB>(
  trx: Transaction<DB>,
  log: StatementLog,
  isOver: () => boolean,
): {
  readonly trx: Transaction<DB>
  readonly watch: StatementWatch
} {
  const watch = watchStatements(isOver)
  const executor = trx.getExecutor()
  const watched = watchExecutor(onlyWhileOpen(executor, watch), watch, log)
  const watchedTrx = withExecutor(trx, watched)
  if (watchedTrx.getExecutor() !== watched) {
    throw new SpillwayError(
      'SPILLWAY_WRITE_FAILED',
      'kyselyTransaction cannot watch the statements of a transaction of this version of kysely: use the version that Spillway is tested with.',
    )
  }
  return { trx: watchedTrx, watch }
}

/** Statements that are waiting for the connection when the function ends do not get it. */
function onlyWhileOpen(executor: QueryExecutor, watch: StatementWatch): QueryExecutor {
  return executor.withConnectionProvider({
    provideConnection: (consumer, options) =>
      executor.provideConnection(async (connection) => {
        if (!watch.isOpen) throw new Error('the transaction function has ended')
        return consumer(connection)
      }, options),
  })
}

/** A transaction with another executor. Kysely creates such a transaction when a plugin is added. */
function withExecutor<DB>(trx: Transaction<DB>, executor: QueryExecutor): Transaction<DB> {
  const own = trx.getExecutor()
  // No other transaction has this executor.
  Object.defineProperty(own, 'withPlugin', { value: () => executor, configurable: true })
  try {
    return trx.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => result,
    })
  } finally {
    Reflect.deleteProperty(own, 'withPlugin')
  }
}

function watchExecutor(executor: QueryExecutor, watch: StatementWatch, log: StatementLog): QueryExecutor {
  const derived = (other: QueryExecutor) => watchExecutor(other, watch, log)
  return {
    get adapter() {
      return executor.adapter
    },
    get plugins() {
      return executor.plugins
    },
    transformQuery: (node, id) => executor.transformQuery(node, id),
    compileQuery: (node, id) => executor.compileQuery(node, id),
    provideConnection: (consumer, options) => watch.run(() => executor.provideConnection(consumer, options)),
    executeQuery: (query, options) =>
      watch.run(() => log.run(query, async () => executor.executeQuery(query, options))),
    stream(query, chunkSize, options) {
      log.add(query)
      return watch.stream(() => executor.stream(query, chunkSize, options))
    },
    withConnectionProvider: (provider) => derived(executor.withConnectionProvider(provider)),
    withPlugin: (plugin) => derived(executor.withPlugin(plugin)),
    withPlugins: (plugins) => derived(executor.withPlugins(plugins)),
    withPluginAtFront: (plugin) => derived(executor.withPluginAtFront(plugin)),
    withoutPlugins: () => derived(executor.withoutPlugins()),
  }
}
