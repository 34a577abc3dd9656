import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { BaseLogger } from 'pino'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { Clock } from '../clock.js'
import { codeOf } from '../database/errors.js'
import { replaceFile } from '../replace-file.js'
import { newBreaker, type Breaker } from './breaker.js'
import type { Spent } from './budget.js'

/** What is remembered of a repeater from round to round. Times are by the monotonic clock. */
export interface RepeaterMemory {
  /** Its name in the database, once a companion was asked for it. */
  node: string | null
  breaker: Breaker
  /** When its last round began. */
  askedMs: number | null
  /** The last round failed. */
  isFailing: boolean
  /** Key of the companion whose login it accepted last; null before that, and after silence. */
  loggedInBy: string | null
  /** Logins in a row that stayed without an answer. */
  silentLogins: number
  /** Failed rounds in a row over a known path. */
  silentOverPath: number
  pathResetMs: number | null
  /** When it was asked last for its neighbours, whether it answered or not. */
  neighboursMs: number | null
}

export interface PollState {
  of (id: string): RepeaterMemory
  /** Airtime of the last hour, as an earlier process left it. */
  spent: Spent[]
  /** Writes all of it. A disk that is full is logged once until it works again: the poller goes on. */
  save (spent: Spent[]): void
}

export interface PollStateOptions {
  file: string
  /** Of the repeaters in the settings; what is remembered of others is dropped. */
  ids: string[]
  clock: Clock
  log: Pick<BaseLogger, 'warn' | 'error'>
}

const time = Type.Number()
const timeOrNull = Type.Union([time, Type.Null()])
const count = Type.Integer({ minimum: 0 })

/** Times in the file are milliseconds since 1970. */
const stored = Type.Object({
  version: Type.Literal(1),
  spent: Type.Array(Type.Object({ at: time, ms: Type.Number({ minimum: 0 }) }), { maxItems: 100 }),
  repeaters: Type.Record(Type.String(), Type.Object({
    node: Type.Union([Type.String(), Type.Null()]),
    failures: count,
    open_until: timeOrNull,
    last_success: timeOrNull,
    asked: timeOrNull,
    is_failing: Type.Boolean(),
    logged_in_by: Type.Union([Type.String(), Type.Null()]),
    silent_logins: count,
    silent_over_path: count,
    path_reset: timeOrNull,
    neighbours: timeOrNull,
  })),
})

type Stored = Static<typeof stored>

/**
 * The poller's memory, in one file that is replaced as a whole. A file that can't be read is put aside with a warning. The host's clock
 * may have been set meanwhile: what seems to be of the future is taken for just past, so the worst is a pause that begins anew.
 * @param cooldownMs no breaker stays open for longer
 */
