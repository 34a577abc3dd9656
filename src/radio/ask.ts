import type { BaseLogger } from 'pino'
import type { Clock } from '../clock.js'
import { answerMs, requestMs, returnPathMs, type Modulation, type Request, type Route } from './airtime.js'
import type { Budget } from './budget.js'
import { RadioError, type Asked, type Companion } from './companion.js'
import type { RemoteRequest, Sent } from './frames/types.js'
import type { Patience } from './settings.js'

/** Who is asked, and what it is asked with. */
export interface Asking {
  companion: Companion
  key: Uint8Array
  /** As the companion knows it now: it learns a path from the answer to a flood. */
  route: Route
  budget: Budget
  clock: Clock
  log: Pick<BaseLogger, 'debug' | 'info' | 'warn'>
  signal: AbortSignal
}

/** A request that was sent. `late` is its answer after the wait is over, null once none can come. */
export interface Attempt<T> { answer: T | null, late: Promise<T | null> }

/** Bytes of a binary request, and of the answer that is expected: for the airtime before it is spent. */
const sizes: Record<Exclude<RemoteRequest['is'], 'unknown'>, { bytes: number, answerBytes: number }> = {
  status: { bytes: 1, answerBytes: 56 },
  telemetry: { bytes: 5, answerBytes: 44 },
  access_list: { bytes: 3, answerBytes: 130 },
  neighbours: { bytes: 11, answerBytes: 134 },
}
/** Behind the repeater's time in the answer to a login. */
const loginAnswerBytes = 9

/** The firmware's guess, and how far it falls short (meshcore.md 4.2, point 4). */
const guessFactor = 1.5
const guessExtraMs = 1000

/** Airtime that a request and its answer will take, as far as anybody can tell. */
export function plannedMs (modulation: Modulation, route: Route, request: Exclude<RemoteRequest['is'], 'unknown'> | { password: string }): number {
  const [asked, answerBytes] = typeof request === 'string'
    ? [{ is: 'request', bytes: sizes[request].bytes }, sizes[request].answerBytes] as const
    : [{ is: 'login', bytes: Buffer.byteLength(request.password) }, loginAnswerBytes] as const
  return requestMs(modulation, asked, route) + answerMs(modulation, answerBytes, route) + (route.hops === null ? returnPathMs(modulation) : 0)
}

/** How long to wait for the answer to a request that was sent: half as long again as the companion suggests and a second, but not less than `timeoutS`. */
export const patienceMs = ({ suggestedMs }: Sent, timeoutS: number): number => Math.max(timeoutS * 1000, suggestedMs * guessFactor + guessExtraMs)

/** Resolves with the promise, or with undefined after so long; rejects with the signal's reason once that aborts. */
export async function within<T> (promise: Promise<T>, ms: number, { clock, signal }: Pick<Asking, 'clock' | 'signal'>): Promise<T | undefined> {
  const done = new AbortController()
  const timeout = clock.wait(ms, AbortSignal.any([signal, done.signal])).then(() => undefined, (error) => {
    if (signal.aborted) throw error
    return undefined
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    done.abort()
  }
}

/** Waits for the answer to the newest request. That none can come any more means that the connection is gone. */
async function answerWithin<T> (answer: Promise<T | null>, ms: number, asking: Asking): Promise<T | null> {
  const found = await within(answer, ms, asking)
  if (found === null) throw new RadioError('closed', 'the connection to the companion ended before an answer')
  return found ?? null
}

interface Question<T> {
  is: Request['is']
  timeoutS: number
  /** Behind the tag of an answer; of null: of one that did not come. */
  bodyBytes: (answer: T | null) => number
}

/**
 * Sends one request, and waits half as long again as the companion suggests and a second, but not less than `timeoutS`. Counts its
 * airtime and that of the answer. One that did not come is counted too: it may have been lost on its way here.
 */
async function ask<T> (asking: Asking, { is, timeoutS, bodyBytes }: Question<T>, asked: Asked<T>): Promise<Attempt<T>> {
  const { companion: { self }, route, budget, clock } = asking
  const { sent, requestBytes } = asked
  budget.spend(requestMs(self, { is, bytes: requestBytes }, route, sent), clock.monotonicMs())
  const answered = sent.flooded ? { ...route, hops: null } : route
  let isCounted = false
  const late = asked.answer.then((answer) => {
    const ownMs = isCounted ? 0 : answerMs(self, bodyBytes(answer), answered)
    if (answer !== null) budget.spend(ownMs + (sent.flooded ? returnPathMs(self) : 0), clock.monotonicMs())
    return answer
  })
  const answer = await answerWithin(late, patienceMs(sent, timeoutS), asking)
  if (answer === null) {
    isCounted = true
    budget.spend(answerMs(self, bodyBytes(null), answered), clock.monotonicMs())
  }
  return { answer, late }
}

export async function askLogin (asking: Asking, password: string, timeoutS: number): Promise<Attempt<{ clockS?: number }>> {
  const asked = await asking.companion.login(asking.key, password)
  return await ask(asking, { is: 'login', timeoutS, bodyBytes: () => loginAnswerBytes }, asked)
}

export interface Tried extends Attempt<Uint8Array> { tries: number }

/**
 * Asks until an answer comes, as often as patience says and the budget allows; what comes in the pause between two tries counts.
 * @param prepare is done before each try
 */
export async function askPatiently (
  asking: Asking, request: RemoteRequest & { is: keyof typeof sizes }, { timeoutS, attempts, backoffS }: Patience, prepare: (tried: number) => Promise<void> = async () => {}
): Promise<Tried> {
  const { companion, key, budget, clock, log } = asking
  let late: Promise<Uint8Array | null> = Promise.resolve(null)
  let tries = 0
  for (; tries < attempts; tries++) {
    if (tries > 0) {
      const answer = await answerWithin(late, backoffS * 1000, asking)
      if (answer !== null) return { answer, late, tries }
    }
    if (!budget.allows(plannedMs(companion.self, asking.route, request.is), clock.monotonicMs())) {
      log.info({ request: request.is, tries }, 'the airtime budget allows no more tries')
      break
    }
    await prepare(tries)
    const attempt = await ask(asking, { is: 'request', timeoutS, bodyBytes: (body) => body?.length ?? sizes[request.is].answerBytes }, await companion.request(key, request))
    if (attempt.answer !== null) return { ...attempt, tries: tries + 1 }
    late = attempt.late
  }
  return { answer: null, late, tries }
}
