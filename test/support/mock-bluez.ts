import { DBusError, Message, sessionBus, Variant, type MessageBus } from '@jellybrick/dbus-next'
import { EventEmitter, once } from 'node:events'
import type { Test } from 'tap'

export const adapter = '/org/bluez/hci0'
const uuid = (n: number): string => `6e40000${n}-b5a3-f393-e0a9-e50e24dcca9e`

export interface MockDevice {
  address: string
  name: string
  /** BlueZ knows it from the start; else only once it looks around. */
  isKnown: boolean
  isPaired: boolean
  pin: number
  rssi: number
  /** D-Bus name of an error of Connect, such as org.bluez.Error.Failed. */
  connectError: string | null
  hasUart: boolean
}

type Result = { signature: string, body: unknown[] } | 'ignored'
const done = { signature: '', body: [] }

type Interfaces = Record<string, Record<string, Variant>>

export const pathOf = ({ address }: Pick<MockDevice, 'address'>): string => `${adapter}/dev_${address.replaceAll(':', '_')}`

/** As much of BlueZ's object tree as a BLE companion needs, with radios behind it. */
export class MockBluez {
  /** Calls in order, as `Device1.Connect`. */
  readonly calls: string[] = []
  /** Frames that radios were written. */
  readonly written: Buffer[] = []
  /** What WriteValue does: answers, refuses, or says nothing. */
  writes: 'answered' | 'refused' | 'ignored' = 'answered'
  notifyError: string | null = null
  readonly bus: MessageBus
  readonly #progress = new EventEmitter()
  readonly #devices: MockDevice[] = []
  readonly #objects = new Map<string, Interfaces>()
  #agent: { owner: string, path: string } | null = null

  private constructor (bus: MessageBus) {
    this.bus = bus
  }

  static async start (t: Pick<Test, 'teardown'>, busAddress: string, { isOn = true, hasAdapter = true } = {}): Promise<MockBluez> {
    const bus = sessionBus({ busAddress })
    await once(bus, 'connect')
    t.teardown(() => bus.disconnect())
    const mock = new MockBluez(bus)
    mock.#objects.set('/org/bluez', { 'org.bluez.AgentManager1': {} })
    if (hasAdapter) mock.#objects.set(adapter, { 'org.bluez.Adapter1': { Powered: new Variant('b', isOn), Address: new Variant('s', '00:00:00:00:00:01') } })
    bus.addMethodHandler((message: Message) => {
      mock.#answer(message)
      return true
    })
    await bus.requestName('org.bluez')
    return mock
  }

  addDevice (fields: Partial<MockDevice> = {}): MockDevice {
    const device: MockDevice = {
      address: 'AA:BB:CC:DD:EE:01', name: 'MeshCore-Base', isKnown: false, isPaired: false, pin: 123_456, rssi: -60, connectError: null, hasUart: true, ...fields
    }
    this.#devices.push(device)
    if (device.isKnown) this.#appear(device)
    return device
  }

  notify (device: MockDevice, payload: Uint8Array): void {
    this.#change(`${pathOf(device)}/service0010/char0013`, 'org.bluez.GattCharacteristic1', { Value: new Variant('ay', Buffer.from(payload)) })
  }

  disconnectDevice (device: MockDevice): void {
    this.#change(pathOf(device), 'org.bluez.Device1', { Connected: new Variant('b', false) })
  }

