import t from 'tap'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../../src/config.js'
import { packageRoot } from '../../src/paths.js'
import { loadSites, readSites } from '../../src/places/sites.js'

function problemsOf (text: string): string[] {
  try {
    readSites(text, 'sites.yaml')
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

t.test('the example, and what is left out', async (t) => {
  t.same(readSites(readFileSync(join(packageRoot, 'sites.example.yaml'), 'utf8'), 'x').map(({ name }) => name), ['Hill', 'School roof'])
  t.same(readSites('- name: A\n  nodes: [b]\n- { name: B, radios: [c, d] }', 'x'), [{ name: 'A', nodes: ['b'], radios: [] }, { name: 'B', nodes: [], radios: ['c', 'd'] }])
  t.same(readSites('[]', 'x'), [])
  t.same(loadSites(undefined), [])
})

t.test('every mistake at once, each with its line', async (t) => {
  t.same(problemsOf('- name: A\n- nodes: [b]\n- name: C\n  nodes:\n    - d\n    - 5\n  node: [e]'), [
    'SITES: sites.yaml:2: place 2: must have required properties name', 'SITES: sites.yaml:3: place 3: has node, which nothing reads', 'SITES: sites.yaml:6: place 3: nodes 2 must be string',
  ])
  t.same(problemsOf('- name: A\n  nodes: [b]\n- name: a\n  nodes:\n    - B'), ['SITES: sites.yaml:3: the place a is there twice', 'SITES: sites.yaml:5: the node B is there twice'])
  t.same(problemsOf('- name: A\n  nodes: [b]\n- name: c\n  radios: [b]'), [], 'a radio may be called as a node is')
  t.match(problemsOf('- name: [')[0], /^SITES: sites.yaml:1: /)
  t.match(problemsOf('name: A')[0], /^SITES: sites.yaml:1: must be a YAML list of places/)
  t.match(problemsOf('')[0], /must be a YAML list/)
})

t.test('within bounds', async (t) => {
  const list = (count: number) => Array.from({ length: count }, (_, i) => `- name: p${i}`).join('\n')
  t.same(problemsOf(list(1000)), [])
  t.equal(problemsOf(list(1001)).length, 1)
  t.match(problemsOf(`# ${'x'.repeat(1024 ** 2)}`)[0], 'is larger than 1 MiB')
  const bomb = `- &a [x, x]\n${Array.from({ length: 30 }, (_, i) => `- &${String.fromCharCode(98 + i % 24)}${i} [*${i === 0 ? 'a' : `${String.fromCharCode(98 + (i - 1) % 24)}${i - 1}`}, *a]`).join('\n')}`
  t.ok(problemsOf(bomb).length > 0)
  t.throws(() => loadSites(join(packageRoot, 'no-such.yaml')), /SITES: .*no-such\.yaml can't be read: there is no such file/)
})
