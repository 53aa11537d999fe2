/** A list whose items are added at the end and taken from the front. */
export interface FifoList<Item> {
  push(item: Item): void
  /** The first item; `undefined` when there is none. */
  first(): Item | undefined
  shift(): Item | undefined
}

/** Creates a list that is fast at both ends, unlike an array. */
export function createFifoList<Item>(): FifoList<Item> {
  let items: Item[] = []
  let head = 0
  return {
    push: (item) => void items.push(item),
    first: () => items[head],
    shift() {
      const item = items[head]
      if (item === undefined) return undefined
      head += 1
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
  }
}
