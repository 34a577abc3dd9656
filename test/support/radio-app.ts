import { decodeFrame, encodeCommand, type Command, type LoginSuccess, type RadioFrame, type Sent } from '../../src/radio/frames/index.js'
import { planWorld, type WorldOptions } from '../../src/simulate/radio/plan.js'
import type { SimulatedRepeater } from '../../src/simulate/radio/repeater.js'
import { World } from '../../src/simulate/radio/world.js'
import { VirtualClock } from './virtual-clock.js'

export interface Heard { frame: RadioFrame, payload: Uint8Array, atMs: number }

type Named<K extends RadioFrame['is']> = Extract<RadioFrame, { is: K }>

/** An app on a simulated companion that sends raw commands and keeps what comes. */
export class RadioApp {
  readonly heard: Heard[] = []
  hasEnded = false
  readonly #send: (payload: Uint8Array) => void
  readonly leave: () => void
  readonly #clock: VirtualClock
  #onFrame: () => void = () => {}

  constructor (world: World, clock: VirtualClock) {
    this.#clock = clock
    const link = world.companion.attach({
      receive: (payload) => {
        this.heard.push({ frame: decodeFrame(payload), payload, atMs: clock.monotonicMs() })
        this.#onFrame()
      },
      end: () => { this.hasEnded = true }
    })
    if (link === null) throw new Error('the radio is off')
    this.#send = link.send
    this.leave = link.detach
  }

  send (command: Command | Uint8Array): void {
    this.#send(command instanceof Uint8Array ? command : encodeCommand(command))
  }

  /** Frames of a kind so far. */
  all<K extends RadioFrame['is']> (is: K): Named<K>[] {
    return this.heard.map(({ frame }) => frame).filter((frame): frame is Named<K> => frame.is === is)
  }

  kinds (): string[] {
    return this.heard.map(({ frame }) => frame.is)
  }

  /** The next frame of a kind, or null when none comes for so long. */
  async next<K extends RadioFrame['is']> (is: K, limitMs = 60_000): Promise<Named<K> | null> {
    const from = this.heard.length
    const found = (): Named<K> | null => this.heard.slice(from).map(({ frame }) => frame).find((frame): frame is Named<K> => frame.is === is) ?? null
    const stop = new AbortController()
    const came = new Promise<void>((resolve) => { this.#onFrame = () => { if (found()) resolve() } })
    await this.#clock.until(Promise.race([came, this.#clock.wait(limitMs, stop.signal).catch(() => {})]))
    stop.abort()
    return found()
  }

  /** Sends a command and returns the next frame of a kind. */
  async ask<K extends RadioFrame['is']> (command: Command | Uint8Array, is: K, limitMs?: number): Promise<Named<K> | null> {
    this.send(command)
    return await this.next(is, limitMs)
  }

  async sent (command: Command): Promise<Sent> {
    const sent = await this.ask(command, 'sent', 1000)
    if (sent === null) throw new Error(`not sent: ${this.kinds().join()}`)
    return sent
  }

  async login ({ key, password }: Pick<SimulatedRepeater, 'key' | 'password'>): Promise<LoginSuccess | null> {
    return await this.ask({ is: 'login', key, password }, 'login_success')
  }

  /** The body of the answer to a binary status request. */
  async status ({ key }: Pick<SimulatedRepeater, 'key'>): Promise<Uint8Array | null> {
    return (await this.ask({ is: 'request', key, request: { is: 'status' } }, 'binary'))?.body ?? null
  }

  async telemetry ({ key }: Pick<SimulatedRepeater, 'key'>): Promise<Uint8Array | null> {
    return (await this.ask({ is: 'request', key, request: { is: 'telemetry' } }, 'binary'))?.body ?? null
  }

  /** Milliseconds from now until a frame of a kind has come. */
  async time<K extends RadioFrame['is']> (command: Command, is: K): Promise<number> {
    const startMs = this.#clock.monotonicMs()
    await this.ask(command, is)
    return this.#clock.monotonicMs() - startMs
  }
}

export interface RadioScene { clock: VirtualClock, world: World, app: RadioApp }

/** A quiet world: no traffic of others, no adverts, nothing lost, unless the options say so. */
export function quietWorld (options: WorldOptions = {}): RadioScene {
  const clock = new VirtualClock()
  const world = new World(clock, planWorld({ advertEveryS: 0, ...options }))
  return { clock, world, app: new RadioApp(world, clock) }
}
