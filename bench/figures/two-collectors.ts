import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { pino } from 'pino'
import { createPool } from '../../src/database/pool.js'
import { replay } from '../../src/rules/replay.js'
import { readRuleSettings } from '../../src/rules/settings/read.js'
import { freePort, runMeshmon, type RunningProgram } from '../../test/support/process.js'
import { startReceiver, type Received } from '../../test/support/receiver.js'
import { unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startFaultLoad } from '../support/fault-load.js'
import { isReady, settingsFor } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { count, median } from '../support/stats.js'

const what = 'two collectors on one native database, one killed every 20 s under load'
const target = 'no duplicate incident, no duplicate notification, no gap > 2 intervals'
const [intervalMs, killEveryMs] = [10_000, 20_000]
const [fullMs, leastMs] = [300_000, 60_000]
/** A message whose sender was killed is sent again when its lease of a minute is over. */
const drainMs = 120_000
/** What the receiver takes to answer. */
const receiverMs = 30
/** A message that was on its way when its sender was killed began at most this long before. */
const onItsWayMs = 1000

/** So that incidents close, and are told, within the run. */
const rulesFile = `
engine: { fold_wait_s: 0 }
loss_spike: { close_after_s: 10 }
jitter_burst: { close_after_s: 10 }
`

/** Incidents, messages and slots of two collectors that are killed in turn, against a replay of what they stored. */
export async function twoCollectors (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  return await within(bench.scope, async (scope) => {
    const url = await createNativeDatabase(scope, server)
    const pool = createPool({ connectionString: url, applicationName: 'bench', max: 3 }, pino({ level: 'silent' }))
    scope.teardown(() => pool.end())
    const run = await runUnderKills(scope, { url, pool, forMs: Math.max(leastMs, fullMs * bench.scale), progress: bench.progress })
    const slots = await findGaps(pool, run.startMs)
    const incidents = await compareIncidents(pool, run.startMs)
    const messages = await compareMessages(pool, run)
    const { longestS, missed } = slots
    const pass = incidents.doubled + incidents.extra.length + incidents.missing.length + incidents.endsElsewhere.length + messages.doubled.length + messages.lost.length + messages.waiting === 0 &&
      longestS * 1000 <= 2 * intervalMs
    if (!pass) bench.progress(JSON.stringify({ slots, incidents, messages }).slice(0, 4000))
    return {
      what,
      measured: `${incidents.doubled + incidents.extra.length} duplicates among ${count(incidents.live)} incidents, ${messages.doubled.length} among ${count(messages.received)} notifications, longest gap ${longestS} s`,
      target,
      pass,
      notes: [
        `${run.killsMs.length} kills in ${Math.round(run.forMs / 1000)} s, ${run.killsInSlot} of them while a slot was judged; ${missed} slots missed; ready again after ${median(run.readyMs).toFixed(0)} ms`,
        `${count(run.stored)} reports of 400 paths, ${run.repeated} attempts repeated`,
        `a replay of the same rows: ${count(incidents.replayed)} incidents, ${incidents.missing.length} missing live, ${incidents.extra.length} only live, ${incidents.endsElsewhere.length} with another end`,
        `${messages.onTheirWay.length} notifications came twice, with the same key, because their sender was killed between the receiver's answer and its record; ${messages.lost.length} lost`,
        server.description,
      ],
      data: { server: server.description, ...run, received: undefined, slots, incidents, messages },
    }
  })
}

interface Run {
  startMs: number
  forMs: number
  killsMs: number[]
  /** Kills after which a slot stayed claimed and unfinished. */
  killsInSlot: number
  /** From each kill to the end of the start that followed. */
  readyMs: number[]
  stored: number
  repeated: number
  received: Received[]
}

interface Running { url: string, pool: pg.Pool, forMs: number, progress: Bench['progress'] }

async function runUnderKills (scope: Scope, { url, pool, forMs, progress }: Running): Promise<Run> {
  const receiver = await startReceiver(scope)
  receiver.behave((response) => { setTimeout(() => response.writeHead(200).end(), receiverMs) })
  const file = join(scope.folder, 'rules.yaml')
  writeFileSync(file, rulesFile)
  const settings = { RULES_FILE: file, NOTIFY_URLS: receiver.url, NOTIFY_PER_MIN: '1000', LOG_LEVEL: 'warn' }
  const ports = [await freePort(), await freePort()]
  const serve = (one: number): RunningProgram => runMeshmon(scope, ['serve'], { ...settingsFor({ url }, ports[one]), ...settings })
  const collectors = ports.map((_, one) => serve(one))
  await Promise.all(ports.map(untilReady))

  const startMs = Date.now()
  const load = startFaultLoad(ports)
  const [killsMs, readyMs]: [number[], number[]] = [[], []]
  let killsInSlot = 0
  for (let kill = 1; kill * killEveryMs <= forMs; kill++) {
    await delay(startMs + kill * killEveryMs - Date.now())
    // Every other one as soon as a slot is claimed: half of these by the one that is killed.
    if (kill % 4 < 2) await slotIsClaimed(pool)
    const one = kill % 2
    collectors[one]!.child.kill('SIGKILL')
    killsMs.push(Date.now())
    await collectors[one]!.ended
    collectors[one] = serve(one)
    killsInSlot += await isLeftUnfinished(pool) ? 1 : 0
    await untilReady(ports[one]!)
    readyMs.push(Date.now() - killsMs.at(-1)!)
    progress(`kill ${kill}: ready again after ${readyMs.at(-1)} ms; ${load.stored()} reports, ${receiver.received.length} notifications`)
  }
  await delay(startMs + forMs - Date.now())
  await load.stop()
  await drain(pool)
  return { startMs, forMs, killsMs, killsInSlot, readyMs, stored: load.stored(), repeated: load.repeated(), received: receiver.received }
}

