/** Bytes of hex text. */
export function hex (text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

/** Payloads of radios as in meshcore.md 1.4 (decoded by meshcore_py 2.3.8) and 4.3 (captured from firmware 1.17.1 and 1.15.0). */
export const fixtures = {
  selfInfo: hex('05011616a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf4942fbfdac47030900001500f2440d0024f400000808426173652d31'),
  core: hex('1800ac0fbd510100040003'),
  radio: hex('18018bffa4e5410100008f190000'),
  packets: hex('1802e02e0000590100002c0100002d000000f82a0000e803000011000000'),
  battery: hex('0cac0f780000007c050000'),
  time: hex('0900b95569'),
  sent: hex('0600005a556968100000'),
  loginSuccess: hex('8501a0a1a2a3a4a501b955690302'),
  status: hex('8700a0a1a2a3a4a5930f01008affa1ff50c30000a00f0000d2040000002f0d00ac0d0000f4010000c8af0000881300000500e6ff0c00faff942600002a000000'),
  binary: hex('8c00005a5569930f01008affa1ff50c30000a00f0000d2040000002f0d00ac0d0000f4010000c8af0000881300000500e6ff0c00faff942600002a000000'),
  capturedCore: hex('1800ac0f02000000000000'),
  capturedCoreOf15: hex('1800ac0f1d000000000001'),
  capturedRadio: hex('180190ff99280000000000000000'),
  capturedBattery: hex('0cac0f0000000080050000'),
  capturedLogin: hex('85012c7448fcc3b81ac6026b0302'),
  capturedTelemetry: hex('8b002c7448fcc3b80174018e0167013b00000000'),
  capturedOwnTelemetry: hex('8b00df3457633cc80174019101670127'),
  capturedStatus: hex('87002c7448fcc3b8930f000090ff98ff05000000040000000200000015000000030000000100000003000000020000000000220000000000020000000000000000000000'),
  /** Built by the description in 4.3, with a BLE PIN of 123456. */
  deviceInfo: Uint8Array.from([13, 13, 175, 40, ...hex('40e20100'), ...padded('14 Aug 2026', 12), ...padded('Heltec V3', 40), ...padded('v1.17.1', 20), 0, 1]),
}

/** The LPP fixture of 1.4. */
export const lppFixture = hex('0174018f0167ffe2026700eb0268650273277e0375fff603790064')

function padded (text: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set(Buffer.from(text))
  return bytes
}
