import type { Clock } from '../../clock.js'
import { encodeAccessList, encodeNeighbours, type Neighbour, type Neighbours, type RemoteRequest } from '../../radio/frames/index.js'
import type { Random } from '../random.js'
import type { Station, Way } from './air.js'
import { RadioCounters } from './counters.js'
import { firmwares, type Firmware, type FirmwareVersion } from './firmware.js'
import { Gate } from './gate.js'
import type { Cell, Nature } from './nature.js'
import { Rtc } from './rtc.js'
import { readStats, readTelemetry } from './readings.js'

export interface RepeaterPlan {
  name: string
  /** Admin password; at most 15 characters count. */
  password: string
  /** Empty, as firmware comes: whoever sends no password is a guest. */
  guestPassword: string
  /** Names of the repeaters between the companion and this one, for each way there is, the best first. */
  ways: string[][]
  snrDb: number
  loss: Loss
  uptimeS: number
  firmware: FirmwareVersion
  /** A BME280. */
  hasSensors: boolean
  packetsPerMin: number
  cell: Cell
  /** How far its clock is off. */
  clockOffsetS: number
  latitude: number
  longitude: number
  /** Repeaters near it that are no part of the world. */
  strangers: number
}

/** Chances that a packet is lost on all of its way, for each direction. */
export interface Loss { toRepeater: number, toCompanion: number }

/** What a repeater gets from the air. */
export interface Packet {
  /** Key of the sender. */
  from: Uint8Array
  timeS: number
  way: Way<SimulatedRepeater>
  isFlood: boolean
  content: { is: 'login', password: string } | { is: 'request', request: RemoteRequest } | { is: 'path' }
}

/** What a repeater sends back: over the way it knows, as a flood, or as a flood that tells the way of the request. */
export interface Answer {
  data: Uint8Array
  route: { is: 'direct', way: Way<SimulatedRepeater> } | { is: 'flood' } | { is: 'path_return', way: Way<SimulatedRepeater> }
}

interface Client {
  key: Uint8Array
  permissions: number
  lastTimeS: number
  way: Way<SimulatedRepeater> | null
  /** When its entry will be in flash; undefined for a guest's, which never is. */
  savedAtMs?: number
}

const admin = 3
const guest = 0
const passwordLength = 15
const lazyWriteMs = 5000

/** A repeater's access list, replay guard and answers, as examples/simple_repeater/MyMesh.cpp has them. */
export class SimulatedRepeater implements Station {
  readonly name: string
  readonly key: Uint8Array
  readonly node: number
  readonly firmware: Firmware
  readonly plan: RepeaterPlan
  readonly counters: RadioCounters
  readonly rtc: Rtc
  readonly #clock: Clock
  readonly #random: Random
  readonly #nature: Nature
  readonly #clients = new Map<string, Client>()
  readonly #neighbours: (of: SimulatedRepeater) => Neighbour[]
  isUp = true
  txFreeMs = 0
  queueLength = 0
  /** How often it was started: what it was about to send at a reboot is gone. */
  boots = 0
  bootedAtMs: number
  password: string
  guestPassword: string
  /** undefined: by the day. */
  batteryMv: number | undefined
  /** Names of the repeaters before it, for each way; none: it is out of reach. */
  ways: string[][]
  loss: Loss
  /** Answers come so much later. */
  answerDelayMs = 0
  /** Shut while the firmware stands still: what it hears meanwhile is answered afterwards. */
  readonly gate = new Gate()

  constructor (plan: RepeaterPlan, parts: { clock: Clock, random: Random, nature: Nature, key: Uint8Array, node: number, neighbours: (of: SimulatedRepeater) => Neighbour[] }) {
    const { clock, random, nature, key, node, neighbours } = parts
    this.plan = plan
    this.name = plan.name
    this.key = key
    this.node = node
    this.firmware = firmwares[plan.firmware]
    this.password = plan.password
    this.guestPassword = plan.guestPassword
    this.counters = new RadioCounters(nature, { node, packetsPerMin: plan.packetsPerMin, uptimeS: plan.uptimeS })
    this.rtc = new Rtc(clock, plan.clockOffsetS)
    this.bootedAtMs = clock.monotonicMs() - 1000 * plan.uptimeS
    this.ways = plan.ways
    this.loss = plan.loss
    this.#clock = clock
    this.#random = random
    this.#nature = nature
    this.#neighbours = neighbours
  }

  get snrDb (): number {
    return this.plan.snrDb
  }