export function openState (options: PollStateOptions, cooldownMs: number): PollState {
  const { file, ids, clock } = options
  const [nowMs, monotonicMs] = [clock.now(), clock.monotonicMs()]
  const past = (ms: number): number => monotonicMs - Math.max(nowMs - ms, 0)
  const pastOrNull = (ms: number | null): number | null => ms === null ? null : past(ms)
  const before = readState(options)
  let isUnwritable = false

  function restore (id: string): RepeaterMemory {
    const one = before?.repeaters[id]
    if (!one) return { node: null, breaker: newBreaker, askedMs: null, isFailing: false, loggedInBy: null, silentLogins: 0, silentOverPath: 0, pathResetMs: null, neighboursMs: null }
    const openUntilMs = one.open_until === null ? null : monotonicMs + Math.min(one.open_until - nowMs, cooldownMs)
    return {
      node: one.node,
      breaker: { failures: one.failures, openUntilMs, lastSuccessMs: pastOrNull(one.last_success) },
      askedMs: pastOrNull(one.asked),
      isFailing: one.is_failing,
      loggedInBy: one.logged_in_by,
      silentLogins: one.silent_logins,
      silentOverPath: one.silent_over_path,
      pathResetMs: pastOrNull(one.path_reset),
      neighboursMs: pastOrNull(one.neighbours),
    }
  }

  const memories = new Map(ids.map((id) => [id, restore(id)]))
  return {
    of (id) {
      const memory = memories.get(id)
      if (!memory) throw new Error(`${id} is no repeater of the settings`)
      return memory
    },
    spent: (before?.spent ?? []).map(({ at, ms }) => ({ atMs: past(at), ms })).sort((a, b) => a.atMs - b.atMs),
    save (spent) {
      const offsetMs = clock.now() - clock.monotonicMs()
      const repeaters = Object.fromEntries([...memories].map(([id, memory]) => [id, toStored(memory, offsetMs)]))
      write({ version: 1, spent: spent.map(({ atMs, ms }) => ({ at: atMs + offsetMs, ms })), repeaters })
    },
  }

  function write (state: Stored): void {
    try {
      replaceFile(file, JSON.stringify(state))
      isUnwritable = false
    } catch (error) {
      if (!isUnwritable) options.log.error(`${file} can't be written (${(error as Error).message}): after a restart breakers and the airtime budget are those of before`)
      isUnwritable = true
    }
  }

  function readState ({ log }: PollStateOptions): Stored | undefined {
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') log.error({ err: error, file }, 'the state of the radio worker can\'t be read; it begins anew')
      return undefined
    }
    const value = parse(text)
    if (Value.Check(stored, value)) return value
    const aside = `${file}.broken`
    log.warn({ file, aside }, 'the state of the radio worker is damaged: put aside, breakers and the airtime budget begin anew')
    try {
      renameSync(file, aside)
    } catch (error) {
      log.error({ err: error, file }, 'the damaged state can\'t be put aside')
    }
    return undefined
  }
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toStored ({ node, breaker, askedMs, isFailing, loggedInBy, silentLogins, silentOverPath, pathResetMs, neighboursMs }: RepeaterMemory, offsetMs: number): Stored['repeaters'][string] {
  const wall = (ms: number | null): number | null => ms === null ? null : ms + offsetMs
  return {
    node,
    failures: breaker.failures,
    open_until: wall(breaker.openUntilMs),
    last_success: wall(breaker.lastSuccessMs),
    asked: wall(askedMs),
    is_failing: isFailing,
    logged_in_by: loggedInBy,
    silent_logins: silentLogins,
    silent_over_path: silentOverPath,
    path_reset: wall(pathResetMs),
    neighbours: wall(neighboursMs),
  }
}

/**
 * Asks whoever polls with this state file, now or when it starts next, to close a repeater's breaker: a file beside it that the poller
 * takes within seconds. Throws an error for an operator where it can't be written.
 */
export function requestBreakerReset (stateFile: string, repeater: string): void {
  try {
    replaceFile(`${stateFile}.reset.${randomUUID()}`, repeater)
  } catch (error) {
    const remedy = codeOf(error) === 'ENOENT' ? 'no worker has run with these settings; set STATE_DIR and DATA_DIR as for it' : 'run this as the user that the worker runs as'
    throw new Error(`${dirname(stateFile)} can't be written to (${(error as Error).message}): ${remedy}`, { cause: error })
  }
}

/** The repeaters whose breakers are to be closed; each is returned once. */
export function takeBreakerResets (stateFile: string): string[] {
  const [folder, prefix] = [dirname(stateFile), `${basename(stateFile)}.reset.`]
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    // A folder that is not there yet, or can't be read: the state can't be written either, which is logged.
    return []
  }
  return names.filter((name) => name.startsWith(prefix) && !name.endsWith('.new')).flatMap((name) => {
    try {
      const repeater = readFileSync(join(folder, name), 'utf8')
      rmSync(join(folder, name))
      return [repeater]
    } catch {
      // Another process took it.
      return []
    }
  })
}
