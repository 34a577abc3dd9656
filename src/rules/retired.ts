import type { Pool } from 'pg'
import { formatSubject } from '../incidents/subject.js'
import { heardName } from './heard.js'
import type { Claim } from './slots.js'
import { isoOf } from './sql.js'
import type { States } from './states.js'

const selectRetired = 'select name from nodes where retired_at > $1'

/** The clocks of the engine and of who retired a node may differ by this much. */
const toleranceMs = 60_000

/** A node that a person retired is not waited for: what is known of when it was heard goes, until it speaks again. */
export async function forgetRetired (pool: Pool, states: States, { priorAtMs, atMs }: Claim): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(selectRetired, [isoOf((priorAtMs ?? atMs) - toleranceMs)])
  for (const { name } of rows) states.set(heardName, formatSubject({ type: 'node', node: name }), null)
}
