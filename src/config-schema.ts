import { Type, type Static, type TSchema } from 'typebox'

export const text = (description: string, options: object = {}) => Type.String({ description, ...options })
export const integer = (description: string, initial: number, minimum: number, maximum: number) =>
  Type.Integer({ description, default: initial, minimum, maximum })
const origins = (description: string) => Type.Array(Type.String({ pattern: '^(\\*|https?://[^/?#\\s;,\']+)$' }), {
  description,
  default: [],
  errorMessage: 'must be origins such as https://openwisp.example, separated by commas, or *',
})
export const secret = (description: string) => Type.Optional(Type.String({ description, minLength: 1, writeOnly: true }))

const decimal = (description: string, minimum: number, maximum: number) =>
  Type.Optional(Type.Number({ description, minimum, maximum, errorMessage: `must be a number from ${minimum} to ${maximum}` }))

/** An age such as `90 days`; `forever` keeps everything. */
const age = (description: string, initial: string) => text(description, {
  default: initial,
  pattern: '^(forever|[1-9][0-9]{0,4} (hour|day|week|month|year)s?)$',
  errorMessage: 'must be an age such as "90 days" or "forever"',
})

/** At least four days: a daily aggregate of shorter rows could not be made before they go (retention.ts). */
const retention = (description: string, initial: string) => text(description, {
  default: initial,
  pattern: '^(forever|(9[6-9]|[1-9][0-9]{2,4}) hours?|([4-9]|[1-9][0-9]{1,4}) days?|[1-9][0-9]{0,4} (week|month|year)s?)$',
  errorMessage: 'must be an age of at least 4 days, such as "90 days", or "forever"',
})

/**
 * Every setting of the collector, named as in the environment. The type of `config`, `meshmon config`, the
 * example file's test and the start-up check are all made from this. `writeOnly` marks what is never printed.
 * Those of the workers: radio-config-schema.ts, aredn-config-schema.ts.
 */
