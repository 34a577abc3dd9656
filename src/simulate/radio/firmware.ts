export type FirmwareVersion = '1.7' | '1.11' | '1.15' | '1.17'

/** What differs on the wire between releases of MeshCore (meshcore.md 1.3 and 4.1). */
export interface Firmware {
  version: string
  buildDate: string
  /** FIRMWARE_VER_CODE of the companion, FIRMWARE_VER_LEVEL of the repeater. */
  code: number
  level: number
  maxFrameBytes: number
  /** Size of the struct RepeaterStats. */
  statsBytes: 48 | 52 | 56
  /** Command 56 exists since code 8, its count of receive errors since 1.13. */
  hasStats: boolean
  hasReceiveErrors: boolean
  hasBinaryRequests: boolean
  /** Sensors have the channels 2, 3, … since 1.16; before they shared channel 1 with the device itself. */
  sensorChannel: 1 | 2
  /** A bare error, a battery without storage, a login answer of 8 bytes. */
  isLegacy: boolean
}

const current: Firmware = {
  version: 'v1.17.1', buildDate: '14 Aug 2026', code: 13, level: 2, maxFrameBytes: 176, statsBytes: 56, hasStats: true, hasReceiveErrors: true, hasBinaryRequests: true, sensorChannel: 2, isLegacy: false
}

export const firmwares: Record<FirmwareVersion, Firmware> = {
  1.17: current,
  1.15: { ...current, version: 'v1.15.0', buildDate: '19 Apr 2026', code: 11, maxFrameBytes: 172, sensorChannel: 1 },
  1.11: { ...current, version: 'v1.11.0', buildDate: '30 Nov 2025', code: 8, level: 1, maxFrameBytes: 172, statsBytes: 52, hasReceiveErrors: false, sensorChannel: 1 },
  1.7: { version: 'v1.7.4', buildDate: '24 Jul 2025', code: 7, level: 0, maxFrameBytes: 172, statsBytes: 48, hasStats: false, hasReceiveErrors: false, hasBinaryRequests: false, sensorChannel: 1, isLegacy: true }
}
