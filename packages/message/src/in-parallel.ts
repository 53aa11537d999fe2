/** Runs something for each item, in order, at most `concurrency` at once. Rejects with the first that rejects. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  concurrency: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]()
  async function work(): Promise<void> {
    for (let next = left.next(); !next.done; next = left.next()) await run(next.value)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}
