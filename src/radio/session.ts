import type { BaseLogger } from 'pino'
import type { Clock } from '../clock.js'
import { checkClock } from './clock-check.js'
import { RadioError, type Asked, type ClockCheck, type Companion, type FrameCounts } from './companion.js'
import { Contacts } from './contacts.js'
import { decodeLpp } from './frames/index.js'
import type { Contact, DeviceInfo, LoginSuccess, LppReading, RadioFrame, RemoteRequest, SelfInfo, Stats, StatsKind } from './frames/types.js'
import { Link } from './link.js'
import { Remote } from './remote.js'
import type { TransportError, Transport } from './transports/transport.js'

/** The version of the protocol this program speaks: 3 has messages with SNR, of which it reads none. */
const PROTOCOL_VERSION = 3
const PREFIX_BYTES = 6

export interface CompanionOptions {
  transport: Transport
  clock: Clock
  log: Pick<BaseLogger, 'debug' | 'info' | 'warn'>
  /** Ends the start-up; an open companion ends by `close`. */
  signal: AbortSignal
}

/**
 * Connects to a companion: APP_START, device query, clock. Rejects with TransportError when the radio can't be reached or the
 * connection ends meanwhile, with RadioError when it does not answer, with the signal's reason once that aborts.
 */
export async function openCompanion (options: CompanionOptions): Promise<Companion> {
  const { signal } = options
  signal.throwIfAborted()
  const session = new Session(options)
  const stop = (): void => { session.close() }
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await session.start(signal)
  } catch (error) {
    await session.close()
    signal.throwIfAborted()
    throw await session.ended ?? error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

class Session implements Companion {
  readonly name: string
  readonly #options: CompanionOptions
  readonly #link: Link
  readonly #contacts: Contacts
  readonly #remote: Remote
  #self: SelfInfo | null = null
  #device: DeviceInfo | null = null
  #clockCheck: ClockCheck | null = null

  constructor (options: CompanionOptions) {
    const { transport, clock, log } = options
    this.#options = options
    this.name = transport.name
    this.#link = new Link({ transport, clock, log, onPush: (push) => { this.#remote.receive(push) } })
    this.#contacts = new Contacts(this.#link)
    this.#remote = new Remote(this.#link, clock, log)
  }

  get self (): SelfInfo { return started(this.#self) }
  get device (): DeviceInfo { return started(this.#device) }
  get clock (): ClockCheck { return started(this.#clockCheck) }
  get frames (): FrameCounts { return this.#link.frames }
  get ended (): Promise<TransportError | RadioError | null> { return this.#link.ended }

  async start (signal: AbortSignal): Promise<Companion> {
    await this.#link.open(signal)
    this.#self = await this.#link.start()
    this.#device = await this.#queryDevice()
    await this.checkClock()
    const { name, frequencyMhz, bandwidthKhz, spreadingFactor, codingRate } = this.#self
    this.#options.log.info({ companion: name, firmware: this.#device.version, frequencyMhz, bandwidthKhz, spreadingFactor, codingRate }, `connected to ${this.name}`)
    return this
  }

  async checkClock (): Promise<ClockCheck> {
    const check = await checkClock(this.#link, this.#options.clock)
    this.#clockCheck = check
    const told = clockWords[check.state]
    if (told !== null) this.#options.log[told.level]({ offsetS: check.offsetS }, told.text)
    return check
  }

  contacts (): Promise<{ total: number, contacts: Contact[] }> {
    return this.#contacts.read()
  }

  stats<K extends StatsKind> (kind: K): Promise<Extract<Stats, { kind: K }>> {
    const isKind = (stats: Stats): stats is Extract<Stats, { kind: K }> => stats.kind === kind
    return this.#link.ask({ is: 'get_stats', kind }, (frame) => frame.is === 'stats' && isKind(frame.stats) ? { answer: frame.stats } : null)
  }

  customVars (): Promise<Record<string, string>> {
    return this.#link.ask({ is: 'get_custom_vars' }, (frame) => frame.is === 'custom_vars' ? { answer: frame.vars } : null)
  }

  async ownTelemetry (): Promise<LppReading[]> {
    const prefix = this.self.key.subarray(0, PREFIX_BYTES)
    const isOwn = (frame: RadioFrame): boolean => frame.is === 'telemetry' && Buffer.compare(frame.prefix, prefix) === 0
    const body = await this.#link.ask({ is: 'get_own_telemetry' }, (frame) => frame.is === 'telemetry' && isOwn(frame) ? { answer: frame.body } : null)
    return decodeLpp(body)
  }

  login (key: Uint8Array, password: string): Promise<Asked<LoginSuccess>> {
    return this.#remote.login(key, password)
  }

  request (key: Uint8Array, request: RemoteRequest): Promise<Asked<Uint8Array>> {
    return this.#remote.request(key, request)
  }

  async resetPath (key: Uint8Array): Promise<void> {
    await this.#link.ask({ is: 'reset_path', key }, (frame) => frame.is === 'ok' ? { answer: null } : null)
    this.#contacts.forgetPath(key)
  }

  close (): Promise<void> {
    return this.#link.close()
  }

  async #queryDevice (): Promise<DeviceInfo> {
    try {
      return await this.#link.ask({ is: 'device_query', version: PROTOCOL_VERSION }, (frame) => frame.is === 'device_info' ? { answer: frame } : null)
    } catch (error) {
      if (error instanceof RadioError && error.problem === 'refused') return { is: 'device_info', firmwareCode: 0 }
      throw error
    }
  }
}

const clockWords: Record<ClockCheck['state'], { level: 'info' | 'warn', text: string } | null> = {
  right: null,
  was_set: { level: 'info', text: 'the companion\'s clock was behind and has been set: repeaters would have ignored it' },
  ahead: { level: 'warn', text: 'the companion\'s clock is ahead of this host\'s and can\'t be set back: check the host\'s clock; else restart the companion' },
  behind: { level: 'warn', text: 'the companion\'s clock is behind and it refused to be set: repeaters may ignore its requests' },
  host_wrong: { level: 'warn', text: 'this host\'s own clock can\'t be right, so the companion\'s was not set: set the host\'s clock (NTP)' }
}

function started<T> (value: T | null): T {
  if (value === null) throw new Error('the companion is used before its start-up')
  return value
}
