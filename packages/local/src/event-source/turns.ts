/** Lets one caller work at a time, in the order of their calls. */
export type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>

/** Makes turns. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
