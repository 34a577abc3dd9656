import type { Modulation } from '../../radio/airtime.js'
import { Random } from '../random.js'
import type { CompanionPlan } from './companion.js'
import type { contactTypes } from './contacts.js'
import type { FirmwareVersion } from './firmware.js'
import type { RepeaterPlan } from './repeater.js'

/** What a simulated world is made of. The same plan on the same clock behaves the same. */
export interface WorldPlan {
  seed: number
  /** How much faster than the clocks weather, traffic, uptime and batteries go. */
  speed: number
  modulation: Modulation & { frequencyMhz: number }
  companion: CompanionPlan
  repeaters: RepeaterPlan[]
  others: { name: string, type: keyof typeof contactTypes }[]
  /** How often repeaters advertise; 0: never. */
  advertEveryS: number
  /** Packets of others that the companion hears in the busiest minute of the day; 0: none. */
  chatterPerMin: number
}

export interface WorldOptions {
  seed?: number
  speed?: number
  repeaters?: number
  /** Share of packets that are lost on the way to a repeater, and as many on the way back. */
  loss?: number
  firmware?: FirmwareVersion
  advertEveryS?: number
  chatterPerMin?: number
}

const names = ['Hill', 'Ridge', 'Summit', 'Tower', 'Valley', 'Harbour', 'Quarry', 'Mast', 'Chapel', 'Mill', 'Dam', 'Beacon']
const daysS = 86_400

/**
 * Repeaters in threes: a neighbour of the companion, one behind it, and one behind both. The third of each has a second way, past
 * the neighbour of the three before, if there is one. Each has its own password: its name in lower case and `-pass`.
 */
export function planWorld ({ seed = 1, speed = 1, repeaters = 3, loss = 0, firmware = '1.17', advertEveryS = 120, chatterPerMin = 0 }: WorldOptions = {}): WorldPlan {
  return {
    seed,
    speed,
    modulation: { frequencyMhz: 869.618, bandwidthKhz: 62.5, spreadingFactor: 8, codingRate: 5 },
    companion: {
      name: 'Base-1',
      firmware,
      uptimeS: 3 * daysS,
      packetsPerMin: 12,
      cell: { fullMv: 4150, nightDropMv: 60 },
      latitude: -33.865143,
      longitude: 151.2099,
      blePin: 271828,
      customVars: { gps: '0' },
      addsContacts: true
    },
    repeaters: Array.from({ length: repeaters }, (_, i) => planRepeater(i, { seed, loss, firmware })),
    others: [{ name: 'Ann', type: 'chat' }, { name: 'Bulletin', type: 'room' }, { name: 'Greenhouse', type: 'sensor' }],
    advertEveryS,
    chatterPerMin
  }
}

function planRepeater (i: number, { seed, loss, firmware }: Required<Pick<WorldOptions, 'seed' | 'loss' | 'firmware'>>): RepeaterPlan {
  const random = new Random(seed, 61, i)
  const name = nameOf(i)
  return {
    name,
    password: `${name.toLowerCase().slice(0, 10)}-pass`,
    guestPassword: '',
    ways: waysOf(i),
    snrDb: Math.round(random.between(-4, 11)),
    loss: { toRepeater: loss, toCompanion: loss },
    uptimeS: Math.round(random.between(2, 40) * daysS),
    firmware,
    hasSensors: i % 2 === 0,
    packetsPerMin: random.between(10, 30),
    cell: { fullMv: Math.round(random.between(4080, 4180)), nightDropMv: Math.round(random.between(120, 420)) },
    clockOffsetS: Math.round(random.between(-20, 20)),
    latitude: -33.865143 + random.between(-0.2, 0.2),
    longitude: 151.2099 + random.between(-0.2, 0.2),
    strangers: random.integer(6)
  }
}

/** Hill, Ridge, … Beacon, Hill2, … */
function nameOf (i: number): string {
  const round = Math.floor(i / names.length)
  return `${names[i % names.length]}${round === 0 ? '' : round + 1}`
}

function waysOf (i: number): string[][] {
  const first = i - i % 3
  if (i === first) return [[]]
  if (i === first + 1) return [[nameOf(first)]]
  return [[nameOf(first), nameOf(first + 1)], ...(first >= 3 ? [[nameOf(first - 3)]] : [])]
}
