/** A priority queue. */
export interface Heap<Item> {
  readonly size: number
  push(item: Item): void
  /** The first item; `undefined` when there is none. */
  peek(): Item | undefined
  pop(): Item | undefined
}

/** @param compare returns a negative number when the first argument comes first */
export function createHeap<Item>(compare: (one: Item, other: Item) => number): Heap<Item> {
  const items: Item[] = []
  const at = (index: number) => items[index] as Item

  function swap(one: number, other: number): void {
    const item = at(one)
    items[one] = at(other)
    items[other] = item
  }

  function sink(): void {
    let index = 0
    for (;;) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < items.length && compare(at(child), at(least)) < 0) least = child
      }
      if (least === index) return
      swap(index, least)
      index = least
    }
  }

  return {
    get size() {
      return items.length
    },
    push(item) {
      items.push(item)
      let index = items.length - 1
      while (index > 0) {
        const parent = (index - 1) >> 1
        if (compare(at(index), at(parent)) >= 0) return
        swap(index, parent)
        index = parent
      }
    },
    peek: () => items[0],
    pop() {
      const first = items[0]
      const last = items.pop()
      if (items.length > 0 && last !== undefined) {
        items[0] = last
        sink()
      }
      return first
    },
  }
}
