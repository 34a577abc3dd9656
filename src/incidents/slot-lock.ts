import type { ClientBase } from 'pg'

const lock = 'select from engine_slot for update'

/**
 * To be called first in every transaction that writes to the journal: one at a time does, so that the order of the journal's ids is the order in which
 * they are committed. Who follows the journal by id (GET /events) would miss entries otherwise.
 */
export async function lockSlot (client: ClientBase): Promise<void> {
  await client.query(lock)
}
