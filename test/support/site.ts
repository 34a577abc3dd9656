import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join, posix } from 'node:path'
import type { Test } from 'tap'

export function filesBelow (folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile()).sort()
}

/** Addresses in the site's pages that lead nowhere: to a file or an anchor that is not there, to another host, or to the root of a server. */
export function deadLinks (folder: string): string[] {
  const anchors = new Map<string, Set<string>>()
  const anchorsOf = (path: string) => {
    const known = anchors.get(path) ?? new Set([...readFileSync(join(folder, path), 'utf8').matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id))
    anchors.set(path, known)
    return known
  }
  return filesBelow(folder).filter((path) => path.endsWith('.html')).flatMap((path) => {
    const page = readFileSync(join(folder, path), 'utf8')
    return [...page.matchAll(/\s(?:href|src|action)="([^"]*)"/g)].map(([, address = '']) => address.replaceAll('&amp;', '&')).filter((address) => {
      if (/^([a-z]+:|\/)/.test(address)) return true
      const [file = '', anchor] = address.split('#')
      const target = file === '' ? path : posix.join(posix.dirname(path), file)
      return !existsSync(join(folder, target)) || (anchor !== undefined && anchor !== '' && !anchorsOf(target).has(anchor))
    }).map((address) => `${path}: ${address}`)
  })
}

const types: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', json: 'application/json', txt: 'text/plain' }

/** Serves the folder below a path, as any web server would; gives the address of that path. */
export async function serveFolder (t: Test, folder: string, base = '/mesh/'): Promise<string> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '')
    const file = join(folder, path.slice(base.length) === '' ? 'index.html' : path.slice(base.length))
    if (!path.startsWith(base) || !existsSync(file) || !statSync(file).isFile()) { response.writeHead(404).end(); return }
    response.writeHead(200, { 'content-type': types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream' }).end(readFileSync(file))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`
}
