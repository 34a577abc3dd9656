import type { Link, Mesh } from './mesh.js'

/** Names of a subject with `%`, `>`, `,`, `@` and every `-` at an edge or beside another percent-encoded (tables.md, JSON). */
export function encodeName (name: string): string {
  return name.replace(/[%>,@]|^-|-$|-(?=-)|(?<=-)-/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

export function pathSubject (src: string, dst: string): string {
  return `${encodeName(src)}>${encodeName(dst)}`
}

/** `a--b`, names in the order the mesh keeps them (lower-case code points); every medium but rf is a link of its own. */
export function linkSubject (mesh: Mesh, link: Link): string {
  const pair = `${encodeName(nodeName(mesh, link.a))}--${encodeName(nodeName(mesh, link.b))}`
  return link.medium === 'rf' ? pair : `${pair}@${link.medium}`
}

export function nodeName (mesh: Mesh, index: number): string {
  const node = mesh.nodes[index]
  if (node === undefined) throw new RangeError(`the mesh has no node ${index}`)
  return node.name
}
