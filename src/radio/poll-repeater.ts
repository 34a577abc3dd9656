import type { Route } from './airtime.js'
import { askLogin, askPatiently, plannedMs, type Asking } from './ask.js'
import type { Companion } from './companion.js'
import { decodeLpp, decodeNeighbours, decodeRepeaterStats, FrameError } from './frames/index.js'
import type { Neighbour, RepeaterStats } from './frames/types.js'
import { hexOf } from './node-names.js'
import type { Details } from './messages.js'
import { neighbourList, telemetryReadings, type Readings } from './readings.js'
import type { Patience, PollSettings, RepeaterSettings } from './settings.js'
import type { RepeaterMemory } from './state.js'

/** One round of a repeater that is among the companion's contacts. */
export interface Round extends Asking {
  repeater: RepeaterSettings
  memory: RepeaterMemory
  patience: Pick<PollSettings, 'status' | 'telemetry'>
}

/** `driftS`: the repeater's clock against the host's, where a login told it. */
interface Learned { driftS?: number }

export type StatusOutcome =
  | { is: 'answered', stats: RepeaterStats, loginIsSilent: boolean } & Learned
  | { is: 'silent', reason: string, details: Details, late: Promise<RepeaterStats | null>, loginIsSilent: boolean } & Learned

/** Rounds over a known path that stay silent before the companion is told to forget it, and how seldom that is done. */
const silentBeforeReset = 2
const resetEveryMs = 3_600_000
/** Between the requests of one round, so that others get a turn on the channel. */
const pauseMs = 2000
/** A step that begins a little early shall not put them off to the next. */
const neighboursEveryMs = 3_600_000 - 60_000
const neighboursPerPage = 11
const neighbourPages = 4
const neighbourPrefixBytes = 6
const newestFirst = 0

/** A login is needed where none was accepted since this companion is used, or after silence. */
function needsLogin (companion: Companion, { loggedInBy }: RepeaterMemory): boolean {
  return loggedInBy !== hexOf(companion.self.key)
}

/** Airtime that a round takes if every answer comes at once. */
export function roundMs (round: Pick<Round, 'companion' | 'route' | 'repeater' | 'memory' | 'clock'>): number {
  const { companion, route, repeater, memory } = round
  const planned = (request: Parameters<typeof plannedMs>[2]): number => plannedMs(companion.self, route, request)
  return planned('status') +
    (needsLogin(companion, memory) ? planned({ password: repeater.password }) : 0) +
    (repeater.telemetry ? planned('telemetry') : 0) +
    (neighboursAreDue(round) ? planned('neighbours') : 0)
}

/** They change slowly and take up to four pages, so they are asked for once an hour. */
export function neighboursAreDue ({ repeater, memory: { neighboursMs }, clock }: Pick<Round, 'repeater' | 'memory' | 'clock'>): boolean {
  return repeater.neighbours && (neighboursMs === null || clock.monotonicMs() - neighboursMs >= neighboursEveryMs)
}

/**
 * Logs in where that is needed and asks for the status. Rejects with RadioError where the companion itself is in trouble or refuses.
 * `late` brings a status that comes after the last try, null once none can come any more.
 */
export async function askStatus (round: Round): Promise<StatusOutcome> {
  const { companion, budget, clock, repeater: { password }, memory, patience } = round
  const login = { asked: 0, answered: false, driftS: undefined as number | undefined }
  const { answer, late, tries } = await askPatiently(round, { is: 'status' }, patience.status, async (tried) => {
    // Silence may come from the companion: it hangs, or was restarted and its clock is behind (meshcore.md 4.2, point 9).
    if (tried > 0) await companion.checkClock()
    if (tried === 0 && !needsLogin(companion, memory)) return
    if (!budget.allows(plannedMs(companion.self, round.route, { password }) + plannedMs(companion.self, round.route, 'status'), clock.monotonicMs())) return
    const { answer } = await askLogin(round, password, patience.status.timeoutS)
    login.asked++
    login.answered ||= answer !== null
    memory.silentLogins = answer === null ? memory.silentLogins + 1 : 0
    if (answer === null) return
    memory.loggedInBy = hexOf(companion.self.key)
    if (round.route.hops === null) round.route = await readRoute(round)
    if (answer.clockS !== undefined) login.driftS = Math.round(answer.clockS - clock.now() / 1000)
  })
  const stats = answer && decodeStatus(round, answer)
  const learned = { loginIsSilent: login.asked > 0 && !login.answered, ...(login.driftS !== undefined && { driftS: login.driftS }) }
  if (stats !== null) return { is: 'answered', stats, ...learned }
  await companion.checkClock()
  memory.loggedInBy = null
  const wasReset = await resetStalePath(round)
  return {
    is: 'silent',
    reason: reasonOf(round, tries, learned.loginIsSilent),
    details: detailsOf(round, { tries, logins: login.asked, wasReset }),
    late: late.then((body) => body && decodeStatus(round, body)),
    ...learned,
  }
}

