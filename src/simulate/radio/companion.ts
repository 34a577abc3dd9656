import type { Clock } from '../../clock.js'
import { decodeCommand, encodeFrame, FrameError, type Command, type RadioFrame } from '../../radio/frames/index.js'
import type { Modulation } from '../../radio/airtime.js'
import type { Station } from './air.js'
import { answerCommand, type Ask } from './commands.js'
import { contactFrame, ContactStore, type StoredContact } from './contacts.js'
import { RadioCounters } from './counters.js'
import { firmwares, type Firmware, type FirmwareVersion } from './firmware.js'
import { Gate } from './gate.js'
import { Messages } from './messages.js'
import type { Cell, Nature } from './nature.js'
import { Pending } from './pending.js'
import { Rtc } from './rtc.js'

export interface CompanionPlan {
  name: string
  firmware: FirmwareVersion
  uptimeS: number
  packetsPerMin: number
  cell: Cell
  latitude: number
  longitude: number
  blePin: number
  customVars: Record<string, string>
  /** Whether a node that it hears and does not know becomes a contact. */
  addsContacts: boolean
}

/** The app at the other end of a connection. */
export interface Client {
  receive (payload: Uint8Array): void
  /** The connection has ended; `rest` is a frame that was cut in its middle. */
  end (rest?: Uint8Array): void
}

/** Time for a local command. */
const commandMs = 2.2
const contactMs = 2
const poolSize = 16
const bootMs = 1500

/** A companion radio: one client, its commands in order, what it pushes, its clock and contacts. */
export class SimulatedCompanion implements Station {
  readonly plan: CompanionPlan
  readonly key: Uint8Array
  readonly firmware: Firmware
  readonly modulation: Modulation & { frequencyMhz: number }
  readonly counters: RadioCounters
  readonly rtc: Rtc
  readonly contacts = new ContactStore()
  readonly pending = new Pending()
  readonly messages = new Messages()
  readonly nature: Nature
  /** Infinite: at a link to it the other end is the worse. */
  readonly snrDb = Infinity
  isUp = true
  txFreeMs = 0
  queueLength = 0
  boots = 0
  /** undefined: by the day. */
  batteryMv: number | undefined
  /** Each push comes twice. */
  duplicates = false
  /** Packets that fit its queue: more are refused with error 3. */
  poolSize = poolSize
  /** Called when it was switched on or off. */
  onPower: () => void = () => {}
  readonly #clock: Clock
  readonly #send: (ask: Ask) => void
  readonly #gate = new Gate()
  #client: Client | null = null
  #tail: Promise<void> = Promise.resolve()
  #isListing = false
  #listsStick = false
  #cutsNext = false

  constructor (plan: CompanionPlan, parts: { clock: Clock, nature: Nature, key: Uint8Array, modulation: SimulatedCompanion['modulation'], send: (ask: Ask) => void }) {
    this.plan = plan
    this.key = parts.key
    this.firmware = firmwares[plan.firmware]
    this.modulation = parts.modulation
    this.nature = parts.nature
    this.counters = new RadioCounters(parts.nature, { node: 0, packetsPerMin: plan.packetsPerMin, uptimeS: plan.uptimeS })
    this.rtc = new Rtc(parts.clock)
    this.#clock = parts.clock
    this.#send = parts.send
  }

