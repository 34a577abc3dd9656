import { setTimeout as delay } from 'node:timers/promises'
import { Agent } from 'node:http'
import type { ClientBase } from 'pg'
import { postMessage } from '../../test/support/load.js'
import type { Scope } from '../support/scope.js'

/** What becomes of a path of the mesh while something else breaks: it stays bad, turns bad, or gets well. */
export type Fate = 'lasts' | 'begins' | 'ends'

/** A path whose incident is known beforehand. */
export interface Watched { kind: string, subject: string, fate: Fate }

/** What the database holds of one, with the times that the journal opened and closed it and that people were to be told. */
export interface Incident { id: string, kind: string, subject: string, state: string, opened: number, closed: number, told: number }

/** Lost: not there, not in the state it should have, or another one than before. Doubled: there, opened, closed or told once more than it should. */
export interface FateCounts { watched: number, lost: string[], doubled: string[] }

const everyMs = 1000
const retryMs = 50
const pathsOfEach = 2
const good = { rtt_ms_avg: 20, loss_pct: 0, jitter_ms_rfc3550: 3 }
const bad: Record<string, object> = { loss_spike: { ...good, loss_pct: 30 }, jitter_burst: { ...good, jitter_ms_rfc3550: 200 } }

/** So that incidents open and close within a fault. */
export const fateSettings = { ENGINE_INTERVAL_S: '1', ENGINE_DELAY_S: '0' }
export const fateRules = Object.keys(bad).map((kind) => `${kind}: { close_after_s: 5, close_rows: 3 }\n`).join('')

const fates: Fate[] = ['lasts', 'begins', 'ends']
export const watched: Watched[] = Object.keys(bad).flatMap((kind) => fates.flatMap((fate) => Array.from({ length: pathsOfEach }, (_, i) => {
  const src = `${kind}-${fate}-${i}`.replaceAll('_', '-')
  return { kind, fate, subject: `${src}>${src}-far` }
})))

export interface FateLoad {
  /** From now on what begins is bad and what ends is good. */
  turn: () => void
  /** Ends the load when all that was measured is stored. */
  stop: () => Promise<void>
}

/** A window of every watched path each second, kept and sent again in its order until it is stored, as agents do. */
export function startFates (scope: Pick<Scope, 'teardown'>, port: () => number): FateLoad {
  const agent = new Agent({ keepAlive: true })
  const [stopping, ending] = [new AbortController(), new AbortController()]
  let hasTurned = false

  async function report ({ kind, fate, subject }: Watched): Promise<void> {
    const [src, dst] = subject.split('>')
    const waiting: string[] = []
    const measuring = measure()
    while (!ending.signal.aborted && (!stopping.signal.aborted || waiting.length > 0)) {
      if (waiting.length > 0 && await postMessage(agent, port(), waiting[0]!) === 200) waiting.shift()
      else await delay(retryMs)
    }
    await measuring

    async function measure (): Promise<void> {
      for (; !stopping.signal.aborted; await delay(everyMs)) {
        const isBad = fate === 'lasts' || hasTurned === (fate === 'begins')
        waiting.push(JSON.stringify({ schema: 'meshmon.v1', type: 'path_result', src, dst, sent_at: new Date().toISOString(), window_s: 1, route: [src, dst], metrics: isBad ? bad[kind] : good }))
      }
    }
  }

  const reporting = Promise.all(watched.map(report))
  const stop = async (): Promise<void> => {
    stopping.abort()
    await reporting
    agent.destroy()
  }
  scope.teardown(async () => {
    ending.abort()
    await stop()
  })
  return { turn: () => { hasTurned = true }, stop }
}

/** All incidents of the database. */
export async function readIncidents (client: ClientBase): Promise<Incident[]> {
  const { rows } = await client.query<Incident>(`
    select id, kind, subject, state,
      (select count(*)::int from incident_journal where incident_id = i.id and to_state = 'open' and from_state <> 'closing') as opened,
      (select count(*)::int from incident_journal where incident_id = i.id and to_state = 'closed') as closed,
      (select count(*)::int from outbox where incident_id = i.id and event in ('opened', 'closed')) as told
    from incidents i order by id`)
  return rows
}

/** Whether what should be there before the fault is: what lasts and what will end. */
export function areOpen (incidents: Incident[]): boolean {
  return watched.every(({ kind, subject, fate }) => incidents.some((one) => one.kind === kind && one.subject === subject && one.state === 'open') === (fate !== 'begins'))
}

/** What became of all that was watched, and of what nobody caused. */
export function compareFates (before: Incident[], after: Incident[]): FateCounts {
  const [lost, doubled]: [string[], string[]] = [[], []]
  for (const { kind, subject, fate } of watched) {
    const isOf = (one: Incident): boolean => one.kind === kind && one.subject === subject
    const [id, own] = [before.find(isOf)?.id, after.filter(isOf)]
    const kept = own.find((one) => id === undefined || one.id === id)
    const closed = fate === 'ends' ? 1 : 0
    if (kept === undefined || (kept.state === 'closed') !== (fate === 'ends') || kept.opened < 1 || kept.closed < closed || kept.told < 1 + closed) lost.push(`${kind} ${subject}`)
    if (own.length > 1 || own.some((one) => one.opened > 1 || one.closed > closed || one.told > 1 + closed)) doubled.push(`${kind} ${subject}`)
  }
  const caused = (one: Incident): boolean => watched.some(({ kind, subject }) => one.kind === kind && one.subject === subject)
  return { watched: watched.length, lost, doubled: [...doubled, ...after.filter((one) => !caused(one)).map(({ kind, subject }) => `${kind} ${subject}, which nobody caused`)] }
}
