import type { FastifyReply } from 'fastify'
import { NotNow, Refused } from './refused.js'
import type { ReplayBody, ReplayedBody } from './schemas/rules.js'

/** Throws a `Refused` for rules that can't be used. Once `signal` is aborted nobody waits for the answer. */
export type Replay = (request: ReplayBody, signal: AbortSignal) => Promise<ReplayedBody>

export interface Replays {
  /** Makes the replays one after the other; refuses where others are under way. Given up when the client hangs up. */
  run: (requests: ReplayBody[], reply: FastifyReply) => Promise<ReplayedBody[]>
  stop: () => void
}

/** One at a time, whoever asks: the API and the dashboard share this. */
export function createReplays (replay: Replay): Replays {
  let running: AbortController | null = null
  return {
    async run (requests, reply) {
      if (running !== null) throw new Refused(409, 'another replay runs; there is one at a time: try again in a minute')
      const own = running = new AbortController()
      reply.raw.once('close', () => own.abort())
      try {
        const found = []
        for (const request of requests) found.push(await replay(request, own.signal))
        return found
      } catch (error) {
        throw own.signal.aborted ? new NotNow('the replay was given up: its client hung up, or the collector stops') : error
      } finally {
        running = null
      }
    },
    stop: () => running?.abort(),
  }
}
