/** `again`: the second round of a step, because the first failed. */
export type Task = { is: 'companion' } | { is: 'repeater', id: string, again: boolean }

/** When who is asked. Times are milliseconds of one clock of the caller's that only grows. */
export interface Schedule {
  /** All that may be done now: the companion first, then the repeaters, the longest not asked first. */
  due (nowMs: number): Task[]
  /** When something falls due that is not yet. */
  nextMs (nowMs: number): number
  /** A task of `due` is being done. */
  begin (task: Task, nowMs: number): void
  /** The round that began last for this repeater failed: it gets one more in this step, if it was the first and there is time. */
  failed (id: string, nowMs: number): void
  /** A late answer came: no more in this step. */
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

interface Turn extends Steps { id: string, askedMs: number, wasAgain: boolean, againMs: number | null }

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
    id, firstMs: startMs + i * repeaterStepMs / repeaters.length, stepMs: repeaterStepMs, askedMs: askedMs ?? -Infinity, wasAgain: false, againMs: null,
  }))

  const turnOf = (id: string): Turn => {
    const turn = turns.find((one) => one.id === id)
    if (!turn) throw new Error(`${id} is not in the schedule`)
    return turn
  }
  const nextOf = (turn: Turn): number => Math.min(turn.againMs ?? Infinity, dueMs(turn, turn.askedMs))

  return {
    due (nowMs) {
      const waiting = turns.filter((turn) => nextOf(turn) <= nowMs).sort((a, b) => a.askedMs === b.askedMs ? a.firstMs - b.firstMs : a.askedMs - b.askedMs)
      return [
        ...(dueMs(companion, companion.askedMs) <= nowMs ? [{ is: 'companion' } as const] : []),
        ...waiting.map((turn) => ({ is: 'repeater', id: turn.id, again: dueMs(turn, turn.askedMs) > nowMs } as const)),
      ]
    },
    nextMs (nowMs) {
      return [dueMs(companion, companion.askedMs), ...turns.map(nextOf)].reduce((least, ms) => ms > nowMs ? Math.min(least, ms) : least, Infinity)
    },
    begin (task, nowMs) {
      if (task.is === 'companion') companion.askedMs = nowMs
      else Object.assign(turnOf(task.id), { askedMs: nowMs, wasAgain: task.again, againMs: null })
    },
    failed (id, nowMs) {
      const turn = turnOf(id)
      const leftMs = stepAt(turn, nowMs) + turn.stepMs - nowMs
      if (!turn.wasAgain && leftMs > turn.stepMs / 4) turn.againMs = nowMs + leftMs / 2
    },
    answered (id) {
      turnOf(id).againMs = null
    },
  }
}
