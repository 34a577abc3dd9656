import { readdir, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** USB of the radio's own chip (nRF52, ESP32-S3), then USB-to-serial chips. */
const kinds = [/^ttyACM\d+$/, /^ttyUSB\d+$/]

export interface SerialPortFound {
  path: string
  /** Its link in /dev/serial/by-id: names the product and its serial number, and stays the same whatever else is plugged in. */
  byId: string | undefined
}

/** USB serial ports in the order in which they are tried. `folder` is /dev. */
export async function findSerialPorts (folder: string): Promise<SerialPortFound[]> {
  const names = await readdir(folder).catch(() => [])
  const links = await readLinks(join(folder, 'serial/by-id'))
  return kinds.flatMap((kind) => names
    .filter((name) => kind.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => ({ path: join(folder, name), byId: links.get(name) })))
}

async function readLinks (folder: string): Promise<Map<string, string>> {
  const links = new Map<string, string>()
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    links.set(basename(await readlink(path).catch(() => path)), path)
  }
  return links
}
