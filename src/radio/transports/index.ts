import { join } from 'node:path'
import type { BaseLogger } from 'pino'
import type { RadioConfig } from '../../config.js'
import { createBleTransport } from './ble.js'
import { createExclusiveTransport } from './exclusive.js'
import { createSerialTransport } from './serial.js'
import { createTcpTransport } from './tcp.js'
import type { Transport } from './transport.js'

export type TransportConfig = Pick<RadioConfig,
  'MESH_TRANSPORT' | 'MESH_SERIAL_PORT' | 'MESH_SERIAL_BAUD' | 'MESH_TCP_HOST' | 'MESH_TCP_PORT' | 'MESH_BLE_ADDR' | 'MESH_BLE_PIN' | 'MESH_PORT_SHARING'>

export interface TransportContext {
  /** Processes that share it do not open the radio at the same time. */
  stateDir: string
  log: Pick<BaseLogger, 'info'>
}

const turnMs = 60_000

/** The way to the companion that the settings name. Nothing is opened yet. */
export function openTransport (config: TransportConfig, { stateDir, log }: TransportContext): Transport {
  return createExclusiveTransport(chooseTransport(config, log), {
    lockFile: join(stateDir, 'radio.lock'),
    waitMs: config.MESH_PORT_SHARING ? turnMs : 0,
    log,
  })
}

function chooseTransport (config: TransportConfig, log: TransportContext['log']): Transport {
  switch (config.MESH_TRANSPORT) {
    case 'tcp': return createTcpTransport({ host: config.MESH_TCP_HOST, port: config.MESH_TCP_PORT })
    case 'ble': return createBleTransport({
      ...(config.MESH_BLE_ADDR !== undefined && { address: config.MESH_BLE_ADDR }),
      ...(config.MESH_BLE_PIN !== undefined && { pin: config.MESH_BLE_PIN }),
      log,
    })
    case 'serial': return createSerialTransport({
      ...(config.MESH_SERIAL_PORT !== undefined && { port: config.MESH_SERIAL_PORT }),
      baud: config.MESH_SERIAL_BAUD,
      log,
    })
  }
}
