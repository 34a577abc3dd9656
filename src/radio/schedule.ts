/** `again`: the second round of a step, because the first failed. */
export type Task = { is: 'companion' } | { is: 'repeater', id: string, again: boolean }

/** When who is asked. Times are milliseconds of one clock of the caller's that only grows. */
export interface Schedule {
  /** All that may be done now: the companion first, then the repeaters, who waits longest first. */
  due (nowMs: number): Task[]
  /** When something falls due that is not yet. */
  nextMs (nowMs: number): number
  /** A task of `due` is being done. */
  begin (task: Task, nowMs: number): void
  /**
   * The round that began last for this repeater failed. Unless it was a second one already, another comes within this step where there
   * is time, and it keeps its place in the line of those who wait.
   */
  failed (id: string, nowMs: number): void
  /** A late answer came: no second round. */
  answered (id: string): void
}

export interface ScheduleOptions {
  /** In the order in which they are asked. `askedMs` is when that was done last, by an earlier process too. */
  repeaters: { id: string, askedMs: number | null }[]
  companionStepMs: number
  repeaterStepMs: number
  startMs: number
}

/** Steps of one length, the first at `firstMs`. */
interface Steps { firstMs: number, stepMs: number }

interface Turn extends Steps {
  id: string
  askedMs: number
  /** Its place in the line: when it was asked last, without the first of two rounds. */
  waitsSinceMs: number
  /** Its place before the last round. */
  waitedSinceMs: number
  /** The next round is the second of two. */
  isOwed: boolean
  /** The last one was. */
  wasSecond: boolean
  againMs: number | null
}

const stepAt = ({ firstMs, stepMs }: Steps, nowMs: number): number => firstMs + Math.floor((nowMs - firstMs) / stepMs) * stepMs

/** When somebody asked at `askedMs` is to be asked next: in the first step after it, but not sooner than after half a step. */
function dueMs (steps: Steps, askedMs: number): number {
  const nextStepMs = askedMs < steps.firstMs ? steps.firstMs : stepAt(steps, askedMs) + steps.stepMs
  return Math.max(nextStepMs, askedMs + steps.stepMs / 2)
}

/**
 * The companion once in each of its steps, and each repeater once in each of its own, spread over the step. What could not be done in
 * its step is done once when it can be, so that a pause is not followed by a burst. Who waits is asked in the order of waiting, so that
 * repeaters wait alike when there is not airtime for all.
 */
export function createSchedule ({ repeaters, companionStepMs, repeaterStepMs, startMs }: ScheduleOptions): Schedule {
  const companion = { firstMs: startMs, stepMs: companionStepMs, askedMs: -Infinity }
  const turns = repeaters.map(({ id, askedMs }, i): Turn => ({
    id, firstMs: startMs + i * repeaterStepMs / repeaters.length, stepMs: repeaterStepMs, againMs: null, isOwed: false, wasSecond: false,
    askedMs: askedMs ?? -Infinity, waitsSinceMs: askedMs ?? -Infinity, waitedSinceMs: -Infinity,
  }))

  const turnOf = (id: string): Turn => {
    const turn = turns.find((one) => one.id === id)
    if (!turn) throw new Error(`${id} is not in the schedule`)
    return turn
  }
  const nextOf = (turn: Turn): number => Math.min(turn.againMs ?? Infinity, dueMs(turn, turn.askedMs))

  return {
    due (nowMs) {
      const waiting = turns.filter((turn) => nextOf(turn) <= nowMs).sort((a, b) => a.waitsSinceMs === b.waitsSinceMs ? a.firstMs - b.firstMs : a.waitsSinceMs - b.waitsSinceMs)
      return [
        ...(dueMs(companion, companion.askedMs) <= nowMs ? [{ is: 'companion' } as const] : []),
        ...waiting.map((turn) => ({ is: 'repeater', id: turn.id, again: dueMs(turn, turn.askedMs) > nowMs } as const)),
      ]
    },
    nextMs (nowMs) {
      return [dueMs(companion, companion.askedMs), ...turns.map(nextOf)].reduce((least, ms) => ms > nowMs ? Math.min(least, ms) : least, Infinity)
    },
    begin (task, nowMs) {
      if (task.is === 'companion') {
        companion.askedMs = nowMs
        return
      }
      const turn = turnOf(task.id)
      Object.assign(turn, { askedMs: nowMs, waitsSinceMs: nowMs, waitedSinceMs: turn.waitsSinceMs, wasSecond: turn.isOwed, isOwed: false, againMs: null })
    },
    failed (id, nowMs) {
      const turn = turnOf(id)
      if (turn.wasSecond) return
      Object.assign(turn, { isOwed: true, waitsSinceMs: turn.waitedSinceMs })
      const leftMs = stepAt(turn, nowMs) + turn.stepMs - nowMs
      if (leftMs > turn.stepMs / 4) turn.againMs = nowMs + leftMs / 2
    },
    answered (id) {
      const turn = turnOf(id)
      Object.assign(turn, { againMs: null, isOwed: false, waitsSinceMs: turn.askedMs })
    },
  }
}