  /** What it answers, or null: it never refuses, it says nothing. */
  receive (packet: Packet): Answer | null {
    const client = this.#clients.get(keyOf(packet.from))
    if (packet.content.is === 'path') {
      if (client !== undefined) client.way = packet.way
      return null
    }
    const data = packet.content.is === 'login' ? this.#login(packet, packet.content.password) : this.#answer(packet, packet.content.request, client)
    if (data === null) return null
    return { data, route: this.#route(packet) }
  }

  powerOff (): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [key, client] of this.#clients) {
      if (client.savedAtMs === undefined || client.savedAtMs > nowMs) this.#clients.delete(key)
      else client.lastTimeS = 0
    }
    this.isUp = false
    this.gate.open()
  }

  powerOn (): void {
    if (this.isUp) return
    this.isUp = true
    this.boots++
    this.bootedAtMs = this.#clock.monotonicMs()
    this.txFreeMs = this.queueLength = 0
    this.counters.boot()
    this.rtc.boot()
  }

  reboot (): void {
    this.powerOff()
    this.powerOn()
  }

  freeze (): void {
    this.gate.shut()
  }

  resume (): void {
    this.gate.open()
  }

  /** As if somebody had emptied its access list. */
  forgetClients (): void {
    this.#clients.clear()
  }

  millivolts (): number {
    return this.batteryMv ?? this.#nature.cellMv(this.plan.cell, this.node)
  }

  #login ({ from, timeS, isFlood }: Packet, password: string): Uint8Array | null {
    const known = this.#clients.get(keyOf(from))
    const client = password === '' && known !== undefined ? known : this.#admit(from, timeS, password)
    if (client === null) return null
    if (isFlood) client.way = null
    return this.#loginAnswer(client)
  }

  #admit (from: Uint8Array, timeS: number, password: string): Client | null {
    const given = password.slice(0, passwordLength)
    const isAdmin = given === this.password.slice(0, passwordLength)
    if (!isAdmin && given !== this.guestPassword.slice(0, passwordLength)) return null
    const client = this.#clients.get(keyOf(from)) ?? { key: from, permissions: guest, lastTimeS: 0, way: null }
    this.#clients.set(keyOf(from), client)
    if (timeS <= client.lastTimeS) return null
    client.lastTimeS = timeS
    client.permissions = isAdmin ? admin : guest
    if (isAdmin) client.savedAtMs ??= this.#clock.monotonicMs() + lazyWriteMs
    return client
  }

  #loginAnswer ({ permissions }: Client): Uint8Array {
    if (this.firmware.isLegacy) return concat(u32(this.rtc.uniqueS()), new TextEncoder().encode('OK'))
    const blob = Array.from({ length: 4 }, () => this.#random.integer(256))
    return concat(u32(this.rtc.uniqueS()), Uint8Array.of(0, 0, permissions === admin ? 1 : 0, permissions, ...blob, this.firmware.level))
  }

  #answer ({ timeS }: Packet, request: RemoteRequest, client: Client | undefined): Uint8Array | null {
    if (client === undefined || timeS <= client.lastTimeS) return null
    const body = this.#body(request, client)
    if (body === null) return null
    client.lastTimeS = timeS
    return concat(u32(timeS), body)
  }

  #body (request: RemoteRequest, client: Client): Uint8Array | null {
    switch (request.is) {
      case 'status': return readStats(this)
      case 'telemetry': return readTelemetry(this, this.#nature, client.permissions !== guest)
      case 'access_list': return client.permissions === admin ? this.#accessList() : null
      case 'neighbours': return encodeNeighbours(listNeighbours(this.#neighbours(this), request))
      case 'unknown': return null
    }
  }

  /** Entries without rights are left out. */
  #accessList (): Uint8Array {
    return encodeAccessList([...this.#clients.values()].filter(({ permissions }) => permissions > 0).map(({ key, permissions }) => ({ prefix: key.slice(0, 6), permissions })))
  }

  #route ({ from, way, isFlood }: Packet): Answer['route'] {
    if (isFlood) return { is: 'path_return', way }
    const known = this.#clients.get(keyOf(from))?.way ?? null
    return known === null ? { is: 'flood' } : { is: 'direct', way: known }
  }
}

const neighbourOrders: ((a: Neighbour, b: Neighbour) => number)[] = [
  (a, b) => a.agoS - b.agoS,
  (a, b) => b.agoS - a.agoS,
  (a, b) => b.snrDb - a.snrDb,
  (a, b) => a.snrDb - b.snrDb
]
const neighbourBytes = 130

/** The page that was asked for, as far as it fits. */
function listNeighbours (all: Neighbour[], { count, offset, order, prefixLength }: Extract<RemoteRequest, { is: 'neighbours' }>): Neighbours {
  const most = Math.min(count, Math.floor(neighbourBytes / (prefixLength + 5)))
  const sorted = [...all].sort(neighbourOrders[order] ?? (() => 0))
  const page = sorted.slice(offset, offset + most)
  return { total: all.length, neighbours: page.map(({ prefix, ...heard }) => ({ prefix: prefix.slice(0, prefixLength), ...heard })) }
}

function keyOf (key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}

function u32 (value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
}

function concat (...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
