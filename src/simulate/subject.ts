import { formatSubject } from '../incidents/subject.js'
import type { Link, Mesh } from './mesh.js'

export function pathSubject (mesh: Mesh, src: number, dst: number): string {
  return formatSubject({ type: 'path', src: nodeName(mesh, src), dst: nodeName(mesh, dst) })
}

export function linkSubject (mesh: Mesh, { a, b, medium }: Link): string {
  return formatSubject({ type: 'link', a: nodeName(mesh, a), b: nodeName(mesh, b), medium })
}

export function nodeSubject (mesh: Mesh, index: number): string {
  return formatSubject({ type: 'node', node: nodeName(mesh, index) })
}

export function nodeName (mesh: Mesh, index: number): string {
  const node = mesh.nodes[index]
  if (node === undefined) throw new RangeError(`the mesh has no node ${index}`)
  return node.name
}
