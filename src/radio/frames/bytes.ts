import { FrameError } from './types.js'

export type ByteOrder = 'little' | 'big'

/** Takes fields off the front of some bytes. Every method throws FrameError, naming frame and field, where the bytes end too early. */
export class Reader {
  private at = 0

  constructor (private readonly bytes: Uint8Array, private readonly frame: string) {}

  get left (): number {
    return this.bytes.length - this.at
  }

  uint (field: string, size: number, order: ByteOrder = 'little'): number {
    const taken = this.take(field, size)
    let value = 0
    for (let i = 0; i < size; i++) value = value * 256 + taken[order === 'little' ? size - 1 - i : i]!
    return value
  }

  int (field: string, size: number, order: ByteOrder = 'little'): number {
    const value = this.uint(field, size, order)
    return value < 2 ** (8 * size - 1) ? value : value - 2 ** (8 * size)
  }

  /** A copy: frames outlive the buffer they came in. */
  raw (field: string, size: number): Uint8Array {
    return new Uint8Array(this.take(field, size))
  }

  private take (field: string, size: number): Uint8Array {
    if (this.left < size) throw new FrameError(`${this.frame}: ${field} needs ${size} bytes at offset ${this.at}, ${this.left} are there`)
    this.at += size
    return this.bytes.subarray(this.at - size, this.at)
  }
}

/** Builds a frame. Numbers that do not fit their field throw FrameError: a wrapped value would be a wrong one. */
export class Writer {
  private readonly written: number[] = []

  constructor (private readonly frame: string) {}

  uint (field: string, size: number, value: number, order: ByteOrder = 'little'): void {
    this.number(field, { size, value, order, least: 0, beyond: 2 ** (8 * size) })
  }

  int (field: string, size: number, value: number, order: ByteOrder = 'little'): void {
    this.number(field, { size, value, order, least: -(2 ** (8 * size - 1)), beyond: 2 ** (8 * size - 1) })
  }

  raw (field: string, size: number, bytes: Uint8Array): void {
    if (bytes.length !== size) throw new FrameError(`${this.frame}: ${field} has ${bytes.length} bytes, it must have ${size}`)
    this.written.push(...bytes)
  }

  done (): Uint8Array {
    return Uint8Array.from(this.written)
  }

  private number (field: string, { size, value, order, least, beyond }: { size: number, value: number, order: ByteOrder, least: number, beyond: number }): void {
    if (!Number.isInteger(value) || value < least || value >= beyond) throw new FrameError(`${this.frame}: ${field} does not fit ${size} bytes`)
    const digits = Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 0xff)
    this.written.push(...(order === 'little' ? digits : digits.reverse()))
  }
}
