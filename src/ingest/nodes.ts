import type { ClientBase } from 'pg'
import type { Json, Micros, Sighting } from '../messages/tables.js'

/** A sighting with what its sender could not know. */
export interface Heard {
  sighting: Sighting
  receivedAt: Micros
  /** Address the message came from; null for what was not sent by the node itself. */
  address: string | null
}

/** A row of `nodes` to be: what a batch says of one node. Field names are those of the statement below. */
interface NodeRecord {
  name: string
  kind: string
  public_key: string | undefined
  address: string | null
  first_us: Micros
  last_us: Micros
  time_us: Micros | null
  push_us: Micros | null
  version: string | undefined
  agent_version: string | undefined
  model: string | undefined
  lat: number | undefined
  lon: number | undefined
  elevation_m: number | undefined
  battery: Json | undefined
  info: { [key: string]: Json } | undefined
}

/**
 * What is absent leaves what is known; the agent's version stands in where the firmware's is not known. A node that speaks is no longer retired.
 * The database folds case a little more coarsely than names.ts (final sigma, dotted capital I): two such names are one node here, and
 * must not fail the statement for everybody's messages beside them.
 */
const upsertNodes = `
insert into nodes as n (name, kind, public_key, address, first_seen, last_seen, last_time, last_push, version, model, lat, lon, elevation_m, battery, info)
select distinct on (lower(s.name), s.kind) s.name, s.kind, s.public_key, s.address, timestamptz 'epoch' + first_us * interval '1 microsecond', timestamptz 'epoch' + last_us * interval '1 microsecond',
  timestamptz 'epoch' + time_us * interval '1 microsecond', timestamptz 'epoch' + push_us * interval '1 microsecond', coalesce(s.version, known.version, agent_version),
  s.model, s.lat, s.lon, s.elevation_m, s.battery, s.info
from jsonb_to_recordset($1::jsonb) as s(name text, kind text, public_key text, address text, first_us int8, last_us int8, time_us int8, push_us int8,
  version text, agent_version text, model text, lat float8, lon float8, elevation_m float8, battery jsonb, info jsonb)
left join nodes known on lower(known.name) = lower(s.name) and known.kind = s.kind
order by lower(s.name), s.kind
on conflict (lower(name), kind) do update set
  public_key = coalesce(excluded.public_key, n.public_key),
  address = coalesce(excluded.address, n.address),
  first_seen = least(n.first_seen, excluded.first_seen),
  last_seen = greatest(n.last_seen, excluded.last_seen),
  last_time = greatest(n.last_time, excluded.last_time),
  last_push = greatest(n.last_push, excluded.last_push),
  version = coalesce(excluded.version, n.version),
  model = coalesce(excluded.model, n.model),
  lat = coalesce(excluded.lat, n.lat),
  lon = coalesce(excluded.lon, n.lon),
  elevation_m = coalesce(excluded.elevation_m, n.elevation_m),
  battery = coalesce(excluded.battery, n.battery),
  info = case when excluded.info is null then n.info else coalesce(n.info, '{}') || excluded.info end,
  retired_at = null`

/** Updates `nodes` by what was heard; names must be in their stored spelling. One row per node, however many messages. */
export async function recordNodes (client: ClientBase, heard: Heard[]): Promise<void> {
  const byNode = new Map<string, NodeRecord>()
  for (const one of heard) {
    const key = `${one.sighting.kind} ${one.sighting.name}`
    const known = byNode.get(key)
    if (known) add(known, one)
    else byNode.set(key, start(one))
  }
  if (byNode.size > 0) await client.query({ name: 'upsert nodes', text: upsertNodes, values: [JSON.stringify([...byNode.values()])] })
}

function start ({ sighting, receivedAt, address }: Heard): NodeRecord {
  return {
    name: sighting.name,
    kind: sighting.kind,
    public_key: sighting.publicKey,
    address,
    first_us: receivedAt,
    last_us: receivedAt,
    time_us: sighting.time,
    push_us: sighting.isPushedSysinfo ? receivedAt : null,
    version: sighting.version,
    agent_version: sighting.agentVersion,
    model: sighting.model,
    lat: sighting.lat,
    lon: sighting.lon,
    elevation_m: sighting.elevation_m,
    battery: sighting.battery,
    info: sighting.info,
  }
}

/** Later messages win; what they do not say stays. */
function add (known: NodeRecord, { sighting, receivedAt, address }: Heard): void {
  known.first_us = Math.min(known.first_us, receivedAt)
  known.last_us = Math.max(known.last_us, receivedAt)
  known.address = address ?? known.address
  if (sighting.time !== null) known.time_us = Math.max(known.time_us ?? 0, sighting.time)
  if (sighting.isPushedSysinfo) known.push_us = Math.max(known.push_us ?? 0, receivedAt)
  known.version = sighting.version ?? known.version
  known.agent_version = sighting.agentVersion ?? known.agent_version
  known.model = sighting.model ?? known.model
  known.lat = sighting.lat ?? known.lat
  known.lon = sighting.lon ?? known.lon
  known.elevation_m = sighting.elevation_m ?? known.elevation_m
  known.public_key = sighting.publicKey ?? known.public_key
  known.battery = sighting.battery ?? known.battery
  if (sighting.info) known.info = { ...known.info, ...sighting.info }
}