  /** A new connection ends the one before. Returns what the app sends with, or null while the radio is off: nobody listens there. */
  attach (client: Client): { send: (payload: Uint8Array) => void, detach: () => void } | null {
    if (!this.isUp) return null
    this.#client?.end()
    this.#client = client
    return {
      send: (payload) => this.#receive(client, payload),
      detach: () => { if (this.#client === client) this.#client = null }
    }
  }

  get hasClient (): boolean {
    return this.#client !== null
  }

  /** Firmware stands still: connections are accepted, nothing is answered; at `resume` it goes on with all of it. */
  hang (): void {
    this.#gate.shut()
  }

  resume (): void {
    this.#gate.open()
  }

  dropClient (): void {
    const client = this.#client
    this.#client = null
    client?.end()
  }

  /** The next frame breaks off in its middle, and with it the connection. */
  cutNextFrame (): void {
    this.#cutsNext = true
  }

  /** `silent`: as a radio that loses power: the client learns nothing. */
  powerOff ({ silent = false } = {}): void {
    this.isUp = false
    this.#isListing = this.#listsStick = this.#cutsNext = false
    this.pending.clear()
    this.#gate.open()
    if (silent) this.#client = null
    else this.dropClient()
    this.onPower()
  }

  /** Its clock is set by the newest contact, which sets it back (bootstrapRTCfromContacts). */
  powerOn (): void {
    if (this.isUp) return
    this.isUp = true
    this.boots++
    this.txFreeMs = this.queueLength = 0
    this.counters.boot()
    this.messages.clear()
    this.rtc.boot()
    const newestS = this.contacts.newestS()
    if (newestS > 0) this.rtc.set(newestS + 1)
    this.onPower()
  }

  async reboot (): Promise<void> {
    this.powerOff()
    await this.#clock.wait(bootMs)
    this.powerOn()
  }

  /** Lists of contacts stop after their first frame, until an app starts a session (error 4 for who asks before). */
  stickContacts (): void {
    this.#listsStick = true
  }

  millivolts (): number {
    return this.batteryMv ?? this.nature.cellMv(this.plan.cell, 0)
  }

  /** Sends to the app, if there is one; a frame that does not fit is dropped. */
  push (frame: RadioFrame): void {
    this.#write(frame)
    if (this.duplicates) this.#write(frame)
  }

  /** Puts a packet on the air for the app. */
  ask (ask: Ask): void {
    this.#send(ask)
  }

  /** A response of a contact has come: what the app gets of it depends on what was asked last. */
  respond (contact: StoredContact, data: Uint8Array): void {
    const frame = this.pending.take(contact.key, data)
    if (frame !== null) this.push(frame)
  }

  /** Something comes from the air: it is dealt with once the firmware runs, unless that has started anew meanwhile. */
  async hear (work: () => void): Promise<void> {
    await this.#whileUp(work)
  }

  /** False while a list runs. */
  listContacts (sinceS: number): boolean {
    if (this.#isListing) return false
    this.#isListing = true
    this.#list(sinceS).catch(() => {})
    return true
  }

  stopList (): void {
    this.#isListing = this.#listsStick = false
  }

  async #list (sinceS: number): Promise<void> {
    const { boots } = this
    let newestS = 0
    await this.#clock.wait(0)
    for (const contact of this.contacts.all().filter(({ lastModifiedS }) => lastModifiedS > sinceS)) {
      this.#write(contactFrame(contact))
      newestS = Math.max(newestS, contact.lastModifiedS)
      await this.#clock.wait(contactMs)
      await this.#gate.pass()
      if (this.boots !== boots || !this.#isListing || this.#listsStick) return
    }
    this.#write({ is: 'contacts_end', lastModifiedS: newestS })
    this.#isListing = false
  }

  #receive (client: Client, payload: Uint8Array): void {
    this.#tail = this.#tail
      .then(() => this.#clock.wait(commandMs))
      .then(() => this.#whileUp(() => { if (this.#client === client) this.#obey(payload) }))
  }

  #obey (payload: Uint8Array): void {
    for (const frame of answerCommand(this, readCommand(payload))) this.#write(frame)
  }

  async #whileUp (work: () => void): Promise<void> {
    const { boots } = this
    await this.#gate.pass()
    if (this.isUp && this.boots === boots) work()
  }

  #write (frame: RadioFrame): void {
    const client = this.#client
    if (client === null || !this.isUp) return
    const payload = this.#encode(frame)
    if (payload.length > this.firmware.maxFrameBytes) return
    if (!this.#cutsNext) return client.receive(payload)
    this.#cutsNext = false
    this.#client = null
    client.end(payload)
  }

  #encode (frame: RadioFrame): Uint8Array {
    if (frame.is === 'error' && this.firmware.isLegacy) return encodeFrame({ is: 'error', code: null })
    const payload = encodeFrame(frame)
    // The codec knows no PIN; a radio sends it.
    if (frame.is === 'device_info') new DataView(payload.buffer, payload.byteOffset).setUint32(4, this.plan.blePin, true)
    return payload
  }
}

/** null: too short, which the firmware takes for a command that it does not know. */
function readCommand (payload: Uint8Array): Command | null {
  try {
    return decodeCommand(payload)
  } catch (error) {
    if (error instanceof FrameError) return null
    throw error
  }
}
