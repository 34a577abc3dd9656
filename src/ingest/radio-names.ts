import type { Pool } from 'pg'
import type { Sighting } from '../messages/tables.js'
import type { Arrival } from './arrival.js'

/** Half of the prefix that MeshCore itself knows a radio by: enough to tell radios of one name apart. */
const keyCharacters = 8
const longestName = 128

/** A retired radio has given its name up, but keeps one that was made of its own key. */
const selectHolders = `
select lower(name) as folded, lower(public_key) as key, retired_at is not null as is_retired from nodes
where kind <> 'router' and public_key is not null and lower(name) in (select lower(wanted) from unnest($1::text[]) as wanted)
order by first_seen desc, id desc`

interface Holder { folded: string, key: string, is_retired: boolean }

interface Keyed { arrival: Arrival, sighting: Sighting, key: string }

/**
 * Gives the second radio of a name one of its own: the name and the beginning of its public key. Two radios are told apart by their
 * keys alone, so a message without one belongs to whoever has the name. Changes the messages; a second call changes nothing more.
 */
export async function nameRadios (pool: Pool, arrivals: Arrival[]): Promise<void> {
  const keyed = arrivals.flatMap((arrival) => arrival.message.sightings.flatMap((sighting): Keyed[] =>
    sighting.kind !== 'router' && sighting.publicKey ? [{ arrival, sighting, key: sighting.publicKey.toLowerCase() }] : []))
  if (keyed.length === 0) return
  const names = new Set(keyed.flatMap(({ sighting: { name }, key }) => [name, withKey(name, key)]))
  const { rows } = await pool.query<Holder>(selectHolders, [[...names]])
  const holders = new Map(rows.filter(({ is_retired: isRetired }) => !isRetired).map(({ folded, key }) => [folded, key]))
  const everHeld = new Set(rows.map(({ folded, key }) => `${folded} ${key}`))

  for (const { arrival, sighting, key } of keyed) {
    const own = withKey(sighting.name, key)
    const holder = holders.get(sighting.name.toLowerCase())
    const isSecond = (holder !== undefined && !isSameKey(holder, key)) || everHeld.has(`${own.toLowerCase()} ${key}`)
    if (isSecond) rename(arrival, sighting, own)
    else if (holder === undefined) holders.set(sighting.name.toLowerCase(), key)
  }
}

function rename ({ message }: Arrival, sighting: Sighting, name: string): void {
  for (const { values } of message.rows) if ('node' in values && values.node === sighting.name) values.node = name
  sighting.name = name
}

function withKey (name: string, key: string): string {
  const end = `-${key.slice(0, keyCharacters)}`
  return `${Array.from(name).slice(0, longestName - end.length).join('')}${end}`
}

/** One of them may be a prefix only. */
function isSameKey (one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one)
}
