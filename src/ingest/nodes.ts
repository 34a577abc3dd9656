import type { ClientBase } from 'pg'
import type { Json, Micros, Sighting } from '../messages/tables.js'

export interface HeardSighting extends Sighting {
  receivedAt: Micros
  /** Address the message came from; null for what was not sent by the node itself. */
  address: string | null
}

type Merged = Omit<HeardSighting, 'addresses' | 'sendsItself'> & { firstAt: Micros }

/** What is absent leaves what is known. A node that speaks is no longer retired. */
const upsertNodes = `
insert into nodes as n (name, kind, public_key, address, first_seen, last_seen, last_time, version, model, lat, lon, elevation_m, battery, info)
select name, kind, public_key, address, to_timestamp(first_s), to_timestamp(last_s), timestamptz 'epoch' + time_us * interval '1 microsecond',
  coalesce(version, agent_version), model, lat, lon, elevation_m, battery, info
from jsonb_to_recordset($1::jsonb) as s(name text, kind text, public_key text, address text, first_s float8, last_s float8, time_us int8,
  version text, agent_version text, model text, lat float8, lon float8, elevation_m float8, battery jsonb, info jsonb)
order by lower(name), kind
on conflict (lower(name), kind) do update set
  public_key = coalesce(excluded.public_key, n.public_key),
  address = coalesce(excluded.address, n.address),
  first_seen = least(n.first_seen, excluded.first_seen),
  last_seen = greatest(n.last_seen, excluded.last_seen),
  last_time = greatest(n.last_time, excluded.last_time),
  version = coalesce(excluded.version, n.version),
  model = coalesce(excluded.model, n.model),
  lat = coalesce(excluded.lat, n.lat),
  lon = coalesce(excluded.lon, n.lon),
  elevation_m = coalesce(excluded.elevation_m, n.elevation_m),
  battery = coalesce(excluded.battery, n.battery),
  info = case when excluded.info is null then n.info else coalesce(n.info, '{}') || excluded.info end,
  retired_at = null`

/** Updates `nodes` by what was heard; names must be in their stored spelling. One row per node, however many messages. */
export async function recordNodes (client: ClientBase, heard: HeardSighting[]): Promise<void> {
  const byNode = new Map<string, Merged>()
  for (const { addresses, sendsItself, ...sighting } of heard) {
    const key = `${sighting.kind} ${sighting.name}`
    byNode.set(key, merge(byNode.get(key), sighting))
  }
  if (byNode.size === 0) return
  await client.query(upsertNodes, [JSON.stringify([...byNode.values()].map(asRecord))])
}

function merge (known: Merged | undefined, next: Omit<Merged, 'firstAt'>): Merged {
  if (!known) return { ...next, firstAt: next.receivedAt }
  const given = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== null))
  return {
    ...known,
    ...given,
    time: known.time === null || next.time === null ? known.time ?? next.time : Math.max(known.time, next.time),
    firstAt: Math.min(known.firstAt, next.receivedAt),
    receivedAt: Math.max(known.receivedAt, next.receivedAt),
    ...(known.info && next.info ? { info: { ...known.info, ...next.info } } : {}),
  }
}

function asRecord (node: Merged): Record<string, Json | undefined> {
  return {
    name: node.name,
    kind: node.kind,
    public_key: node.publicKey,
    address: node.address,
    first_s: node.firstAt / 1e6,
    last_s: node.receivedAt / 1e6,
    time_us: node.time,
    version: node.version,
    model: node.model,
    lat: node.lat,
    lon: node.lon,
    elevation_m: node.elevation_m,
    battery: node.battery,
    info: node.info,
  }
}
