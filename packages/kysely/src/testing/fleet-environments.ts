import { bundleEnvironment, startTestEnvironment, type TestEnvironment } from './environments.ts'

/** Running environments, each frozen between its invocations. */
export interface Fleet extends AsyncDisposable {
  readonly all: Set<TestEnvironment>
  /** Starts more environments, a few at a time. */
  launch(count: number): Promise<TestEnvironment[]>
  /** Kills an environment, and resolves when its process has ended. */
  end(environment: TestEnvironment): Promise<void>
}

/** Starts environments with a share of this many connections each. */
export async function startFleet(
  { functionsUrl, share }: { readonly functionsUrl: string; readonly share: number },
  environments: number,
): Promise<Fleet> {
  const bundle = await bundleEnvironment()
  const all = new Set<TestEnvironment>()
  async function launch(count: number): Promise<TestEnvironment[]> {
    const launched: TestEnvironment[] = []
    let left = count
    const launchSome = async () => {
      while (left-- > 0) {
        const environment = await startTestEnvironment(bundle.file, functionsUrl, share)
        all.add(environment)
        launched.push(environment)
      }
    }
    await Promise.all(Array.from({ length: Math.min(6, count) }, launchSome))
    return launched
  }
  async function end(environment: TestEnvironment): Promise<void> {
    environment.kill()
    await environment.gone
    all.delete(environment)
  }
  const fleet: Fleet = {
    all,
    launch,
    end,
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map(end))
      await bundle[Symbol.asyncDispose]()
    },
  }
  try {
    await launch(environments)
    return fleet
  } catch (error) {
    await fleet[Symbol.asyncDispose]()
    throw error
  }
}

/** The environments of a fleet that are free. */
export interface FreeEnvironments {
  /** Makes these environments free. Other environments are not used again after their invocation. */
  deploy(environments: readonly TestEnvironment[]): void
  /** Takes an environment; `undefined` if none is free. */
  take(): TestEnvironment | undefined
  giveBack(environment: TestEnvironment): void
  /** Kills an environment. Its replacement is free when it has started. */
  replace(environment: TestEnvironment): Promise<void>
  /** Resolves when all replacements have started. */
  replaced(): Promise<void>
}

/**
 * Creates the free environments of a fleet, at first all of them.
 *
 * @param choose chooses a free environment: a random one, or the one that was used last
 */
export function createFreeEnvironments(fleet: Fleet, choose: 'random' | 'recent'): FreeEnvironments {
  let free = [...fleet.all]
  let retired = new Set<TestEnvironment>()
  const restarts: Promise<void>[] = []
  return {
    deploy(environments) {
      retired = new Set(fleet.all)
      for (const environment of environments) retired.delete(environment)
      free = [...environments]
    },
    take: () =>
      choose === 'recent' ? free.pop() : free.splice(Math.floor(Math.random() * free.length), 1)[0],
    giveBack(environment) {
      if (!retired.has(environment)) free.push(environment)
    },
    async replace(environment) {
      await fleet.end(environment)
      restarts.push(fleet.launch(1).then((another) => void free.push(...another)))
    },
    replaced: async () => void (await Promise.all(restarts)),
  }
}