async function until (isSo: () => Promise<boolean>, { everyMs, atMostMs }: { everyMs: number, atMostMs: number }): Promise<boolean> {
  const deadlineMs = Date.now() + atMostMs
  while (Date.now() < deadlineMs) {
    if (await isSo()) return true
    await delay(everyMs)
  }
  return false
}

async function untilReady (port: number): Promise<void> {
  if (!await until(() => isReady(port), { everyMs: 50, atMostMs: 60_000 })) throw new Error('a collector was not ready within 60 s')
}

async function ask (pool: pg.Pool, condition: string): Promise<boolean> {
  const { rows: [row] } = await pool.query<{ answer: boolean | null }>(`select (${condition}) as answer`)
  return row?.answer === true
}

const unfinished = 'select finished_at is null from engine_slot'

async function slotIsClaimed (pool: pg.Pool): Promise<void> {
  await until(() => ask(pool, unfinished), { everyMs: 2, atMostMs: intervalMs })
}

/** A slot takes a fraction of a second: after two, nobody is at work on it. */
async function isLeftUnfinished (pool: pg.Pool): Promise<boolean> {
  return !await until(() => ask(pool, 'select finished_at is not null from engine_slot'), { everyMs: 50, atMostMs: 2000 })
}

/** Until all that was reported is judged, by the slots of a replay as well, and told. */
async function drain (pool: pg.Pool): Promise<void> {
  const judgedBy = new Date(Date.now() + intervalMs).toISOString()
  const isJudged = `select judged_until > '${judgedBy}' from engine_slot`
  const isTold = 'not exists (select from outbox where settled_at is null) and not exists (select from notifications where sent_at is null and failed_at is null)'
  await until(() => ask(pool, `(${isJudged}) and ${isTold}`), { everyMs: 500, atMostMs: drainMs })
}

/** The slots that were judged, all of them among the last 50, which the database keeps. */
async function findGaps (pool: pg.Pool, startMs: number): Promise<{ judged: number, missed: number, longestS: number }> {
  const { rows } = await pool.query<{ slot: string }>('select distinct slot from rule_evaluation where slot >= $1 order by slot', [new Date(startMs)])
  const gapsMs = rows.slice(1).map(({ slot }, before) => Date.parse(slot) - Date.parse(rows[before]!.slot))
  return { judged: rows.length, missed: gapsMs.reduce((sum, gapMs) => sum + gapMs / intervalMs - 1, 0), longestS: Math.max(...gapsMs) / 1000 }
}

const overlapping = `
select count(*)::int as doubled
from incidents a join incidents b on a.kind = b.kind and a.subject = b.subject and a.id < b.id
where tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at)`

/** Incidents of one kind and subject at the same time, and what differs from a judgement that nobody disturbed. */
async function compareIncidents (pool: pg.Pool, startMs: number) {
  const { rows: [overlap] } = await pool.query<{ doubled: number }>(overlapping)
  const { rows: live } = await pool.query<{ id: string, ended_at: string | null }>('select id, ended_at from incidents')
  const { rows: [slot] } = await pool.query<{ judged_until: string }>('select judged_until from engine_slot')
  const { incidents: replayed } = await replay(pool, {
    fromMs: Math.floor(startMs / intervalMs) * intervalMs, toMs: Date.parse(slot!.judged_until), settings: readRuleSettings(rulesFile, 'rules.yaml'),
  })
  const [liveEnds, replayedEnds] = [live, replayed].map((rows) => new Map(rows.map(({ id, ended_at: end }) => [id, end === null ? null : Date.parse(end)])))
  return {
    live: live.length,
    replayed: replayed.length,
    doubled: overlap!.doubled,
    extra: [...liveEnds!.keys()].filter((id) => !replayedEnds!.has(id)),
    missing: [...replayedEnds!.keys()].filter((id) => !liveEnds!.has(id)),
    endsElsewhere: [...liveEnds!].flatMap(([id, liveMs]) => {
      const replayedMs = replayedEnds!.get(id)
      return replayedMs === undefined || replayedMs === liveMs ? [] : [{ id, liveMs, replayedMs }]
    }),
  }
}

/** What the receiver got, against what was to be told. */
async function compareMessages (pool: pg.Pool, { received, killsMs }: Run) {
  const { rows: outcomes } = await pool.query<{ event: string, outcome: string | null, n: number }>('select event, outcome, count(*)::int as n from outbox group by 1, 2 order by 1, 2')
  const { rows: made } = await pool.query<{ key: string, is_sent: boolean }>('select key, sent_at is not null as is_sent from notifications')
  const attemptsMs = new Map<string, number[]>()
  for (const { body: { key, sent_at: sentAt } } of received) attemptsMs.set(String(key), [...attemptsMs.get(String(key)) ?? [], Date.parse(String(sentAt))])
  const repeated = [...attemptsMs].filter(([, attempts]) => attempts.length > 1)
  const wasOnItsWay = (attempts: number[]): boolean => attempts.slice(0, -1).every((sentMs) => killsMs.some((killMs) => sentMs <= killMs && sentMs > killMs - onItsWayMs))
  return {
    outcomes,
    received: received.length,
    onTheirWay: repeated.filter(([, attempts]) => wasOnItsWay(attempts)).map(([key]) => key),
    doubled: repeated.filter(([, attempts]) => !wasOnItsWay(attempts)).map(([key]) => key),
    lost: made.filter(({ key }) => !attemptsMs.has(key)).map(({ key }) => key),
    waiting: made.filter(({ is_sent: isSent }) => !isSent).length,
  }
}
