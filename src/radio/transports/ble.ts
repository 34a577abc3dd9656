import type { BaseLogger } from 'pino'
import { openBleChannel } from './ble-channel.js'
import { connect, deviceInterface, disconnect, findAdapter, findDevice, findUart, labelOf } from './ble-device.js'
import { pair } from './ble-pairing.js'
import { Bluez, textOf, type DBus } from './bluez.js'
import { TransportError, type Transport } from './transport.js'

export interface BleOptions {
  /** Unset: the companion that is paired, or the nearest one. */
  address?: string
  /** A secret: given to BlueZ when it asks, never logged. Unset: the companion has been paired already. */
  pin?: string
  /** Unset: the system's D-Bus. */
  busAddress?: string
  /** How long to look around for a device that BlueZ does not know yet. */
  scanMs?: number
  log: Pick<BaseLogger, 'info'>
  /** Loads the D-Bus client, which may not be installed. */
  load?: () => Promise<DBus>
}

/** A companion over Bluetooth Low Energy, through BlueZ. */
export function createBleTransport ({ address, pin, busAddress, scanMs = 30_000, log, load = () => import('@jellybrick/dbus-next') }: BleOptions): Transport {
  let name = `ble ${address ?? 'companion'}`
  return {
    get name () { return name },
    async open (events, signal) {
      signal.throwIfAborted()
      const bluez = await Bluez.connect(await loadDBus(load), busAddress, signal)
      let device: string | undefined
      try {
        device = await findDevice(bluez, findAdapter(bluez), { address, scanMs, log }, signal)
        name = `ble ${labelOf(bluez, device)}`
        // Pairing connects, too. The other way round the radio could ask for the PIN while nobody here answers.
        if (bluez.properties(device, deviceInterface)['Paired'] !== true) await pair(bluez, device, pin, signal)
        await connect(bluez, device, signal)
        const uart = await findUart(bluez, device, signal)
        return await openBleChannel({ bluez, device, uart, events, name }, signal)
      } catch (error) {
        if (device !== undefined) await disconnect(bluez, device)
        bluez.close()
        signal.throwIfAborted()
        throw error instanceof TransportError
          ? error
          : new TransportError('unreachable', `${name} can't be reached: ${textOf(error)}`, 'Look at `bluetoothctl show` and `journalctl -u bluetooth`.', { cause: error })
      }
    },
  }
}

async function loadDBus (load: () => Promise<DBus>): Promise<DBus> {
  try {
    return await load()
  } catch (error) {
    throw new TransportError('not_installed', `the D-Bus client that BLE needs is not installed: ${textOf(error)}`,
      'It is the optional package @jellybrick/dbus-next: run `npm ci` without --omit=optional.', { cause: error })
  }
}
