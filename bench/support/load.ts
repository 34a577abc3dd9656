import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../src/paths.js'
import type { Scope } from './scope.js'

export interface LoadPlan {
  port: number
  path: string
  /** Messages, one a line: JSON with six digits behind the second of `sent_at`, or InfluxDB's line protocol in nanoseconds. */
  file: string
  format: 'json' | 'lines'
  /** Lines of the file to use at most. */
  limit: number
  perRequest: number
  connections: number
  /** Latencies of so many requests are kept. */
  maxLatencies: number
}

export interface LoadRun {
  /** Number that goes into the times of the first pass over the file: must be new to the database. */
  firstPass: number
  /** Passes are repeated this long; undefined: one pass. */
  seconds?: number
}

export interface LoadResult {
  /** Messages that were answered with 200 or 204. */
  messages: number
  stored: number
  seconds: number
  /** Other answers by status. */
  failures: Record<number, number>
  latenciesMs: number[]
  passes: number
}

export interface Load {
  run (run: LoadRun): Promise<LoadResult>
}

/** Starts a load generator and has it make its requests. */
export async function startLoad (scope: Scope, plan: Partial<LoadPlan> & Pick<LoadPlan, 'port' | 'file' | 'perRequest' | 'connections'>): Promise<Load> {
  const child = fork(join(packageRoot, 'dist/bench/support/load-process.js'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  scope.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  await ask(child, { plan: { path: '/ingest', format: 'json', limit: 1_000_000, maxLatencies: 500_000, ...plan } satisfies LoadPlan })
  return {
    async run (run) {
      const { result } = await ask(child, { run })
      if (!result) throw new Error('the load generator gave no result')
      return result
    },
  }
}

async function ask (child: ChildProcess, question: { plan: LoadPlan } | { run: LoadRun }): Promise<{ result?: LoadResult }> {
  const gone = new AbortController()
  const onExit = (): void => gone.abort(new Error('the load generator ended'))
  child.once('exit', onExit)
  try {
    child.send(question)
    const [answer] = await once(child, 'message', { signal: gone.signal }) as [{ result?: LoadResult, error?: string }]
    if (answer.error !== undefined) throw new Error(`load generator: ${answer.error}`)
    return answer
  } finally {
    child.off('exit', onExit)
  }
}
