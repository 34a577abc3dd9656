import fc from 'fast-check'
import t from 'tap'
import { formatSubject, mediumOf, orderEnds, parseLink, parseRoute } from '../../src/incidents/subject.js'
import { titleOf } from '../../src/incidents/title.js'

const name = fc.oneof(fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }), fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('-', 'a', '@', '>', ',', '%', 'B', 'é') }))
  .filter((text) => !/\p{Cc}/u.test(text))

t.test('subjects as the contract writes them', async (t) => {
  t.equal(formatSubject({ type: 'path', src: 'node-A', dst: 'node-C' }), 'node-A>node-C')
  t.equal(formatSubject({ type: 'link', a: 'node-A', b: 'node-B', medium: 'rf' }), 'node-A--node-B')
  t.equal(formatSubject({ type: 'link', a: 'node-B', b: 'node-A', medium: 'tunnel' }), 'node-A--node-B@tunnel')
  t.equal(formatSubject({ type: 'node', node: 'phone:1@x' }), 'phone:1%40x')
  t.equal(formatSubject({ type: 'collector' }), 'collector')
})

t.test('a hyphen is escaped at either end of a name and beside another, nowhere else', async (t) => {
  t.equal(formatSubject({ type: 'node', node: '-a-b--c-' }), '%2Da-b%2D%2Dc%2D')
  t.equal(formatSubject({ type: 'node', node: 'a-b-c' }), 'a-b-c')
  t.equal(formatSubject({ type: 'path', src: 'a>b', dst: '50%,x' }), 'a%3Eb>50%25%2Cx')
})

t.test('the ends of a link are sorted by lower-case code point', async (t) => {
  t.same(orderEnds('B', 'a'), { a: 'a', b: 'B', turned: true })
  t.same(orderEnds('a', 'B'), { a: 'a', b: 'B', turned: false })
  t.same(orderEnds('n_', 'n-'), { a: 'n-', b: 'n_', turned: true })
  t.same(orderEnds('\u{1f4e1}', '\uff21'), { a: '\uff21', b: '\u{1f4e1}', turned: true }, 'by code point, not by UTF-16 unit')
})

t.test('rf, absent and unknown are one medium', async (t) => {
  t.same([null, '', 'rf', 'unknown', 'tunnel', 'dtd'].map(mediumOf), ['rf', 'rf', 'rf', 'rf', 'tunnel', 'dtd'])
})

t.test('every link and path survives its own text', async (t) => {
  fc.assert(fc.property(name, name, fc.constantFrom('rf', 'tunnel', 'a--b', 'x@y'), (from, to, medium) => {
    const { a, b } = orderEnds(from, to)
    t.same(parseLink(formatSubject({ type: 'link', a: from, b: to, medium })), { type: 'link', a, b, medium })
    t.same(parseRoute(formatSubject({ type: 'path', src: from, dst: to }).replace('>', ',')), { type: 'path', src: from, dst: to })
  }))
})

t.test('different names never share a subject', async (t) => {
  fc.assert(fc.property(name, name, name, name, (a, b, c, d) => {
    const same = a === c && b === d
    t.equal(formatSubject({ type: 'path', src: a, dst: b }) === formatSubject({ type: 'path', src: c, dst: d }), same)
  }))
})

t.test('what is no link or route is refused', async (t) => {
  for (const text of ['', 'a', 'a-b', 'a--', '--b', 'a--b--c', 'a--b@', 'a--b@x@y', 'a--%zz', '%ff--b', 'a%00--b']) t.equal(parseLink(text), null, text)
  for (const text of ['', 'a', 'a,', ',b', 'a,b,c', 'a,%zz', 'a,b%00']) t.equal(parseRoute(text), null, text)
  t.same(parseLink('node-B--node-A@Tunnel'), { type: 'link', a: 'node-A', b: 'node-B', medium: 'tunnel' })
})

t.test('titles name what and where', async (t) => {
  t.equal(titleOf('jitter_burst', { type: 'path', src: 'a', dst: 'b' }), 'High jitter: a → b')
  t.equal(titleOf('link_down', { type: 'link', a: 'a', b: 'b', medium: 'tunnel' }), 'Link down: a – b (tunnel)')
  t.equal(titleOf('node_silent', { type: 'node', node: 'a' }), 'Node silent: a')
  t.equal(titleOf('collector_blind', { type: 'collector' }), 'No node is heard')
  t.equal(titleOf('some_new_rule', { type: 'node', node: 'a' }), 'some new rule: a')
})