export const settings = Type.Object({
  DATABASE_URL: Type.Optional(Type.String({
    description: 'PostgreSQL server with TimescaleDB; of several hosts (host1:5432,host2:5432) the one that takes writes. Unset: the embedded database. DB_DSN is the same.',
    pattern: '^postgres(ql)?://',
    errorMessage: 'must be a URL such as postgresql://user:password@host:5432/meshmon',
    writeOnly: true,
  })),
  DATABASE_URL_READ: Type.Optional(Type.String({
    description: 'A replica of that server, which answers what is read from the API. Unset, or while it is away or too old: the server of DATABASE_URL.',
    pattern: '^postgres(ql)?://',
    errorMessage: 'must be a URL such as postgresql://user:password@replica:5432/meshmon',
    writeOnly: true,
  })),
  READ_MAX_LAG_S: integer('A replica that is so many seconds behind is not read from.', 5, 1, 3600),
  DATA_DIR: text('Folder of the embedded database and of the workers\' state.', { default: './data', minLength: 1 }),
  HOST: text('Address to listen on.', { default: '0.0.0.0', minLength: 1 }),
  PORT: integer('Port to listen on. 0 takes a free one and logs it.', 8080, 0, 65_535),
  WORKERS: integer('Collector processes that share the port. 1 with the embedded database.', 1, 1, 64),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { description: 'Least level that is logged.', default: 'info' }),

  INGEST_MAX_BODY: Type.Integer({ description: 'Largest request body, decompressed. Bytes, or with KiB or MiB.', default: 8 * 1024 ** 2, minimum: 1024, maximum: 256 * 1024 ** 2, format: 'bytes' }),
  INGEST_MAX_MESSAGES: integer('Most messages in one request.', 10_000, 1, 1_000_000),
  INGEST_QUEUE_ROWS: integer('Rows that may wait for the database; beyond that /ingest answers 503.', 100_000, 1000, 10_000_000),
  INGEST_FLUSH_ROWS: integer('Rows written in one transaction.', 5000, 1, 100_000),
  INGEST_FLUSH_MS: integer('Longest time a row waits for others, milliseconds.', 5, 0, 1000),

  RETENTION_RAW: retention('Measurements are kept this long.', '90 days'),
  RETENTION_HOURLY: retention('Hourly aggregates are kept this long.', '365 days'),
  RETENTION_DAILY: retention('Daily aggregates are kept this long.', 'forever'),
  RETENTION_CRASHES: retention('Crash reports are kept this long.', '365 days'),
  RETENTION_RADIO: retention('Raw readings of MeshCore radios are kept this long.', 'forever'),
  COMPRESS_AFTER: age('Measurements are compressed at this age (Community edition).', '7 days'),

  ENGINE_INTERVAL_S: integer('Seconds between two evaluations of the rules.', 10, 1, 300),
  ENGINE_DELAY_S: integer('An evaluation judges the moment so many seconds before it, so that what was measured has arrived.', 5, 0, 300),
  RULES_FILE: Type.Optional(text('YAML file of the rules\' thresholds. Unset: the defaults of rules.example.yaml.', { minLength: 1 })),
  SITES: Type.Optional(text('YAML file of the places where nodes and radios stand together, as in sites.example.yaml. Unset: by coordinates alone.', { minLength: 1 })),
  NETWORK_STATUS_TIMING: Type.Enum(['unusable', 'trusted'], { description: 'Whether RTT and jitter of network_status messages count. They are wrong by construction in the one agent that sends them.', default: 'unusable' }),

  NOTIFY_URLS: Type.Array(Type.String({ pattern: '^(https?://[^/?#\\s]\\S*|ntfys?://[^/?#\\s]+/[A-Za-z0-9_-]{1,64})$', format: 'url' }), {
    description: 'Whom to tell of issues: webhooks (http, https) and ntfy topics (ntfy, ntfys), separated by commas.',
    default: [],
    errorMessage: 'must be URLs such as https://host/hook or ntfy://host/topic, separated by commas',
    writeOnly: true,
  }),
  NOTIFY_SECRET: secret('Key that webhook messages are signed with.'),
  NOTIFY_COMMAND: secret('Command that gets each message as JSON on its standard input.'),
  NOTIFY_PER_MIN: integer('Messages a minute; beyond that one summary is sent.', 10, 1, 1000),
  NOTIFY_REMIND_H: integer('Hours between reminders of an open critical issue that nobody has acknowledged. 0: none.', 6, 0, 720),
  PUBLIC_URL: Type.Optional(text('Where people reach this collector: base of the links in messages.', {
    pattern: '^https?://[^/?#\\s]+(/[^?#\\s]*)?$',
    errorMessage: 'must be a URL such as http://meshmon.local.mesh:8080',
  })),

  TZ: Type.Optional(Type.String({
    description: 'Time zone of charts\' axes, and of the days and months of reports. Unset: the system\'s own.',
    format: 'time-zone',
    errorMessage: 'must be a time zone such as Europe/Amsterdam',
  })),
  REPORT_LOCATION_NAME: Type.Optional(text('Place of radios that do not tell theirs, in full, for reports.', { minLength: 1 })),
  REPORT_LOCATION_SHORT: Type.Optional(text('The same in a word or two, for headings.', { minLength: 1 })),
  REPORT_LAT: decimal('Latitude of radios that do not tell theirs, decimal degrees. 0 and 0: not known.', -90, 90),
  REPORT_LON: decimal('Longitude.', -180, 180),
  REPORT_ELEV: decimal('Elevation, in REPORT_ELEV_UNIT.', -1500, 30_000),
  REPORT_ELEV_UNIT: Type.Enum(['m', 'ft'], { description: 'Unit of REPORT_ELEV, and of elevations in reports.', default: 'm' }),
  REPEATER_HARDWARE: Type.Optional(text('What repeaters are built of that do not tell.', { minLength: 1 })),
  COMPANION_HARDWARE: Type.Optional(text('What companions are built of that do not tell.', { minLength: 1 })),
  DISPLAY_UNIT_SYSTEM: Type.Enum(['metric', 'imperial'], { description: 'Units of charts and of the map: metric, or imperial (°F, inHg, ft, miles).', default: 'metric' }),
  MAP_GEOJSON: Type.Optional(text('GeoJSON file of lines and polygons, drawn beneath the map of the mesh.', { minLength: 1 })),

  OUT_DIR: Type.Optional(text('Folder that `meshmon site` writes to where it is given none.', { minLength: 1 })),

  API_TOKEN: secret('Bearer token for every write except /ingest. Unset: open.'),
  INGEST_TOKEN: secret('Bearer token (or ?token=) for /ingest. Unset: open.'),
  CORS_ORIGINS: origins('Origins that may read and write from a browser. Unset: everybody may read, nobody may write.'),
  FRAME_ANCESTORS: origins('Origins whose pages may show /panel in a frame, such as https://openwisp.example. * for any. Unset: only the collector\'s own.'),
  TRUST_PROXY: Type.Array(Type.String({ format: 'proxy' }), {
    description: 'Addresses or networks of reverse proxies whose X-Forwarded-For is believed.',
    default: [],
    errorMessage: 'must be addresses or networks such as 127.0.0.1 or 10.1.0.0/16, separated by commas',
  }),
})

export type Config = Static<typeof settings>

/** Other names for a setting, from the developer guide. */
export const aliases: Readonly<Record<string, string>> = { DB_DSN: 'DATABASE_URL' }

/** Settings that a file may hold and nothing of ours reads: those of meshcore-stats that only its pages show, those to come. */
export const unreadSettings = /^RADIO_(FREQUENCY|BANDWIDTH|SPREAD_FACTOR|CODING_RATE)$|^(HTML_PATH|COMPANION_PUBKEY_PREFIX)$/

export function isSecret (schema: TSchema): boolean {
  return 'writeOnly' in schema && schema.writeOnly === true
}
