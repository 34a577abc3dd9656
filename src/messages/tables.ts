/**
 * The measurement tables as the writer fills them: one entry per hypertable, one word per column.
 * Column names are those of the database; the migrations create exactly these. A trailing `?` marks a column that may be null.
 *
 * | word | TypeScript | PostgreSQL | meaning |
 * |---|---|---|---|
 * | time | number | timestamptz | microseconds since 1970 UTC |
 * | name | string | text | host name; stored under the spelling first seen |
 * | host | string | text | as `name`; an IP address is replaced by the node known to own it |
 * | route | string[] | jsonb | hosts in order |
 * | text, float, int, bool, json | | text, double precision, integer, boolean, jsonb | |
 *
 * Narrower in path_probe, for space: rtt_ms, jitter_ms and loss_pct are real (7 digits), window_s is smallint.
 *
 * `key` is the identity of a row (unique index): a second row with the same key is a duplicate and not stored.
 */
export const tables = {
  path_probe: {
    key: ['src', 'peer', 'time'],
    columns: {
      time: 'time', received_at: 'time', sent_at: 'time?', clock_suspect: 'bool',
      src: 'name', dst: 'host', peer: 'name', route: 'route',
      rtt_ms: 'float?', jitter_ms: 'float?', loss_pct: 'float?', window_s: 'int?',
      timing_usable: 'bool', loss_usable: 'bool', neighbors_seen: 'int?', extra: 'json?',
    },
  },
  hop_quality: {
    key: ['src', 'dst', 'hop_index', 'from_node', 'to_node', 'link_type', 'time'],
    columns: {
      time: 'time', received_at: 'time', sent_at: 'time?', clock_suspect: 'bool',
      src: 'name', dst: 'host', hop_index: 'int', from_node: 'host', to_node: 'host', link_type: 'text', interface: 'text?',
      lq: 'float?', nlq: 'float?', etx: 'float?', rtt_ms: 'float?', signal_dbm: 'float?', noise_dbm: 'float?',
      tx_bitrate_mbps: 'float?', rxcost: 'float?', txcost: 'float?', quality: 'float?', routable: 'bool?',
      route_cost: 'bool', extra: 'json?',
    },
  },
  agent_health: {
    key: ['node', 'source', 'time'],
    columns: {
      time: 'time', received_at: 'time', sent_at: 'time?', clock_suspect: 'bool', node: 'name', source: 'text',
      cpu_pct: 'float?', mem_mb: 'float?', queue_len: 'int?', neighbors_seen: 'int?', uptime_seconds: 'float?',
      restart_count: 'int?', threads_responsive: 'bool?', health_score: 'float?', reporting_reason: 'text?',
      routing_daemon: 'text?', lat: 'float?', lon: 'float?', grid_square: 'text?', hardware_model: 'text?',
      firmware_version: 'text?', load1: 'float?', free_mem_mb: 'float?', details: 'json?', extra: 'json?',
    },
  },
  crash_reports: {
    key: ['node', 'time'],
    columns: {
      time: 'time', received_at: 'time', sent_at: 'time?', clock_suspect: 'bool', node: 'name',
      signal: 'int?', signal_name: 'text?', description: 'text?', thread_id: 'text?', last_operation: 'text?',
      uptime_at_crash_s: 'float?', memory_at_crash_mb: 'float?', cpu_at_crash_pct: 'float?', crash_count_24h: 'int?',
      restart_count: 'int?', active_calls: 'int?', backtrace: 'json?', context: 'json?', extra: 'json?',
    },
  },
  phone_test: {
    key: ['node', 'phone_number', 'time'],
    columns: {
      time: 'time', received_at: 'time', sent_at: 'time?', clock_suspect: 'bool', node: 'name', phone_number: 'text',
      display_name: 'text?', dns_hostname: 'text?', dns_resolved: 'bool?', dns_ip: 'text?',
      ping_status: 'text?', ping_packets_sent: 'int?', ping_packets_received: 'int?', ping_loss_pct: 'float?',
      ping_rtt_min_ms: 'float?', ping_rtt_avg_ms: 'float?', ping_rtt_max_ms: 'float?', ping_jitter_ms: 'float?',
      options_status: 'text?', options_packets_sent: 'int?', options_packets_received: 'int?', options_loss_pct: 'float?',
      options_rtt_min_ms: 'float?', options_rtt_avg_ms: 'float?', options_rtt_max_ms: 'float?', options_jitter_ms: 'float?',
      extra: 'json?',
    },
  },
  radio_metrics: {
    key: ['node', 'metric', 'time'],
    columns: { time: 'time', received_at: 'time', sent_at: 'time?', clock_suspect: 'bool', node: 'name', metric: 'text', value: 'float' },
  },
  worker_event: {
    key: ['node', 'event', 'time'],
    columns: {
      time: 'time', received_at: 'time', sent_at: 'time?', clock_suspect: 'bool', node: 'name',
      event: 'text', reason: 'text?', details: 'json?', extra: 'json?',
    },
  },
} as const

export type TableName = keyof typeof tables

/** Microseconds since 1970-01-01T00:00:00Z: a safe integer, keeps what RFC 3339 text carries beyond milliseconds. */
export type Micros = number

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

interface Values {
  time: Micros
  name: string
  host: string
  route: string[]
  text: string
  float: number
  int: number
  bool: boolean
  json: Json
}

export type ColumnWord = keyof Values | `${keyof Values}?`

type ValueOf<W> = W extends `${infer Word extends keyof Values}?` ? Values[Word] | null : W extends keyof Values ? Values[W] : never

/** One row of table T, column names as in the database. */
export type RowOf<T extends TableName> = { -readonly [C in keyof (typeof tables)[T]['columns']]: ValueOf<(typeof tables)[T]['columns'][C]> }

/**
 * A row bound for its table. A row with `after` is stored only when the row it names is new:
 * the hops of a repeated probe must not come back under a name resolved in between.
 */
export type Row = { [T in TableName]: { table: T, values: RowOf<T>, after?: Row } }[TableName]

/** What a message says of a node: updates `nodes`. Every message gives one for its sender. Absent fields leave what is known. */
export interface Sighting {
  name: string
  kind: 'router' | 'companion' | 'repeater'
  /** Time of the message; null where it could not be believed. */
  time: Micros | null
  /** Version of its firmware. */
  version?: string
  /** Version of the agent program: the node's version where that of its firmware is not known. */
  agentVersion?: string
  model?: string
  lat?: number
  lon?: number
  elevation_m?: number
  publicKey?: string
  battery?: Json
  info?: { [key: string]: Json }
  /** Addresses the node says are its own. */
  addresses?: string[]
  /** False for radios: the worker's address is not theirs. */
  sendsItself: boolean
  /** It is a node's own sysinfo, posted by the node. */
  isPushedSysinfo?: true
}

/** What one valid message becomes. */
export interface NormalisedMessage {
  type: string
  rows: Row[]
  sightings: Sighting[]
  /** Peers reported by address: the node behind each, as the sender knows it. */
  neighbours: { name: string, address: string }[]
  /** Probes left out because their own time can't be true. */
  skippedProbes: number
  /** The message's own time could not be believed: it is exempt from duplicate detection. */
  clockSuspect: boolean
}
