import type { Clock } from '../../clock.js'
import { loginBytes, packetBytes } from '../../radio/airtime.js'
import { Random } from '../random.js'
import { Air, type Way } from './air.js'
import { advertise, contactOf } from './adverts.js'
import type { Ask } from './commands.js'
import { SimulatedCompanion } from './companion.js'
import { contactTypes, type StoredContact } from './contacts.js'
import { keyFor } from './keys.js'
import { Nature } from './nature.js'
import { Neighbourhood } from './neighbourhood.js'
import { planWorld, type WorldPlan } from './plan.js'
import { SimulatedRepeater, type Answer, type Packet } from './repeater.js'
import { startChatter } from './chatter.js'

/** Firmware's SERVER_RESPONSE_DELAY. */
const responseDelayMs = 300
/** What answers a flood waits longer while its other repeats are on the air. */
const floodBusyMs = 900
/** When a companion tells a repeater its way, after a flood that told it the repeater's, and after one that it need not have sent. */
const returnPathMs = 500
const returnPathAgainMs = 3000

type Target = StoredContact & { repeater: SimulatedRepeater }

/**
 * A companion, repeaters and the air between them, which behave as MeshCore does (meshcore.md, 1.5 and 4.2). All of it goes by `clock`
 * and, of all chance, by the plan's seed.
 */
export class World {
  readonly plan: WorldPlan
  readonly companion: SimulatedCompanion
  readonly repeaters: readonly SimulatedRepeater[]
  readonly nature: Nature
  readonly clock: Clock
  readonly random: Random
  readonly #air: Air

  constructor (clock: Clock, plan: WorldPlan = planWorld()) {
    const { seed, speed } = plan
    this.clock = clock
    this.plan = plan
    this.random = new Random(seed, 31)
    this.nature = new Nature(clock, { seed, speed })
    this.#air = new Air(clock, this.random, plan.modulation)
    const parts = { clock, random: this.random, nature: this.nature }
    const neighbourhood = new Neighbourhood(this)
    this.repeaters = plan.repeaters.map((its, i) => new SimulatedRepeater(its, { ...parts, key: keyFor(seed, i + 1), node: i + 1, neighbours: (of) => neighbourhood.of(of) }))
    this.companion = new SimulatedCompanion(plan.companion, { clock, nature: this.nature, key: keyFor(seed, 0), modulation: plan.modulation, send: (ask) => this.#start(this.#exchange(ask)) })
    for (const contact of this.#firstContacts()) this.companion.contacts.put(contact)
  }

  /** @throws Error when there is none of that name */
  repeater (name: string): SimulatedRepeater {
    const found = this.repeaters.find((repeater) => repeater.name === name)
    if (found === undefined) throw new Error(`no repeater ${name}`)
    return found
  }

  /** The companion's entry of a node, to look at or to change. */
  contact (name: string): StoredContact {
    const found = this.companion.contacts.all().find((contact) => contact.name === name)
    if (found === undefined) throw new Error(`no contact ${name}`)
    return found
  }

  /** Sets what goes on by itself going, until the signal: adverts and the mesh's other traffic. */
  start (signal: AbortSignal): void {
    this.#start(advertise(this, signal))
    this.#start(startChatter(this, signal))
  }

  /** The best way on which every repeater is on, null when there is none. */
  openWay (repeater: SimulatedRepeater): Way<SimulatedRepeater> | null {
    const ways = repeater.ways.map((names) => names.map((name) => this.repeater(name)))
    return ways.find((way) => way.every(({ isUp }) => isUp)) ?? null
  }

  airtimeMs (bytes: number): number {
    return this.#air.airtimeMs(bytes)
  }

  /** The companion has heard a packet: it tells the app of each (push 0x88). */
  hear (bytes: number, then?: () => void): void {
    this.#start(this.companion.hear(() => {
      const { lastSnr, lastRssi } = this.companion.counters
      const packet = Uint8Array.from({ length: Math.min(bytes, this.companion.firmware.maxFrameBytes - 3) }, () => this.random.integer(256))
      this.companion.push({ is: 'raw_log', snrDb: lastSnr, rssiDbm: lastRssi, packet })
      then?.()
    }))
  }

  /** One request and its answer, if there is one. */
  async #exchange ({ contact, timeS, content, request }: Ask): Promise<void> {
    const { repeater } = contact
    const isFlood = contact.way === null
    const bytes = request.is === 'login' ? loginBytes(request.bytes) : packetBytes(request.bytes)
    const way = repeater && (contact.way ?? this.openWay(repeater))
    if (repeater === null || way === null) return await this.#air.transmit(this.companion, isFlood, this.airtimeMs(bytes))
    const packet: Packet = { from: this.companion.key, timeS, way, isFlood, content }
    if (!await this.#carryTo(repeater, packet, bytes)) return
    const answer = await this.#answer(repeater, packet)
    if (answer !== null) await this.#carryBack({ ...contact, repeater }, packet, answer)
  }

