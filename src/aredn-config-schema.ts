import { Type, type Static } from 'typebox'
import { integer, settings } from './config-schema.js'
import { radioSettings } from './radio-config-schema.js'

const { DATA_DIR, HOST, LOG_LEVEL, INGEST_TOKEN } = settings.properties
const { COLLECTOR_URL, STATE_DIR, METRICS_PORT } = radioSettings.properties

const names = (description: string) => Type.Array(Type.String({ pattern: '^[A-Za-z0-9_.*?-]{1,253}$' }), {
  description,
  default: [],
  errorMessage: 'must be names separated by commas, with * for anything: HB9*,*-relay',
})

/** Every setting of the AREDN worker. */
export const arednSettings = Type.Object({
  DATA_DIR,
  HOST,
  LOG_LEVEL,
  INGEST_TOKEN,
  COLLECTOR_URL,
  STATE_DIR,
  METRICS_PORT,

  AREDN_SEEDS: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,253}$' }), {
    description: 'Nodes to start from: names or addresses, separated by commas.',
    default: ['localnode.local.mesh'],
    minItems: 1,
    maxItems: 100,
    errorMessage: 'must be names or addresses of nodes, separated by commas',
  }),
  AREDN_STEP: integer('Seconds between two readings of a node.', 300, 10, 86_400),
  AREDN_CONCURRENCY: integer('Nodes that are read at the same time.', 4, 1, 64),
  AREDN_RATE: integer('Requests a second to all nodes together, at most.', 10, 1, 1000),
  AREDN_RANGES: Type.Array(Type.String({ format: 'network' }), {
    description: 'Networks whose addresses the worker may talk to, separated by commas.',
    default: ['10.0.0.0/8'],
    minItems: 1,
    errorMessage: 'must be networks such as 10.0.0.0/8, separated by commas',
  }),
  AREDN_PORT: integer('Port of the nodes\' web pages.', 80, 1, 65_535),
  AREDN_INCLUDE: names('Names of the nodes to read; * stands for anything. Unset: all.'),
  AREDN_EXCLUDE: names('Names of nodes that are not read, also of those in AREDN_INCLUDE.'),
})

export type ArednConfig = Static<typeof arednSettings>
