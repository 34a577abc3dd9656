import { Writer, type Reader } from './bytes.js'
import { decodeText, encodeText } from './text.js'

/** One field, both ways. `size` is how many bytes it needs at least. */
export interface Field<T> {
  size: number
  /** Set by `later`. */
  optional?: boolean
  read (reader: Reader, name: string): T
  write (writer: Writer, name: string, value: T): void
}

/** Fields in the order of the frame, under the names of their values. */
export interface Layout<T> {
  read (reader: Reader): T
  write (writer: Writer, value: T): void
}

type Fields<T> = { [K in keyof T]-?: Field<Exclude<T[K], undefined>> }

/** The number on the air is `value * scale`, little-endian. */
export function uint (size: number, scale = 1): Field<number> {
  return {
    size,
    read: (reader, name) => reader.uint(name, size) / scale,
    write: (writer, name, value) => { writer.uint(name, size, Math.round(value * scale)) },
  }
}

/** As `uint`, with a sign. */
export function int (size: number, scale = 1): Field<number> {
  return {
    size,
    read: (reader, name) => reader.int(name, size) / scale,
    write: (writer, name, value) => { writer.int(name, size, Math.round(value * scale)) },
  }
}

/** A byte that is 1 for yes. */
export const flag: Field<boolean> = {
  size: 1,
  read: (reader, name) => reader.uint(name, 1) === 1,
  write: (writer, name, value) => { writer.uint(name, 1, value ? 1 : 0) },
}

export function raw (size: number): Field<Uint8Array> {
  return {
    size,
    read: (reader, name) => reader.raw(name, size),
    write: (writer, name, value) => { writer.raw(name, size, value) },
  }
}

/** All that is left of the frame. */
export const rest: Field<Uint8Array> = {
  size: 0,
  read: (reader, name) => reader.raw(name, reader.left),
  write: (writer, name, value) => { writer.raw(name, value.length, value) },
}

/** Text in a field of fixed width, padded with at least one NUL. */
export function text (size: number): Field<string> {
  return {
    size,
    read: (reader, name) => decodeText(reader.raw(name, size)),
    write (writer, name, value) {
      const padded = new Uint8Array(size)
      padded.set(encodeText(value, size - 1))
      writer.raw(name, size, padded)
    },
  }
}

/** Text that ends with the frame; of a longer one the first `most` bytes count. */
export function lastText (most: number): Field<string> {
  return {
    size: 0,
    read: (reader, name) => decodeText(reader.raw(name, Math.min(most, reader.left))),
    write (writer, name, value) {
      const bytes = encodeText(value, most)
      writer.raw(name, bytes.length, bytes)
    },
  }
}

/** A field behind so many bytes that are not read, and written as 0. */
export function after<T> (reserved: number, field: Field<T>): Field<T> {
  return {
    size: reserved + field.size,
    read (reader, name) {
      reader.raw(`reserved before ${name}`, reserved)
      return field.read(reader, name)
    },
    write (writer, name, value) {
      writer.raw('reserved', reserved, new Uint8Array(reserved))
      field.write(writer, name, value)
    },
  }
}

/** A field that older firmware does not send: absent, with all that follow, where its bytes are not all there. */
export function later<T> (field: Field<T>): Field<T> {
  return { ...field, optional: true }
}

/** A frame: its code and what else tells its kind, then its fields. */
export function write<T> (name: string, code: number | number[], layout: Layout<T>, value: T): Uint8Array {
  const writer = new Writer(name)
  for (const byte of [code].flat()) writer.uint('code', 1, byte)
  layout.write(writer, value)
  return writer.done()
}

/** What follows the last field is ignored: newer firmware appends, and answers over the air are padded. */
export function struct<T extends object> (fields: Fields<T>): Layout<T> {
  const names = Object.keys(fields) as Array<keyof T & string>
  return {
    read (reader) {
      const value: Partial<T> = {}
      for (const name of names) {
        const field = fields[name]
        if (field.optional && reader.left < field.size) break
        value[name] = field.read(reader, name)
      }
      // Only optional fields can be absent, and they are optional in T.
      return value as T
    },
    write (writer, value) {
      for (const name of names) {
        const one = value[name]
        if (one === undefined) break
        fields[name].write(writer, name, one as Exclude<T[typeof name], undefined>)
      }
    },
  }
}
