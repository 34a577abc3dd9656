import type { Logger } from 'pino'
import { AsyncTask, SimpleIntervalJob, ToadScheduler } from 'toad-scheduler'
import type { Engine, SlotReport } from './engine.js'

export interface RunnerOptions {
  engine: Engine
  intervalMs: number
  now: () => number
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  onReport: (report: SlotReport) => void
}

export interface Runner {
  start (): void
  /** Waits for the slot being judged. */
  stop (): Promise<void>
  /** What /healthz says: the last slot this process judged, and why the last one failed, if it did. */
  status (): { last_slot: string | null, last_evaluation: string | null, error: string | null }
}

/** How often the clock is looked at, as a part of the interval: a slot begins this much late at most. */
const ticksPerInterval = 20

/** Tries every aligned slot once, at its time. A slot that passed while another was judged is skipped; the claim counts it as missed. */
export function createRunner ({ engine, intervalMs, now, log, onReport }: RunnerOptions): Runner {
  const scheduler = new ToadScheduler()
  let triedMs = 0
  let judging: Promise<void> = Promise.resolve()
  let refusal: string | null = null
  const status: ReturnType<Runner['status']> = { last_slot: null, last_evaluation: null, error: null }

  async function tick (): Promise<void> {
    const slotMs = Math.floor(now() / intervalMs) * intervalMs
    if (slotMs === triedMs) return
    triedMs = slotMs
    judging = judge(slotMs)
    await judging
  }

  async function judge (slotMs: number): Promise<void> {
    try {
      const report = await engine.judge(slotMs)
      onReport(report)
      if (report.refused === 'clock_behind' && refusal !== 'clock_behind') log.warn('the clock was set back; judging goes on when it has caught up with the last slot')
      refusal = report.refused
      if (report.refused === null) status.last_slot = new Date(slotMs).toISOString()
      status.last_evaluation = new Date(now()).toISOString()
      status.error = null
    } catch (error) {
      status.error = error instanceof Error ? error.message : String(error)
      log.error({ err: error }, 'a slot of the issue engine was not judged; the next one sees the same measurements')
    }
  }

  return {
    start () {
      const task = new AsyncTask('issue engine', tick, (error) => log.error({ err: error }, 'the issue engine failed'))
      scheduler.addSimpleIntervalJob(new SimpleIntervalJob({ milliseconds: Math.max(50, intervalMs / ticksPerInterval), runImmediately: true }, task, { id: 'issue engine', preventOverrun: true }))
    },
    async stop () {
      scheduler.stop()
      await judging
    },
    status: () => ({ ...status }),
  }
}
