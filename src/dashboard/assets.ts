import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { chartCss } from '../charts/style.js'
import { packageRoot } from '../paths.js'
import { mapCss } from '../topology/style.js'

/** A style sheet, script or picture as it is served. */
export interface Asset { type: string, body: Buffer }

export interface Assets {
  /** The file of an asset, such as style.1a2b3c4d5e.css for style.css: another content has another name, so it may be kept for ever. */
  fileOf: (name: string) => string
  /** By file name. */
  files: ReadonlyMap<string, Asset>
}

const styles = join(packageRoot, 'src', 'dashboard', 'styles')
const scripts = join(packageRoot, 'dist', 'browser')
const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' } as const

/** All style sheets as one, in the order of their names, the colours of charts and of the map first. */
export function readStyles (): string {
  const sheets = readdirSync(styles).filter((name) => name.endsWith('.css')).sort().map((name) => readFileSync(join(styles, name), 'utf8'))
  return [chartCss, mapCss, ...sheets].join('\n')
}

/** Reads what the pages load. */
export function readAssets (): Assets {
  const bodies = new Map<string, string>([
    ['style.css', readStyles()],
    ['icon.svg', readFileSync(join(styles, 'icon.svg'), 'utf8')],
    ...listScripts().filter((name) => name.endsWith('.js')).map((name): [string, string] => [name, readFileSync(join(scripts, name), 'utf8')]),
  ])
  const named = new Map([...bodies].map(([name, body]) => [name, hashedName(name, body)]))
  return {
    fileOf (name) {
      const file = named.get(name)
      if (file === undefined) throw new Error(`no asset ${name}; there are ${[...named.keys()].join(', ')}`)
      return file
    },
    files: new Map([...bodies].map(([name, body]) => [named.get(name) ?? name, { type: typeOf(name), body: Buffer.from(body) }])),
  }
}

function listScripts (): string[] {
  try {
    return readdirSync(scripts)
  } catch (error) {
    throw new Error(`the dashboard's scripts are missing (${scripts}): build with npm run build`, { cause: error })
  }
}

function hashedName (name: string, body: string): string {
  const dot = name.lastIndexOf('.')
  return `${name.slice(0, dot)}.${createHash('sha256').update(body).digest('hex').slice(0, 10)}${name.slice(dot)}`
}

function typeOf (name: string): string {
  const extension = name.slice(name.lastIndexOf('.') + 1)
  return extension === 'css' || extension === 'js' || extension === 'svg' ? types[extension] : 'application/octet-stream'
}
