import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { makeTargets } from '../../src/incidents/notify/target.js'
import type { Message } from '../../src/incidents/notify/message.js'
import { packageRoot } from '../../src/paths.js'
import { until } from '../support/embedded.js'
import { startReceiver } from '../support/receiver.js'
import { startMs, startNotifyTest } from '../support/notify.js'

const { open, queue, notifier, notifications, pool } = await startNotifyTest(t)

const message: Message = {
  version: 1, key: 'a/opened', event: 'opened', at: '2026-06-15T12:00:00.000Z', severity: 'critical', title: 'Critical: Node silent: a', text: 'Nothing was heard.',
  url: 'http://meshmon/ui/issues/a', issue: null, affected: [], affected_count: 0, summary: null,
}
const attempt = { nowMs: startMs, signal: new AbortController().signal }

function makeTarget (settings: Record<string, string>, deadlineMs?: number) {
  const [target] = makeTargets(loadConfig(settings).config, deadlineMs)
  return target!
}

t.test('the receiver\'s check in the documentation takes what is genuine, and nothing else', async (t) => {
  const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(packageRoot, 'docs/notifications.md'), 'utf8'))!
  const folder = t.testdir({ 'check.mjs': `${code}\nexport { isGenuine }` })
  const { isGenuine } = await import(join(folder, 'check.mjs')) as { isGenuine: (raw: string, signature: unknown, secret: string) => boolean }
  const receiver = await startReceiver(t)
  const target = makeTarget({ NOTIFY_URLS: receiver.url, NOTIFY_SECRET: 'key' })
  await target.send({ ...message, title: '📡' }, { ...attempt, nowMs: Date.now() })
  await target.send(message, { ...attempt, nowMs: Date.now() - 3_600_000 })
  const [fresh, old] = receiver.received.map(({ raw, headers }) => ({ raw, signature: headers['x-meshmon-signature'] }))
  t.equal(isGenuine(fresh!.raw, fresh!.signature, 'key'), true)
  t.equal(isGenuine(fresh!.raw, fresh!.signature, 'other'), false)
  t.equal(isGenuine(fresh!.raw.replace('opened', 'closed'), fresh!.signature, 'key'), false)
  t.equal(isGenuine(fresh!.raw, undefined, 'key'), false)
  t.equal(isGenuine(old!.raw, old!.signature, 'key'), false, 'sent again by somebody else')
})

t.test('ntfy: published as JSON to the server, priority by severity', async (t) => {
  const receiver = await startReceiver(t)
  const target = makeTarget({ NOTIFY_URLS: `ntfy://:tk_secret@${receiver.host}/mesh-alarms` })
  t.match(await target.send(message, attempt), { is: 'sent' })
  t.match(await target.send({ ...message, event: 'closed', title: 'Closed: Node silent: a' }, attempt), { is: 'sent' })
  t.match(await target.send({ ...message, severity: 'minor', url: null }, attempt), { is: 'sent' })
  const [opened, closed, minor] = receiver.received
  t.match(opened, { path: '/', headers: { authorization: `Basic ${Buffer.from(':tk_secret').toString('base64')}`, 'idempotency-key': 'a/opened' } })
  t.same(opened!.body, {
    topic: 'mesh-alarms', title: 'Critical: Node silent: a', message: 'Nothing was heard.', priority: 5, tags: ['rotating_light', 'opened'], click: 'http://meshmon/ui/issues/a',
  })
  t.match(closed!.body, { priority: 3, tags: ['white_check_mark', 'closed'] })
  t.match(minor!.body, { priority: 3, tags: ['information_source', 'opened'], click: undefined })
})

t.test('ntfy: long texts are cut before ntfy makes files of them, no character in two', async (t) => {
  const receiver = await startReceiver(t)
  const target = makeTarget({ NOTIFY_URLS: `ntfy://${receiver.host}/a` })
  await target.send({ ...message, title: '📡'.repeat(400), text: 'x' + '📡'.repeat(2000) }, attempt)
  const { title, message: text } = receiver.received[0]!.body as { title: string, message: string }
  t.equal([...title].length, 250)
  t.ok(Buffer.byteLength(text) <= 4000 && Buffer.byteLength(text) > 3990)
  t.match(text, /^x(📡)+…$/u)
})

t.test('names of targets hold no secrets, and stay the same with another password', async (t) => {
  const nameOf = (url: string) => makeTarget({ NOTIFY_URLS: url }).name
  const name = nameOf('https://u:password@hooks.example:8443/services/token?key=k3y')
  t.match(name, /^https:\/\/hooks\.example:8443\/… \([0-9a-f]{8}\)$/)
  t.equal(nameOf('https://u:other@hooks.example:8443/services/token?key=k3y'), name)
  t.not(nameOf('https://u:password@hooks.example:8443/services/another?key=k3y'), name)
  t.equal(makeTargets(loadConfig({ NOTIFY_URLS: 'http://a/x,http://a/x' }).config).length, 1, 'named twice, told once')
})

t.test('a bad target stops the start, and is not printed', async (t) => {
  for (const bad of ['hooks.example/x', 'ftp://a/b', 'ntfy://host', 'ntfy://host/a/b', 'http://', 'https://host:port/', 'ntfy://ho[st/topic', 'http://good/,gopher://secret']) {
    t.throws(() => loadConfig({ NOTIFY_URLS: bad }), { message: /NOTIFY_URLS: must be URLs such as .*, not \(not shown\)/ }, bad)
  }
  t.same(loadConfig({ NOTIFY_URLS: 'ntfys://u:p@ntfy.local.mesh/mesh_1, http://[fd00::1]:8080/x?y=z' }).config.NOTIFY_URLS.length, 2)
})

