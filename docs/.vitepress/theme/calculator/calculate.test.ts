import { describe, expect, it } from 'vitest'
import { calculate, type Inputs, initialInputs } from './calculate.ts'
import { fromQuery, toQuery } from './inputs-url.ts'
import { defaultMaxConnections, type EngineName, instanceClasses } from './instance-classes.ts'
import { tryApp } from './try-app.ts'

const given = (inputs: Partial<Inputs>): Inputs => ({ ...initialInputs, ...inputs })

describe('max_connections', () => {
  it.each<[EngineName, number, number]>([
    ['postgres', 1, 112],
    ['postgres', 8, 901],
    ['postgres', 64, 5000],
    ['aurora-postgres', 16, 1802],
    ['mysql', 2, 170],
    ['mysql', 64, 5461],
    ['aurora-mysql', 2, 63],
    ['aurora-mysql', 16, 1069],
  ])('of %s with %i GiB is %i', (engine, memory, expected) => {
    expect(defaultMaxConnections(engine, { name: 'x', vcpu: 2, memory })).toBe(expected)
  })

  it('has classes of different names', () => {
    expect(new Set(instanceClasses.map(({ name }) => name)).size).toBe(instanceClasses.length)
  })

  it('is what the server says, where it is entered', () => {
    expect(calculate(given({ maxConnections: 100 }))).toMatchObject({ maxConnections: 100, budget: 85 })
  })
})

describe('the calculator', () => {
  it('says nothing against what fits, and how far it fits', () => {
    expect(calculate(given({ maxConnections: 100 }))).toStrictEqual({
      maxConnections: 100,
      budget: 85,
      wanted: 20,
      problems: [],
      mostEnvironments: 42,
      fault: undefined,
    })
  })

  it('has the words of the planner for what does not fit', () => {
    expect(calculate(given({ maxConnections: 100, environments: 50, share: 2 })).problems).toStrictEqual([
      {
        id: 'E9',
        message:
          'the functions may open 100 database connections (write 50 × 2 = 100), but the budget is 85.',
      },
    ])
  })

  it('warns of a deploy, unless the server holds the budget', () => {
    const inputs = given({ maxConnections: 100, environments: 60 })
    expect(calculate(inputs).problems.map(({ id }) => id)).toStrictEqual(['W23'])
    expect(calculate({ ...inputs, connectionLimit: true })).toMatchObject({
      problems: [],
      mostEnvironments: 85,
    })
  })

  it('counts environments that HTTP invokes by their reserved concurrency', () => {
    expect(calculate(given({ maxConnections: 100, trigger: 'http', environments: 1 }))).toMatchObject({
      wanted: 1,
      problems: [],
      mostEnvironments: 42,
    })
  })

  it('says when nothing fits', () => {
    expect(calculate(given({ maxConnections: 20, share: 10 }))).toMatchObject({
      budget: 5,
      wanted: 200,
      mostEnvironments: undefined,
    })
    expect(calculate(given({ maxConnections: 15 }))).toMatchObject({ budget: 0, mostEnvironments: undefined })
  })

  it('shows the budget although too few connections are reserved', () => {
    const { budget, problems } = calculate(given({ maxConnections: 100, reserved: 1 }))
    expect({ budget, ids: problems.map(({ id }) => id) }).toStrictEqual({ budget: 99, ids: ['E9'] })
  })

  it('answers an input that is out of range with what it has to be', () => {
    expect(calculate(given({ environments: 1 }))).toMatchObject({
      budget: undefined,
      problems: [],
      fault: 'functions.write: the option `maximumConcurrency` must be an integer from 2 to 1000.',
    })
  })
})

describe('the address', () => {
  it('has what differs from the initial inputs, and gives it back', () => {
    expect(toQuery(initialInputs)).toBe('')
    const inputs = given({
      engine: 'aurora-mysql',
      maxConnections: 90,
      environments: 7,
      connectionLimit: true,
    })
    expect(toQuery(inputs)).toBe('engine=aurora-mysql&maxConnections=90&environments=7&connectionLimit=true')
    expect(fromQuery(toQuery(inputs))).toStrictEqual(inputs)
    expect(fromQuery('')).toStrictEqual(initialInputs)
  })

  it('may hold anything', () => {
    expect(
      fromQuery(
        'engine=oracle&instance=x&maxConnections=-1&reserved=1e3&trigger=&environments=NaN&share=99999999',
      ),
    ).toStrictEqual(initialInputs)
  })
})

it('throws what is no problem of the numbers', () => {
  expect(() => tryApp({ name: '', functions: {} })).toThrow('defineApp: the option `name` must be')
})