  async untilWritten (count: number): Promise<Buffer[]> {
    while (this.written.length < count) await once(this.#progress, 'call')
    return this.written
  }

  async untilCalled (call: string): Promise<void> {
    while (!this.calls.includes(call)) await once(this.#progress, 'call')
  }

  #answer (message: Message): void {
    const call = `${message.interface.replace(/^org\.bluez\./, '')}.${message.member}`
    this.calls.push(call)
    const device = this.#devices.find((device) => message.path.startsWith(pathOf(device)))
    const running = this.#run(call, message, device)
    this.#progress.emit('call')
    running.then((result) => {
      if (result !== 'ignored') this.bus.send(Message.newMethodReturn(message, result.signature, result.body))
    }, (error: unknown) => {
      const name = error instanceof DBusError ? error.type : 'org.bluez.Error.Failed'
      this.bus.send(Message.newError(message, name, error instanceof DBusError ? error.text : String(error)))
    })
  }

  async #run (call: string, message: Message, device: MockDevice | undefined): Promise<Result> {
    switch (call) {
      case 'org.freedesktop.DBus.ObjectManager.GetManagedObjects': return { signature: 'a{oa{sa{sv}}}', body: [Object.fromEntries(this.#objects)] }
      case 'Adapter1.StartDiscovery':
        for (const device of this.#devices.filter(({ isKnown }) => !isKnown)) this.#appear(device)
        return done
      case 'AgentManager1.RegisterAgent':
        this.#agent = { owner: message.sender, path: String(message.body[0]) }
        return done
      case 'Device1.Connect':
        if (device !== undefined) this.#connect(device)
        return done
      case 'Device1.Pair':
        if (device !== undefined) await this.#pair(device)
        return done
      case 'Device1.Disconnect':
        if (device !== undefined) this.disconnectDevice(device)
        return done
      case 'GattCharacteristic1.StartNotify':
        if (this.notifyError !== null) throw new DBusError(this.notifyError, 'Operation failed with ATT error: 0x0f')
        return done
      case 'GattCharacteristic1.WriteValue': return this.#write(message)
      default: return done
    }
  }

  /** What an agent answers to whom; `ask` is a connection of its own. */
  async askAgent (member: string, device: MockDevice, ask: MessageBus = this.bus): Promise<unknown> {
    if (this.#agent === null) throw new DBusError('org.bluez.Error.AuthenticationFailed', 'no agent')
    const reply = await ask.call(new Message({ destination: this.#agent.owner, path: this.#agent.path, interface: 'org.bluez.Agent1', member, signature: 'o', body: [pathOf(device)] }))
    return reply?.body[0]
  }

  /** Runs when Pair was called, before the PIN is asked for. */
  beforePin: (device: MockDevice) => Promise<void> = async () => {}

  async #pair (device: MockDevice): Promise<void> {
    if (device.connectError !== null) throw new DBusError('org.bluez.Error.ConnectionAttemptFailed', 'Page Timeout')
    this.#connect(device)
    await this.beforePin(device)
    if (await this.askAgent('RequestPasskey', device) !== device.pin) throw new DBusError('org.bluez.Error.AuthenticationFailed', 'Authentication Failed')
    device.isPaired = true
    this.#change(pathOf(device), 'org.bluez.Device1', { Paired: new Variant('b', true) })
  }

  #connect (device: MockDevice): void {
    if (device.connectError !== null) throw new DBusError(device.connectError, 'le-connection-abort-by-local')
    const path = pathOf(device)
    if (this.#objects.get(path)?.['org.bluez.Device1']?.['Connected']?.value === true) return
    this.#change(path, 'org.bluez.Device1', { Connected: new Variant('b', true) })
    if (device.hasUart) {
      this.#add(`${path}/service0010/char0011`, { 'org.bluez.GattCharacteristic1': { UUID: new Variant('s', uuid(2)) } })
      this.#add(`${path}/service0010/char0013`, { 'org.bluez.GattCharacteristic1': { UUID: new Variant('s', uuid(3)) } })
    }
    this.#change(path, 'org.bluez.Device1', { ServicesResolved: new Variant('b', true) })
  }

  #write (message: Message): Result {
    const [value] = message.body
    if (this.writes === 'refused') throw new DBusError('org.bluez.Error.Failed', 'Not connected')
    if (!message.path.endsWith('/char0011') || !Buffer.isBuffer(value)) throw new DBusError('org.bluez.Error.NotSupported', 'not writable')
    this.written.push(value)
    return this.writes === 'ignored' ? 'ignored' : done
  }

  #appear (device: MockDevice): void {
    this.#add(pathOf(device), {
      'org.bluez.Device1': {
        Address: new Variant('s', device.address), Name: new Variant('s', device.name), RSSI: new Variant('n', device.rssi), UUIDs: new Variant('as', [uuid(1)]),
        Paired: new Variant('b', device.isPaired), Connected: new Variant('b', false), ServicesResolved: new Variant('b', false)
      }
    })
  }

  #add (path: string, interfaces: Interfaces): void {
    this.#objects.set(path, interfaces)
    this.bus.send(Message.newSignal('/', 'org.freedesktop.DBus.ObjectManager', 'InterfacesAdded', 'oa{sa{sv}}', [path, interfaces]))
  }

  #change (path: string, name: string, changed: Record<string, Variant>): void {
    Object.assign(this.#objects.get(path)?.[name] ?? {}, changed)
    this.bus.send(Message.newSignal(path, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{sv}as', [name, changed, []]))
  }
}