  async #carryTo (to: SimulatedRepeater, { way, isFlood }: Packet, bytes: number): Promise<boolean> {
    const onRepeat = (length: number): void => this.hear(length)
    const loss = this.#isWay(to, way) ? to.loss.toRepeater : 1
    return await this.#air.carry({ from: this.companion, to, way, isFlood, bytes, loss, onRepeat })
  }

  /** The repeater's answer once it is sent. null: none, or it was restarted first. */
  async #answer (repeater: SimulatedRepeater, packet: Packet): Promise<Answer | null> {
    await repeater.gate.pass()
    const { boots } = repeater
    const answer = repeater.isUp ? repeater.receive(packet) : null
    if (answer === null) return null
    await this.clock.wait(responseDelayMs + repeater.answerDelayMs + (packet.isFlood ? this.random.next() * floodBusyMs : 0))
    return repeater.isUp && repeater.boots === boots ? answer : null
  }

  async #carryBack ({ repeater, key }: Target, { way: cameBy }: Packet, { data, route }: Answer): Promise<void> {
    const isFlood = route.is !== 'direct'
    const open = isFlood ? this.openWay(repeater) : route.way
    if (open === null) return
    const way = [...open].reverse()
    const padded = pad(data, route.is === 'path_return' ? cameBy.length : null)
    const bytes = packetBytes(padded.length - 4)
    const loss = isFlood || this.#isWay(repeater, open) ? repeater.loss.toCompanion : 1
    if (!await this.#air.carry({ from: repeater, to: this.companion, way, isFlood, bytes, loss })) return
    const contact = this.companion.contacts.find(key)
    this.hear(bytes + way.length, () => {
      if (contact === undefined) return
      if (route.is === 'path_return') this.#learn(contact, route.way)
      this.companion.respond(contact, padded)
      if (isFlood && contact.way !== null) this.#start(this.#returnPath({ ...contact, repeater }, contact.way, route.is === 'flood' ? returnPathAgainMs : returnPathMs))
    })
  }

  #learn (contact: StoredContact, way: Way<SimulatedRepeater>): void {
    contact.way = way
    contact.lastModifiedS = this.companion.rtc.nowS()
    this.companion.push({ is: 'path_updated', key: contact.key })
  }

  /** Tells the repeater the way back, so that it need not flood. */
  async #returnPath ({ repeater }: Target, way: Way<SimulatedRepeater>, afterMs: number): Promise<void> {
    await this.clock.wait(afterMs)
    if (!this.companion.isUp) return
    const packet: Packet = { from: this.companion.key, timeS: 0, way, isFlood: false, content: { is: 'path' } }
    if (await this.#carryTo(repeater, packet, packetBytes(way.length + 2))) repeater.receive(packet)
  }

  #isWay ({ ways }: SimulatedRepeater, way: Way<SimulatedRepeater>): boolean {
    const names = way.map(({ name }) => name).join()
    return ways.some((its) => its.join() === names)
  }

  #firstContacts (): StoredContact[] {
    const nowS = this.companion.rtc.nowS()
    const heard = (i: number): Pick<StoredContact, 'way' | 'lastAdvertS' | 'lastModifiedS'> => ({ way: null, lastAdvertS: nowS - 60 * (i + 1), lastModifiedS: nowS - 60 * (i + 1) })
    const { seed, others } = this.plan
    return [
      ...this.repeaters.map((repeater, i) => contactOf(repeater, heard(i))),
      ...others.map(({ name, type }, i) => ({ key: keyFor(seed, 1000 + i), name, type: contactTypes[type], repeater: null, latitude: 0, longitude: 0, ...heard(this.repeaters.length + i) }))
    ]
  }

  /** Nobody waits for what happens on the air. A clock that is stopped ends it. */
  #start (happening: Promise<void>): void {
    happening.catch(() => {})
  }
}

/** Encryption fills up blocks of 16 bytes; a flood's answer shares them with the path (hops; null: none), two bytes more. */
function pad (data: Uint8Array, hops: number | null): Uint8Array {
  const head = hops === null ? 0 : hops + 2
  const padded = new Uint8Array(16 * Math.ceil((head + data.length) / 16) - head)
  padded.set(data)
  return padded
}