async function readRoute ({ companion, key, route }: Round): Promise<Route> {
  const { contacts } = await companion.contacts()
  return contacts.find((contact) => hexOf(contact.key) === hexOf(key)) ?? route
}

function decodeStatus ({ log, repeater }: Round, body: Uint8Array): RepeaterStats | null {
  try {
    return decodeRepeaterStats(body)
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    log.warn({ err: error, repeater: repeater.name }, 'the answer to a status request is no status')
    return null
  }
}

/**
 * In words by which rule 11 tells causes apart. A repeater says nothing to a wrong password, to a clock that is behind and when it is not
 * reached; who has answered before has most likely the right password.
 */
function reasonOf ({ companion: { clock }, memory }: Round, tries: number, loginIsSilent: boolean): string {
  const ahead = clock.state === 'ahead' ? `the companion's clock is ${clock.offsetS} s ahead of this host's` : clock.state === 'behind' ? `the companion's clock is ${-clock.offsetS} s behind and can't be set` : null
  if (memory.breaker.lastSuccessMs === null && loginIsSilent) return `no answer: password, clock, path or radio${ahead === null ? '' : ` (${ahead})`}`
  return ahead === null ? `no answer to ${tries} ${tries === 1 ? 'request' : 'requests'}` : `no answer, and ${ahead}`
}

function detailsOf ({ companion: { clock }, route }: Round, { tries, logins, wasReset }: { tries: number, logins: number, wasReset: boolean }): Details {
  return {
    tries, logins, route: route.hops === null ? 'flood' : 'direct',
    ...(route.hops !== null && { hops: route.hops }),
    ...(clock.state !== 'right' && clock.state !== 'was_set' && { companion_clock: clock.state, companion_clock_offset_s: clock.offsetS }),
    ...(wasReset && { path_reset: true }),
  }
}

/** A hop of the path may be gone: the next request floods and finds another. A flood costs the mesh much, so seldom. */
async function resetStalePath ({ companion, key, route, memory, clock, log, repeater }: Round): Promise<boolean> {
  memory.silentOverPath = route.hops === null ? 0 : memory.silentOverPath + 1
  const nowMs = clock.monotonicMs()
  if (memory.silentOverPath < silentBeforeReset || (memory.pathResetMs !== null && nowMs - memory.pathResetMs < resetEveryMs)) return false
  await companion.resetPath(key)
  Object.assign(memory, { silentOverPath: 0, pathResetMs: nowMs })
  log.info({ repeater: repeater.name, hops: route.hops }, 'silent over its path: the companion forgets it, the next request floods')
  return true
}

/** Its sensors; null where no answer came. */
export async function askTelemetry (round: Round): Promise<Readings | null> {
  await round.clock.wait(pauseMs, round.signal)
  const { answer } = await askPatiently(round, { is: 'telemetry' }, round.patience.telemetry)
  return answer && telemetryReadings(decodeLpp(answer))
}

/** Who it hears, newest first and at most 44; null where no answer came. */
export async function askNeighbours (round: Round): Promise<{ total: number, neighbours: ReturnType<typeof neighbourList> } | null> {
  const neighbours: Neighbour[] = []
  round.memory.neighboursMs = round.clock.monotonicMs()
  let total: number | null = null
  for (let page = 0; page < neighbourPages && (total === null || neighbours.length < total); page++) {
    await round.clock.wait(pauseMs, round.signal)
    const { answer } = await askPatiently(round, {
      is: 'neighbours', count: neighboursPerPage, offset: neighbours.length, order: newestFirst, prefixLength: neighbourPrefixBytes, nonce: Math.floor(round.clock.now()) % 2 ** 32,
    }, round.patience.telemetry)
    if (!answer) break
    const found = decodeNeighbours(answer, neighbourPrefixBytes)
    total = found.total
    neighbours.push(...found.neighbours)
    if (found.neighbours.length === 0) break
  }
  return total === null ? null : { total, neighbours: neighbourList(neighbours) }
}

/** One try where the breaker is half open. */
export const patienceOf = (status: Patience, isHalfOpen: boolean): Patience => isHalfOpen ? { ...status, attempts: 1 } : status
