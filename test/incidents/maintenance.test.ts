import t from 'tap'
import { covers, type Maintenance } from '../../src/incidents/maintenance.js'
import { formatSubject, type Scope } from '../../src/incidents/subject.js'

const node = (name: string): Scope => ({ type: 'node', node: name })
const path: Scope = { type: 'path', src: 'node-1', dst: 'Other' }
const link: Scope = { type: 'link', a: 'hub', b: 'node-2', medium: 'tunnel' }

const of = (what: Partial<Maintenance>): Maintenance => ({ subject: null, pattern: null, fromMs: 1000, untilMs: 2000, ...what })
const covered = (what: Partial<Maintenance>, scope: Scope, atMs = 1500) => covers(of(what), scope, atMs)

t.test('a subject covers itself alone, in any case', async (t) => {
  t.ok(covered({ subject: 'NODE-1' }, node('node-1')))
  t.notOk(covered({ subject: 'node-1' }, path), 'not the paths of the node')
  t.ok(covered({ subject: 'node-1>other' }, path))
  t.notOk(covered({ subject: 'other>node-1' }, path))
  t.ok(covered({ subject: 'hub--node-2@tunnel' }, link))
  t.notOk(covered({ subject: 'hub--node-2' }, link), 'the radio link between the same nodes is another')
  t.ok(covered({ subject: 'collector' }, { type: 'collector' }))
})

t.test('a pattern covers nodes and whatever starts or ends at them', async (t) => {
  t.ok(covered({ pattern: 'node-*' }, node('Node-7')))
  t.ok(covered({ pattern: 'node-*' }, path))
  t.ok(covered({ pattern: 'OTHER' }, path))
  t.ok(covered({ pattern: 'node-*' }, link))
  t.notOk(covered({ pattern: 'ode-*' }, node('node-7')), 'the whole name must fit')
  t.notOk(covered({ pattern: 'x*' }, path))
  t.notOk(covered({ pattern: '*' }, { type: 'collector' }))
})

t.test('* is any text, ? one character, everything else itself', async (t) => {
  const fits: [string, string][] = [['*', ''], ['a*', 'a'], ['*b', 'aab'], ['a*b*c', 'a-bb-bc'], ['a?c', 'a📡c'], ['?', '📡'], ['**a', 'a'], ['a.b', 'a.b'], ['[ab]', '[ab]'], ['%>,@', '%>,@'], ['ÄÖ*', 'äöü']]
  for (const [pattern, name] of fits) t.ok(covered({ pattern }, node(name)), `${pattern} fits ${name}`)
  const not: [string, string][] = [['?', ''], ['a?', 'a'], ['a.b', 'axb'], ['[ab]', 'a'], ['a*b', 'abc'], ['a*b*c', 'acb'], ['', 'a']]
  for (const [pattern, name] of not) t.notOk(covered({ pattern }, node(name)), `${pattern} does not fit ${name}`)
})

t.test('no pattern takes long', async (t) => {
  t.notOk(covered({ pattern: `${'*a'.repeat(64)}b` }, node('a'.repeat(128))), 'a regular expression would go on for years')
  t.ok(covered({ pattern: '*a'.repeat(64) }, node('a'.repeat(128))))
})

t.test('it begins with its first moment and is over at its last', async (t) => {
  for (const [atMs, expected] of [[999, false], [1000, true], [1999, true], [2000, false]] as const) t.equal(covered({ pattern: '*' }, node('a'), atMs), expected, String(atMs))
})

t.test('names of any kind are covered by their own subject', async (t) => {
  for (const name of ['-x--y-', 'a>b,c@d%', "<script>'\"", '📡'.repeat(64), 'collector']) {
    for (const scope of [node(name), { ...path, src: name }, { ...link, b: name }]) {
      t.ok(covered({ subject: formatSubject(scope) }, scope), formatSubject(scope))
      t.ok(covered({ pattern: name }, scope))
      t.notOk(covered({ subject: `${formatSubject(scope)}x` }, scope))
    }
  }
})
