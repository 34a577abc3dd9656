import { ConfigError, type RadioConfig } from '../config.js'
import { normalisePrefix, readRepeaters } from './repeaters.js'
import type { Battery, PollSettings, RepeaterSettings } from './settings.js'

/** The poller's settings: REPEATERS, or the single repeater of meshcore-stats' variables. Throws ConfigError. */
export function readPollSettings (config: RadioConfig): PollSettings {
  return {
    companion: {
      ...named(config.COMPANION_DISPLAY_NAME, config.COMPANION_HARDWARE, config.COMPANION_BATTERY),
      telemetry: config.TELEMETRY_ENABLED,
      connection: config.MESH_TRANSPORT,
    },
    repeaters: repeatersOf(config),
    companionStepS: config.COMPANION_STEP,
    repeaterStepS: config.REPEATER_STEP,
    status: { timeoutS: config.REMOTE_TIMEOUT_S, attempts: config.REMOTE_RETRY_ATTEMPTS, backoffS: config.REMOTE_RETRY_BACKOFF_S },
    telemetry: { timeoutS: config.TELEMETRY_TIMEOUT_S, attempts: config.TELEMETRY_RETRY_ATTEMPTS, backoffS: config.TELEMETRY_RETRY_BACKOFF_S },
    breakerFails: config.REMOTE_CB_FAILS,
    breakerCooldownS: config.REMOTE_CB_COOLDOWN_S,
    budgetSPerH: config.RADIO_BUDGET_S_PER_H,
  }
}

function repeatersOf (config: RadioConfig): RepeaterSettings[] {
  const defaults = { telemetry: config.TELEMETRY_ENABLED, neighbours: config.NEIGHBOURS_ENABLED }
  const { REPEATERS: list, REPEATER_NAME: name, REPEATER_PASSWORD: password = '' } = config
  if (list !== undefined) {
    if (name !== undefined || config.REPEATER_KEY_PREFIX !== undefined) throw new ConfigError(['REPEATERS: is set, and REPEATER_NAME or REPEATER_KEY_PREFIX too: put the one repeater into the list'])
    return readRepeaters(list, defaults)
  }
  const shown = config.REPEATER_PUBKEY_PREFIX
  const prefix = config.REPEATER_KEY_PREFIX ?? (shown !== undefined && /^!?[0-9A-Fa-f]{6,64}$/.test(shown) ? shown : undefined)
  if (name === undefined && prefix === undefined) return []
  return [{
    ...(name !== undefined && { name }),
    ...(prefix !== undefined && { keyPrefix: normalisePrefix(prefix) }),
    password,
    ...named(config.REPEATER_DISPLAY_NAME, config.REPEATER_HARDWARE, config.REPEATER_BATTERY),
    ...defaults,
  }]
}

interface Named { displayName?: string, hardware?: string, battery?: Battery }

function named (displayName: string | undefined, hardware: string | undefined, battery: string | undefined): Named {
  return {
    ...(displayName !== undefined && { displayName }),
    ...(hardware !== undefined && { hardware }),
    ...(battery !== undefined && { battery: parseBattery(battery) }),
  }
}

/** `lifepo4:4` of the checked setting. */
function parseBattery (text: string): Battery {
  const [chemistry = '', cells = '1'] = text.split(':')
  return { chemistry, cells: Number(cells) }
}
