import type { ClientBase, Pool } from 'pg'
import { withOnePacket, withTransaction } from '../database/transaction.js'
import type { NormalisedMessage, Row } from '../messages/tables.js'
import type { AddressBook, AddressSeen } from './addresses.js'
import type { Arrival } from './arrival.js'
import { insertRows } from './insert.js'
import type { NameBook } from './names.js'
import { recordNodes, type Heard } from './nodes.js'
import { nameRadios } from './radio-names.js'
import { recordRejected, type RejectedMessage } from './rejected.js'
import { namesIn, settleNames } from './settle.js'

/** What became of a message; `refused` says why the database would not take it. */
export type Outcome = 'stored' | 'duplicate' | { refused: string }

export interface FlushContext {
  pool: Pool
  names: NameBook
  addresses: AddressBook
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Stores messages and rejected ones in one transaction. A message that the database refuses is found by halving,
 * kept as rejected, and the rest stored; then there are several transactions. Throws where the database is away.
 */
export async function flush (context: FlushContext, arrivals: Arrival[], rejected: RejectedMessage[]): Promise<Map<Arrival, Outcome>> {
  try {
    return await store(context, arrivals, rejected)
  } catch (error) {
    context.addresses.forget()
    if (!isDataError(error) || arrivals.length === 0) throw error
    if (arrivals.length === 1) return await refuse(context, arrivals[0]!, rejected, error)
    const middle = arrivals.length >> 1
    const first = await flush(context, arrivals.slice(0, middle), rejected)
    const second = await flush(context, arrivals.slice(middle), [])
    return new Map([...first, ...second])
  }
}

async function refuse (context: FlushContext, arrival: Arrival, rejected: RejectedMessage[], error: Error): Promise<Map<Arrival, Outcome>> {
  const reason = `the database refused it: ${error.message}`
  await store(context, [], [...rejected, { receivedAt: arrival.receivedAt, address: arrival.address, reason, errors: [], body: arrival.raw() }])
  return new Map([[arrival, { refused: reason }]])
}

async function store (context: FlushContext, arrivals: Arrival[], rejected: RejectedMessage[]): Promise<Map<Arrival, Outcome>> {
  const { pool, names, addresses } = context
  await nameRadios(pool, arrivals)
  const wanted = namesIn(arrivals)
  await names.learn(pool, wanted.names)
  await addresses.learn(pool, wanted.addresses, context.now())
  settleNames(arrivals, names, addresses)

  const rows = arrivals.flatMap(({ message }) => message.rows)
  const transact = rows.some(({ after }) => after) ? withTransaction : withOnePacket
  return await transact(pool, async (client) => {
    const stored = new Set<Row>()
    const inserted = insertRows(client, rows.filter(({ after }) => !after), stored)
    const dependent = rows.filter(({ after }) => after)
    if (dependent.length > 0) {
      await inserted
      await insertRows(client, dependent.filter(({ after }) => stored.has(after!)), stored)
    }
    // Sent behind the rows without waiting for them. Where a row is refused these fail too, but have nothing to say.
    const recorded = Promise.all([recordSenders(client, context, arrivals), recordRejected(client, rejected)])
    recorded.catch(() => {})
    await inserted
    await recorded
    return new Map(arrivals.map((arrival) => [arrival, outcomeOf(arrival.message, stored)]))
  })
}

async function recordSenders (client: ClientBase, context: FlushContext, arrivals: Arrival[]): Promise<void> {
  const heard: Heard[] = []
  const seen: AddressSeen[] = []
  const last = new Map<string, string>()
  for (const { message, receivedAt, address } of arrivals) {
    for (const sighting of message.sightings) {
      const own = sighting.sendsItself ? address : null
      heard.push({ sighting, receivedAt, address: own })
      if (own !== null && last.get(sighting.name) !== own) {
        last.set(sighting.name, own)
        seen.push({ address: own, node: sighting.name })
      }
      for (const reported of sighting.addresses ?? []) seen.push({ address: reported, node: sighting.name })
    }
    for (const { address, name } of message.neighbours) seen.push({ address, node: name })
  }
  await Promise.all([recordNodes(client, heard), context.addresses.record(client, seen, context.now())])
}

/** A message without rows (no probe yet) has nothing that could be stored already. */
function outcomeOf (message: NormalisedMessage, stored: Set<Row>): Outcome {
  return message.clockSuspect || message.rows.length === 0 || message.rows.some((row) => stored.has(row)) ? 'stored' : 'duplicate'
}

/** The data is at fault, not the server: contradicts itself, out of range, not representable, violates a constraint, too large for an index. */
function isDataError (error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(21|22|23|54)/.test(String(error.code))
}
