import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packageRoot } from '../../../src/paths.js'
import { encodeCommand, frame } from '../../../src/radio/frames/index.js'
import { readRepeaters } from '../../../src/radio/repeaters.js'

function start (t: Test, args: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/src/cli.js'), 'simulate', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  return child
}

async function output (child: ChildProcess): Promise<string> {
  const [text] = await once(child.stdout ?? child, 'data')
  return String(text)
}

t.test('a radio is served until Ctrl-C', async (t) => {
  const child = start(t, ['--radio', '--port', '0', '--repeaters', '5', '--seed', '7', '--json'])
  const { host, port, companion, repeaters } = JSON.parse(await output(child))
  t.match(companion, { name: 'Base-1', key: /^[0-9a-f]{64}$/ })
  t.equal(repeaters.length, 5)
  t.match(repeaters[2], { name: 'Summit', password: 'summit-pass', ways: [['Hill', 'Ridge']] })
  const socket = connect(port, host)
  socket.write(frame('<', encodeCommand({ is: 'app_start', app: 'test' })))
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /Base-1/)
  const ended = once(socket, 'close')
  child.kill('SIGINT')
  await ended
  const [code] = await once(child, 'close')
  t.equal(code, 0)
})

t.test('it says how to reach it, in words that the worker\'s settings take', async (t) => {
  const text = await output(start(t, ['--repeaters', '2', '--port', '0']))
  const [, port] = /MESH_TRANSPORT=tcp MESH_TCP_HOST=127\.0\.0\.1 MESH_TCP_PORT=(\d+)/.exec(text) ?? []
  t.ok(Number(port) > 0)
  const [, list = ''] = /REPEATERS='(.+)'/.exec(text) ?? []
  t.match(readRepeaters(list, { telemetry: true, neighbours: false }), [{ name: 'Hill', password: 'hill-pass' }, { name: 'Ridge', password: 'ridge-pass' }])
})

t.test('options of a mesh do not go with a radio; a taken port is said', async (t) => {
  const failed = async (args: string[]): Promise<{ code: unknown, text: string }> => {
    const child = start(t, args)
    let text = ''
    child.stderr?.on('data', (chunk) => { text += String(chunk) })
    const [code] = await once(child, 'close')
    return { code, text }
  }
  t.match(await failed(['--radio', '--nodes', '5']), { code: 2, text: /--radio.*--nodes/ })
  const { port } = JSON.parse(await output(start(t, ['--radio', '--port', '0', '--json'])))
  t.match(await failed(['--radio', '--port', String(port)]), { code: 1, text: /EADDRINUSE/ })
})
