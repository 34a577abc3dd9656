import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a bench run holds: a folder, and whatever must be ended when it is over, however that comes. */
export interface Scope {
  folder: string
  /** Runs at the end, the last one added first. */
  teardown (work: () => unknown): void
}

export interface OpenScope extends Scope {
  close (): Promise<void>
}

export function openScope (): OpenScope {
  const works: (() => unknown)[] = []
  let isClosed = false
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-bench-'))
  works.push(() => rmSync(folder, { recursive: true, force: true }))
  let closing: Promise<void> | undefined
  return {
    folder,
    // What is started while all is being ended ends at once.
    teardown (work) {
      if (isClosed) runAll([work]).catch(() => {})
      else works.push(work)
    },
    async close () {
      closing ??= runAll(works).finally(() => { isClosed = true })
      await closing
    },
  }
}

/** Runs `work` in a scope of its own, closed when it ends. */
export async function within<T> (outer: Scope, work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = openScope()
  outer.teardown(scope.close)
  try {
    return await work(scope)
  } finally {
    await scope.close()
  }
}

async function runAll (works: (() => unknown)[]): Promise<void> {
  for (let work = works.pop(); work; work = works.pop()) {
    try {
      await work()
    } catch (error) {
      process.stderr.write(`while cleaning up: ${String(error)}\n`)
    }
  }
}
