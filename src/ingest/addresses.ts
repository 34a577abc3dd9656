import type { ClientBase, Pool } from 'pg'

/**
 * Which node is behind an IP address: the one that sent from it or reported it within 24 h, if exactly one did.
 * The table `node_addresses` keeps it; what is asked often is remembered for half a minute.
 */
export interface AddressBook {
  /** Makes `owner` know these addresses. */
  learn (db: Pool, addresses: Iterable<string>, nowMs: number): Promise<void>
  /** The node behind an address learnt in the last call of `learn`, or null. */
  owner (address: string): string | null
  /** Notes who is behind which address. To be called within the transaction that stores what said so. */
  record (client: ClientBase, seen: AddressSeen[], nowMs: number): Promise<void>
  /** The transaction of a `record` did not come about: what it noted must be noted again. */
  forget (): void
}

export interface AddressSeen { address: string, node: string }

const maxCached = 20_000
const rememberMs = 30_000
/** A pair is written again only when its last note is older than this: 24 h need no exact minute. */
const renoteMs = 10 * 60_000

const readOwners = `
select address, min(node) as node from node_addresses
where address = any($1::text[]) and seen_at > to_timestamp($2::float8 / 1000) - interval '24 hours'
group by address having count(*) = 1`

const recordOwners = `
insert into node_addresses (address, node, seen_at)
select address, node, to_timestamp($3::float8 / 1000) from unnest($1::text[], $2::text[]) as s(address, node) order by address, node
on conflict (address, node) do update set seen_at = greatest(node_addresses.seen_at, excluded.seen_at)`

export function createAddressBook (): AddressBook {
  const owners = new Map<string, { node: string | null, readAtMs: number }>()
  const noted = new Map<string, number>()

  return {
    async learn (db, addresses, nowMs) {
      if (owners.size > maxCached) owners.clear()
      const wanted = [...new Set(addresses)].filter((address) => nowMs - (owners.get(address)?.readAtMs ?? -Infinity) >= rememberMs)
      if (wanted.length === 0) return
      const { rows } = await db.query<AddressSeen>(readOwners, [wanted, nowMs])
      for (const address of wanted) owners.set(address, { node: null, readAtMs: nowMs })
      for (const { address, node } of rows) owners.set(address, { node, readAtMs: nowMs })
    },

    owner: (address) => owners.get(address)?.node ?? null,

    async record (client, seen, nowMs) {
      if (noted.size > maxCached) noted.clear()
      const due = new Map<string, AddressSeen>()
      for (const pair of seen) {
        const key = `${pair.address} ${pair.node}`
        if (nowMs - (noted.get(key) ?? -Infinity) >= renoteMs) due.set(key, pair)
      }
      if (due.size === 0) return
      const pairs = [...due.values()]
      await client.query(recordOwners, [pairs.map((p) => p.address), pairs.map((p) => p.node), nowMs])
      for (const [key, { address }] of due) {
        noted.set(key, nowMs)
        owners.delete(address)
      }
    },

    forget: () => noted.clear(),
  }
}
