/** Calls `run` for each item, in order, at most `concurrency` at a time. Rejects with the first rejection. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  concurrency: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]()
  async function work(first: Item): Promise<void> {
    await run(first)
    for (let next = left.next(); !next.done; next = left.next()) await run(next.value)
  }
  const workers: Promise<void>[] = []
  // No more workers than items: often there is one item.
  while (workers.length < concurrency) {
    const next = left.next()
    if (next.done) break
    workers.push(work(next.value))
  }
  await Promise.all(workers)
}
