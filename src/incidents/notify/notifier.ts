import type { Pool } from 'pg'
import type { BaseLogger } from 'pino'
import { AsyncTask, SimpleIntervalJob, ToadScheduler } from 'toad-scheduler'
import type { Config } from '../../config.js'
import { queueReminders } from '../outbox.js'
import { composeDue } from './compose.js'
import { deliverTo, type Delivering } from './deliver.js'
import { expire } from './notifications.js'
import { makeTargets } from './target.js'

const lookEveryS = 2
const upkeepEveryS = 60
const defaultStopGraceMs = 5000
const hourMs = 3_600_000

export interface NotifierOptions {
  pool: Pool
  config: Pick<Config, 'NOTIFY_URLS' | 'NOTIFY_SECRET' | 'NOTIFY_COMMAND' | 'NOTIFY_PER_MIN' | 'NOTIFY_REMIND_H' | 'PUBLIC_URL'>
  log: Delivering['log'] & Pick<BaseLogger, 'info'>
  /** Milliseconds since 1970. */
  now: () => number
  /** Of one attempt; 10 s unless told, for the command 30 s. */
  deadlineMs?: number
  /** At a stop, what is being sent has this long to be answered; 5 s unless told. */
  stopGraceMs?: number
}

export interface Notifier {
  /** Looks every two seconds for what is due. */
  start (): void
  /** Waits some seconds for what is being sent; what was not sent is free for others at once. */
  stop (): Promise<void>
  /** Tells all that is due now, and returns when that is done. */
  deliverDue (): Promise<void>
}

/** The base of links, without a slash at its end. */
export function publicUrlOf ({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): string | undefined {
  return PUBLIC_URL?.replace(/(?<!\/)\/+$/, '')
}

/**
 * Tells people of the transitions in the outbox. As many collectors may run one as share the database. Nothing is lost: a message is sent
 * at least once. It is sent twice only where a collector dies, or loses the database, between the receiver's answer and its own record of it.
 */
export function createNotifier ({ pool, config, log, now, deadlineMs, stopGraceMs = defaultStopGraceMs }: NotifierOptions): Notifier {
  const targets = makeTargets(config, deadlineMs)
  const composing = { pool, targets: targets.map(({ name }) => name), perMin: config.NOTIFY_PER_MIN, publicUrl: publicUrlOf(config) }
  const closing = new AbortController()
  const givingUp = new AbortController()
  // One more than are made in a minute: the summary.
  const delivering: Delivering = { pool, perMin: config.NOTIFY_PER_MIN + 1, log, now, closing: closing.signal, givingUp: givingUp.signal }
  const scheduler = new ToadScheduler()
  const running = new Set<Promise<void>>()
  let heldUntilMs: number | null = null

  async function compose (): Promise<void> {
    if (heldUntilMs === null || now() >= heldUntilMs) heldUntilMs = await composeDue(composing, now())
  }

  async function upkeep (): Promise<void> {
    if (targets.length > 0 && config.NOTIFY_REMIND_H > 0) await queueReminders(pool, now(), config.NOTIFY_REMIND_H * hourMs)
    for (const { id, target, error } of await expire(pool, now())) log.error({ notification: id, target }, `gave up telling ${target}: ${error}`)
  }

  function schedule (name: string, seconds: number, work: () => Promise<void>): void {
    const task = new AsyncTask(name, async () => {
      const run = work()
      running.add(run)
      await run.finally(() => running.delete(run))
    }, (error) => { if (!closing.signal.aborted) log.warn({ err: error }, `${name}: the database failed; trying again`) })
    scheduler.addSimpleIntervalJob(new SimpleIntervalJob({ seconds, runImmediately: true }, task, { preventOverrun: true }))
  }

  return {
    start () {
      for (const { name } of targets) log.info(`issues are told to ${name}`)
      schedule('notifications', lookEveryS, compose)
      schedule('upkeep of notifications', upkeepEveryS, upkeep)
      for (const target of targets) schedule(`notifications to ${target.name}`, lookEveryS, () => deliverTo(target, delivering))
    },
    async stop () {
      closing.abort()
      scheduler.stop()
      const late = setTimeout(() => givingUp.abort(new Error('the collector stops')), stopGraceMs)
      await Promise.allSettled(running)
      clearTimeout(late)
    },
    async deliverDue () {
      await upkeep()
      await compose()
      await Promise.all(targets.map((target) => deliverTo(target, delivering)))
    },
  }
}
