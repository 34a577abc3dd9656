import { Type, type Static } from 'typebox'
import { integer, secret, settings, text } from './config-schema.js'

const flag = (description: string, initial = false) => Type.Boolean({ description, default: initial, format: 'flag' })
const optional = (description: string, options: object = {}) => Type.Optional(text(description, { minLength: 1, ...options }))
const battery = (whose: string) => optional(`Battery of ${whose}: chemistry (liion, lipo, lifepo4) and cells in series, such as lifepo4:4.`, {
  pattern: '^(liion|lipo|lifepo4)(:[1-9][0-9]?)?$',
  errorMessage: 'must be liion, lipo or lifepo4, with the cells in series where there are several: lifepo4:4',
})

const { DATA_DIR, HOST, LOG_LEVEL, INGEST_TOKEN, REPEATER_HARDWARE, COMPANION_HARDWARE } = settings.properties

/** Every setting of the radio worker. Names and defaults are those of meshcore-stats where it has the setting. */
export const radioSettings = Type.Object({
  DATA_DIR,
  HOST,
  LOG_LEVEL,
  INGEST_TOKEN,
  COLLECTOR_URL: text('Collector that readings are sent to.', {
    default: 'http://127.0.0.1:8080',
    pattern: '^https?://[^/?#\\s]+(/[^?#\\s]*)?$',
    errorMessage: 'must be a URL such as http://meshmon.local.mesh:8080',
  }),
  STATE_DIR: optional('Folder of the worker\'s state and of readings that wait for the collector. Unset: "radio" or "aredn" in DATA_DIR.'),
  METRICS_PORT: Type.Optional(Type.Integer({ description: 'Port on HOST of the worker\'s own /metrics and /healthz. Unset: none.', minimum: 0, maximum: 65_535 })),

  MESH_TRANSPORT: Type.Enum(['serial', 'tcp', 'ble'], { description: 'How the companion is connected.', default: 'serial' }),
  MESH_SERIAL_PORT: optional('Serial port of the companion. Unset: the first of /dev/ttyACM*, then /dev/ttyUSB*.'),
  MESH_SERIAL_BAUD: integer('Speed of the serial port.', 115_200, 1200, 4_000_000),
  MESH_TCP_HOST: text('Host of a companion on the network.', { default: 'localhost', minLength: 1 }),
  MESH_TCP_PORT: integer('Its port.', 5000, 1, 65_535),
  MESH_BLE_ADDR: optional('Bluetooth address of the companion. Unset: the first one found.', {
    pattern: '^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$',
    errorMessage: 'must be an address such as AA:BB:CC:DD:EE:FF',
  }),
  MESH_BLE_PIN: Type.Optional(Type.String({ description: 'PIN that the companion shows for pairing.', pattern: '^[0-9]{1,6}$', errorMessage: 'must be a number of up to six digits', writeOnly: true })),
  MESH_PORT_SHARING: flag('Release the companion between polls, so that other programs can use it.'),
  MESH_DEBUG: flag('The same as LOG_LEVEL=debug.'),

  REPEATERS: Type.Optional(Type.String({ description: 'Repeaters to poll: a YAML list, or the name of a file that holds one (repeaters.example.yaml).', minLength: 1, writeOnly: true })),
  REPEATER_NAME: optional('Advertised name of the one repeater to poll, where REPEATERS is not set.'),
  REPEATER_KEY_PREFIX: optional('Its public key, or how that begins: hexadecimal, from 6 digits on.', {
    pattern: '^!?[0-9A-Fa-f]{6,64}$',
    errorMessage: 'must be 6 to 64 hexadecimal digits',
  }),
  REPEATER_PUBKEY_PREFIX: optional('What meshcore-stats shows of the key: used in place of REPEATER_KEY_PREFIX where it is hexadecimal.'),
  REPEATER_PASSWORD: secret('Its password: the guest\'s is enough. Unset: an empty one, which default firmware takes from anybody as a guest.'),
  REPEATER_DISPLAY_NAME: optional('Name of the repeater on pages.'),
  REPEATER_HARDWARE,
  REPEATER_BATTERY: battery('the repeater'),
  COMPANION_DISPLAY_NAME: optional('Name of the companion on pages.'),
  COMPANION_HARDWARE,
  COMPANION_BATTERY: battery('the companion'),

  COMPANION_STEP: integer('Seconds between two readings of the companion.', 60, 5, 86_400),
  REPEATER_STEP: integer('Seconds between two readings of each repeater.', 900, 60, 86_400),
  REMOTE_TIMEOUT_S: integer('Least seconds to wait for a repeater\'s answer.', 10, 1, 300),
  REMOTE_RETRY_ATTEMPTS: integer('Tries of one round.', 2, 1, 10),
  REMOTE_RETRY_BACKOFF_S: integer('Seconds between two tries.', 4, 0, 300),
  REMOTE_CB_FAILS: integer('Failed rounds in a row after which a repeater is left alone for a while.', 6, 1, 1000),
  REMOTE_CB_COOLDOWN_S: integer('For so many seconds.', 3600, 1, 604_800),
  RADIO_BUDGET_S_PER_H: integer('Seconds of airtime that asking repeaters may take in an hour; what it does not allow is asked later.', 60, 1, 3600),
  TELEMETRY_ENABLED: flag('Ask repeaters for their sensors too, and store the companion\'s.'),
  TELEMETRY_TIMEOUT_S: integer('Least seconds to wait for telemetry.', 10, 1, 300),
  TELEMETRY_RETRY_ATTEMPTS: integer('Tries for telemetry.', 2, 1, 10),
  TELEMETRY_RETRY_BACKOFF_S: integer('Seconds between two tries for telemetry.', 4, 0, 300),
  NEIGHBOURS_ENABLED: flag('Ask repeaters once an hour which others they hear.'),
})

export type RadioConfig = Static<typeof radioSettings>
