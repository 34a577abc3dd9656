import type { Nature } from './nature.js'

/** Packets that a node has counted since its boot, or since somebody cleared them. */
export interface Counts {
  recvFlood: number
  recvDirect: number
  sentFlood: number
  sentDirect: number
  directDups: number
  floodDups: number
  recvErrors: number
}

const none: Counts = { recvFlood: 0, recvDirect: 0, sentFlood: 0, sentDirect: 0, directDups: 0, floodDups: 0, recvErrors: 0 }

/** Share of the mesh's traffic that a node takes for each packet of full traffic. */
const background: Counts = { recvFlood: 0.92, recvDirect: 0.08, sentFlood: 0.45, sentDirect: 0.03, directDups: 0.02, floodDups: 1.3, recvErrors: 0.9 }
const packetAirMs = 450

/** Noise is measured some seconds after a boot; until then it reads 0. */
const noiseAfterMs = 2000

/** What a node's radio has counted and heard. The mesh's other traffic is reckoned, not played: it would cost a busy day millions of packets. */
export class RadioCounters {
  readonly #nature: Nature
  readonly #packetsPerMin: number
  readonly #node: number
  #bootedMs: number
  #clearedMs: number
  #own: Counts = { ...none }
  #txAirMs = 0
  #rxAirMs = 0
  /** Flags: 1 queue full, 2 channel busy, 4 receiver did not start. */
  errorFlags = 0
  lastRssi = 0
  lastSnr = 0

  constructor (nature: Nature, { node, packetsPerMin, uptimeS }: { node: number, packetsPerMin: number, uptimeS: number }) {
    this.#nature = nature
    this.#node = node
    this.#packetsPerMin = packetsPerMin
    this.#bootedMs = this.#clearedMs = nature.nowMs() - 1000 * uptimeS
  }

  boot (): void {
    this.#bootedMs = this.#nature.nowMs()
    this.#txAirMs = this.#rxAirMs = 0
    this.errorFlags = this.lastRssi = this.lastSnr = 0
    this.clear()
  }

  /** The command `clear stats`: counts go back to 0, uptime and air times do not. */
  clear (): void {
    this.#clearedMs = this.#nature.nowMs()
    this.#own = { ...none }
  }

  heard (isFlood: boolean, airMs: number, snrDb: number): void {
    this.#own[isFlood ? 'recvFlood' : 'recvDirect']++
    this.#rxAirMs += airMs
    this.lastSnr = Math.round(snrDb * 4) / 4
    this.lastRssi = Math.round(snrDb + this.#nature.noiseFloorDbm(this.#node))
  }

  sent (isFlood: boolean, airMs: number): void {
    this.#own[isFlood ? 'sentFlood' : 'sentDirect']++
    this.#txAirMs += airMs
  }

  /** Counts what a test does not want to wait for. */
  add (counts: Partial<Counts> & { txAirMs?: number, rxAirMs?: number }): void {
    const { txAirMs = 0, rxAirMs = 0, ...rest } = counts
    const add = { ...none, ...rest }
    this.#own = mapCounts((name) => this.#own[name] + add[name])
    this.#txAirMs += txAirMs
    this.#rxAirMs += rxAirMs
  }

  counts (): Counts {
    const packets = this.#packetsPerMin * this.#nature.loadedMinutes(this.#clearedMs)
    return mapCounts((name) => this.#own[name] + Math.floor(packets * background[name]))
  }

  uptimeS (): number {
    return Math.floor((this.#nature.nowMs() - this.#bootedMs) / 1000)
  }

  /** The firmware keeps milliseconds in 32 bits. */
  airSeconds (): { tx: number, rx: number } {
    const packets = this.#packetsPerMin * this.#nature.loadedMinutes(this.#bootedMs)
    const seconds = (ms: number): number => Math.floor(Math.floor(ms) % 0x100000000 / 1000)
    return {
      tx: seconds(this.#txAirMs + packets * (background.sentFlood + background.sentDirect) * packetAirMs),
      rx: seconds(this.#rxAirMs + packets * (1 + background.floodDups) * packetAirMs)
    }
  }

  noiseFloor (): number {
    return this.#nature.nowMs() - this.#bootedMs < noiseAfterMs ? 0 : this.#nature.noiseFloorDbm(this.#node)
  }
}

function mapCounts (value: (name: keyof Counts) => number): Counts {
  return {
    recvFlood: value('recvFlood'),
    recvDirect: value('recvDirect'),
    sentFlood: value('sentFlood'),
    sentDirect: value('sentDirect'),
    directDups: value('directDups'),
    floodDups: value('floodDups'),
    recvErrors: value('recvErrors')
  }
}