const odd = 'a--b>c "d" \'e\' <script>alert(1)</script> $(touch pwned) `id` 📡 %s \\n ; & '
const oddName = `${odd}${'x'.repeat(128 - [...odd].length)}`

t.test('names of any kind come whole to webhook, ntfy, command and mail', async (t) => {
  const folder = t.testdir({ sendmail: '#!/bin/sh\necho "$@" > "$(dirname "$0")/args"\ncat > "$(dirname "$0")/mail"\n' })
  const receiver = await startReceiver(t)
  const run = (line: string) => notifier({ NOTIFY_URLS: `${receiver.url}/,ntfy://${receiver.host}/topic`, NOTIFY_COMMAND: line })
  await open({ id: 'odd', cause: `${oddName} is silent.`, scope: { type: 'node', node: oddName } })
  await run(`cat > '${join(folder, 'json')}'`).deliverDue()
  const title = `Major: Node silent: ${oddName}`
  t.equal(receiver.received.length, 2)
  for (const { body } of receiver.received) t.equal(body.title, title)
  const given = readFileSync(join(folder, 'json'), 'utf8')
  t.equal((JSON.parse(given) as Message).title, title)
  t.match(given, /^\{.*\}\n$/, 'one line')

  await queue({ incidentId: 'odd', event: 'escalated' })
  chmodSync(join(folder, 'sendmail'), 0o755)
  await run(`SENDMAIL='${join(folder, 'sendmail')}' '${join(packageRoot, 'examples/notify-mail.sh')}' op@example.org two@example.org`).deliverDue()
  t.match((await notifications()).at(-1), { target: 'command', error: null, attempts: 1 })
  const sent = readFileSync(join(folder, 'mail'), 'utf8')
  const [head = '', content = ''] = sent.split('\n\n')
  const subject = /^Subject: ((?:.*\n )*.*)$/m.exec(head)![1]!.split('\n ').map((word) => Buffer.from(/^=\?UTF-8\?B\?(.*)\?=$/.exec(word)![1]!, 'base64').toString())
  t.equal(subject.join(''), `Now major: Node silent: ${oddName}`)
  t.match(head, /^To: op@example\.org, two@example\.org$/m)
  t.ok(head.split('\n').every((line) => line.length <= 78), 'no long lines')
  t.match(Buffer.from(content, 'base64').toString(), `${oddName} is silent.`)
  t.equal(existsSync(join(folder, 'pwned')), false)
})

t.test('a command that fails is tried again, with what it said', async (t) => {
  const target = makeTarget({ NOTIFY_COMMAND: 'echo out; echo "no route to mail" >&2; exit 3' })
  t.match(await target.send(message, attempt), { is: 'failed', permanent: false, reason: /^exit code 3: out no route to mail$/ })
  t.match(await makeTarget({ NOTIFY_COMMAND: 'kill -9 $$' }).send(message, attempt), { is: 'failed', reason: 'ended by SIGKILL' })
  t.match(await makeTarget({ NOTIFY_COMMAND: 'true' }).send({ ...message, text: 'x'.repeat(1_000_000) }, attempt), { is: 'sent' }, 'who reads nothing')
  const loud = await makeTarget({ NOTIFY_COMMAND: 'head -c 3000000 /dev/zero | tr "\\0" y; exit 1' }).send(message, attempt)
  t.match(loud, { is: 'failed', reason: /^exit code 1: y{299}…$/ })
})

t.test('a command that goes on too long is killed with all it started', async (t) => {
  const folder = t.testdir({})
  const target = makeTarget({ NOTIFY_COMMAND: `cd '${folder}'; (echo $$ > pid; exec sleep 300) & echo started; wait` }, 500)
  t.match(await target.send(message, attempt), { is: 'failed', permanent: false, reason: 'not done within 0.5 s, killed: started' })
  const group = Number(readFileSync(join(folder, 'pid'), 'utf8'))
  await until(() => !isAlive(group), 'the end of the group', 10_000)
  t.notOk(isAlive(group))
})

t.test('a stop ends the command', async (t) => {
  const stop = new AbortController()
  const sending = makeTarget({ NOTIFY_COMMAND: 'sleep 300' }).send(message, { ...attempt, signal: stop.signal })
  stop.abort(new Error('the collector stops'))
  await t.rejects(sending, { message: 'the collector stops' })
})

t.test('one command at a time, oldest first', async (t) => {
  const folder = t.testdir({})
  const file = join(folder, 'lines')
  const { deliverDue } = notifier({ NOTIFY_COMMAND: `echo begin >> '${file}'; cat > /dev/null; echo end >> '${file}'` })
  await open({ id: 'a' }, { id: 'b' }, { id: 'c' })
  await deliverDue()
  t.equal(readFileSync(file, 'utf8'), 'begin\nend\n'.repeat(3))
  t.same((await pool.query('select key from notifications where sent_at is not null order by id')).rows.map(({ key }) => key), ['a/opened', 'b/opened', 'c/opened'])
})

function isAlive (group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch {
    return false
  }
}
