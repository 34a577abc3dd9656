import { EventEmitter, once } from 'node:events'
import type { Message, MessageBus } from '@jellybrick/dbus-next'
import { withDeadline } from '../../deadline.js'
import { TransportError } from './transport.js'

export type DBus = typeof import('@jellybrick/dbus-next')
export type Properties = Record<string, unknown>

export interface BluezCall {
  path: string
  interface: string
  member: string
  signature?: string
  body?: unknown[]
  /** 10 s as a rule. */
  limitMs?: number
}

interface BluezEvents {
  change: []
  /** What a signal of BlueZ says of one interface of one object. */
  properties: [path: string, name: string, changed: Properties]
}

const answerMs = 10_000
const bluezName = 'org.bluez'
const daemon = { path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', destination: 'org.freedesktop.DBus' }
const matches = [
  `type='signal',sender='${bluezName}'`,
  `type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${bluezName}'`,
]

/** BlueZ's objects, kept up to date by its signals, and calls to them. */
export class Bluez extends EventEmitter<BluezEvents> {
  readonly dbus: DBus
  readonly bus: MessageBus
  /** D-Bus connection that BlueZ speaks from. */
  owner = ''
  readonly #objects = new Map<string, Map<string, Properties>>()
  readonly #gone = new AbortController()

  private constructor (dbus: DBus, bus: MessageBus) {
    super()
    this.dbus = dbus
    this.bus = bus
    bus.on('message', (message) => { if (message.type === dbus.MessageType.SIGNAL) this.#read(message) })
  }

  /** Connects to the system's D-Bus, or to that of an address. Rejects with TransportError. */
  static async connect (dbus: DBus, busAddress: string | undefined, signal: AbortSignal): Promise<Bluez> {
    const bus = busAddress === undefined ? dbus.systemBus() : dbus.sessionBus({ busAddress })
    const bluez = new Bluez(dbus, bus)
    // Its type does not know the event.
    const errors: EventEmitter = bus
    errors.on('error', (error) => { bluez.#gone.abort(error) })
    try {
      await limited(once(bus, 'connect'), { what: 'the greeting', limitMs: answerMs }, [signal, bluez.gone])
    } catch (error) {
      bluez.close()
      signal.throwIfAborted()
      throw new TransportError('not_installed', `D-Bus can't be reached: ${textOf(error)}`,
        'Install and start it with `sudo apt install dbus bluez`; a container needs the volume `/run/dbus:/run/dbus:ro`.', { cause: error })
    }
    try {
      await bluez.#start(signal)
      return bluez
    } catch (error) {
      bluez.close()
      signal.throwIfAborted()
      throw /AccessDenied/.test(errorNameOf(error))
        ? new TransportError('permission', `this user may not speak to BlueZ: ${textOf(error)}`, '`sudo usermod -a -G bluetooth $USER`, then log in again.', { cause: error })
        : new TransportError('not_installed', `BlueZ does not answer: ${textOf(error)}`, '`sudo apt install bluez`, then `sudo systemctl enable --now bluetooth`.', { cause: error })
    }
  }

  /** Aborts when BlueZ or D-Bus has gone. */
  get gone (): AbortSignal { return this.#gone.signal }

  /** Paths of objects that have the interface. */
  withInterface (name: string): string[] {
    return [...this.#objects].filter(([, interfaces]) => interfaces.has(name)).map(([path]) => path)
  }

  /** Properties as BlueZ last told them; none where the object or interface is not there. */
  properties (path: string, name: string): Properties {
    return this.#objects.get(path)?.get(name) ?? {}
  }

  /** Body of the answer. Rejects with DBusError, with an Error when no answer comes in time, with the reason of `signal`. */
  async call (call: BluezCall, signal?: AbortSignal): Promise<unknown[]> {
    return await this.#call({ destination: bluezName, ...call }, signal)
  }

  /** Waits until `find` finds something among the objects; null when it did not in time. */
  async until<T> (find: () => T | null, waitMs: number, signal: AbortSignal): Promise<T | null> {
    const late = new AbortController()
    const timer = setTimeout(() => { late.abort() }, waitMs)
    const limit = AbortSignal.any([signal, this.gone, late.signal])
    try {
      for (;;) {
        signal.throwIfAborted()
        this.gone.throwIfAborted()
        const found = find()
        if (found !== null || limit.aborted) return found
        await once(this, 'change', { signal: limit }).catch(() => {})
      }
    } finally {
      clearTimeout(timer)
    }
  }

  close (): void {
    this.#gone.abort(new Error('closed'))
    this.bus.disconnect()
  }

  async #start (signal: AbortSignal): Promise<void> {
    for (const match of matches) await this.#call({ ...daemon, member: 'AddMatch', signature: 's', body: [match] }, signal)
    const call = { path: '/', interface: 'org.freedesktop.DBus.ObjectManager', member: 'GetManagedObjects' }
    const [objects] = await this.call(call, signal)
    const [owner] = await this.#call({ ...daemon, member: 'GetNameOwner', signature: 's', body: [bluezName] }, signal)
    this.owner = String(owner)
    for (const [path, interfaces] of Object.entries(recordOf(objects))) this.#add(path, interfaces)
  }

  async #call ({ limitMs = answerMs, ...message }: BluezCall & { destination: string }, signal?: AbortSignal): Promise<unknown[]> {
    const reply = await limited(this.bus.call(new this.dbus.Message(message)), { what: message.member, limitMs }, [...(signal ? [signal] : []), this.gone])
    return reply?.body ?? []
  }

  #read ({ sender, path, member, body }: Message): void {
    if (member === 'NameOwnerChanged' && sender === daemon.destination) {
      if (body[0] === bluezName && body[1] === this.owner) this.#gone.abort(new Error('the Bluetooth service was stopped'))
      return
    }
    if (sender !== this.owner) return
    if (member === 'InterfacesAdded') {
      this.#add(String(body[0]), body[1])
    } else if (member === 'InterfacesRemoved') {
      const names = Array.isArray(body[1]) ? body[1] : []
      for (const name of names) this.#objects.get(String(body[0]))?.delete(String(name))
    } else if (member === 'PropertiesChanged') {
      const name = String(body[0])
      const changed = plain(body[1])
      Object.assign(this.#objects.get(path)?.get(name) ?? {}, changed)
      this.emit('properties', path, name, changed)
    }
    this.emit('change')
  }

  #add (path: string, interfaces: unknown): void {
    const known = this.#objects.get(path) ?? new Map<string, Properties>()
    for (const [name, properties] of Object.entries(recordOf(interfaces))) known.set(name, plain(properties))
    this.#objects.set(path, known)
  }
}

/** D-Bus name of an error, such as org.bluez.Error.Failed; '' for another error. */
export function errorNameOf (error: unknown): string {
  return error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : ''
}

export const textOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** The library waits for ever, also when D-Bus has gone. */
async function limited<T> (work: Promise<T>, { what, limitMs }: { what: string, limitMs: number }, signals: AbortSignal[]): Promise<T> {
  const deadline = { ms: limitMs, signal: AbortSignal.any(signals), reason: new Error(`no answer to ${what} within ${limitMs / 1000} s`) }
  return await withDeadline(deadline, async (aborted) => await new Promise((resolve, reject) => {
    const stop = (): void => { reject(aborted.reason) }
    if (aborted.aborted) stop()
    aborted.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject)
  }))
}

function recordOf (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

/** A dictionary without the types of its values. */
function plain (dictionary: unknown): Properties {
  return Object.fromEntries(Object.entries(recordOf(dictionary)).map(([key, variant]) => [key, recordOf(variant)['value']]))
}
