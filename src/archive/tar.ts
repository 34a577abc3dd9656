import { open, type FileHandle } from 'node:fs/promises'

/*
 * The subset of tar (POSIX.1-1988, "ustar") that archives are written in: ordinary files only, so that `tar` opens what meshmon
 * wrote. Each header is one block; the bytes of a file are filled up to whole blocks; two empty blocks end the archive.
 */

const block = 512
/** Files are read whole. What is larger was not written by us. */
const largestBytes = 256 << 20

export interface TarFile {
  name: string
  data: Buffer
}

/** The file's bytes in a tar archive. `name` is ASCII, at most 100 characters. */
export function packFile ({ name, data }: TarFile, modifiedMs: number): Buffer {
  const header = Buffer.alloc(block)
  header.write(name, 0, 100, 'latin1')
  header.write('0000600\0', 100, 'latin1')
  header.write('0000000\0', 108, 'latin1')
  header.write('0000000\0', 116, 'latin1')
  header.write(octal(data.length), 124, 'latin1')
  header.write(octal(Math.floor(modifiedMs / 1000)), 136, 'latin1')
  header.write('0', 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([header, data, Buffer.alloc(padding(data.length))])
}

export const tarEnd: Buffer = Buffer.alloc(2 * block)

/** The files of an archive, one after another; `doneBytes` counts what is read of it. Throws a TarError where it is cut off or damaged. */
export async function * readTar (path: string): AsyncGenerator<TarFile & { doneBytes: number }, undefined> {
  const handle = await open(path, 'r')
  try {
    for (let position = 0; ;) {
      const header = await readAt(handle, position, block)
      if (header.every((byte) => byte === 0)) return undefined
      const { name, size } = parseHeader(header)
      const data = await readAt(handle, position + block, size)
      position += block + size + padding(size)
      yield { name, data, doneBytes: position }
    }
  } finally {
    await handle.close()
  }
}

/** The file is no tar archive, or not a whole one. */
export class TarError extends Error {
  override name = 'TarError'
}

function parseHeader (header: Buffer): { name: string, size: number } {
  const sum = Number.parseInt(text(header, 148, 8), 8)
  const size = Number.parseInt(text(header, 124, 12), 8)
  if (sum !== checksum(header) || !(size <= largestBytes)) throw new TarError('it is damaged')
  return { name: text(header, 0, 100), size }
}

async function readAt (handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const data = Buffer.alloc(length)
  const { bytesRead } = await handle.read(data, 0, length, position)
  if (bytesRead < length) throw new TarError('it is cut off')
  return data
}

/** Of all bytes of the header, those of the sum itself taken for spaces. */
function checksum (header: Buffer): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0)
}

function octal (number: number): string {
  return `${number.toString(8).padStart(11, '0')}\0`
}

function text (header: Buffer, at: number, length: number): string {
  return header.toString('latin1', at, at + length).replace(/[\0 ].*/s, '')
}

function padding (size: number): number {
  return (block - size % block) % block
}
