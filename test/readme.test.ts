import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { packageRoot } from '../src/paths.js'
import { freePort } from './support/process.js'

const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8')
const shellBlocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!)
const tableCommands = [...readme.matchAll(/^\|[^|]*\| `((?:curl|.\/meshmon config|.\/meshmon migrate)[^`]*)`/gm)].map(([, command]) => command!)

t.test('the commands of the README work as written', async (t) => {
  const [start, ...commands] = shellBlocks
  t.equal(start, 'make start\n', 'the first block starts the collector')
  t.ok(commands.length >= 3 && tableCommands.length >= 6)

  // A build would take the compiled tests away from under those that run beside this one: it is up to date, whatever make thinks.
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-readme-'))
  const port = await freePort()
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: String(port), HOST: '127.0.0.1', DATA_DIR: join(folder, 'data'), MAKEFLAGS: '--old-file=dist/.built' }
  const make = spawn('bash', ['-c', start!], { cwd: packageRoot, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => make.once('close', resolve))
  t.teardown(async () => {
    if (make.exitCode === null && make.signalCode === null) process.kill(-make.pid!, 'SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    for (const stream of [make.stdout, make.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
        if (output.includes('ready for measurements')) resolve()
      })
    }
    make.once('close', () => reject(new Error(output)))
  })

  const run = async (block: string) =>
    (await promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', block.replaceAll('localhost:8080', `127.0.0.1:${port}`).replaceAll('meshmon simulate', `meshmon simulate --url http://127.0.0.1:${port}`)], { cwd: packageRoot, env, maxBuffer: 64 * 1024 ** 2 })).stdout
  const [first, look, simulated] = [await run(commands[0]!), await run(commands[1]!), await run(commands[2]!)]
  t.match(first, '"ok":true')
  t.match(first, '{"accepted":true,"received":1,"stored":1,"duplicates":0,"rejected":[]}', 'what the README says comes')
  t.match(look, /"node-A"[\s\S]*"node-K"[\s\S]*72\.3[\s\S]*\(1 row\)/)
  t.match(simulated, /"etx"/)
  for (const block of commands.slice(3)) t.ok(await run(block))
  for (const command of tableCommands) t.ok(await run(command), command)

  process.kill(-make.pid!, 'SIGINT')
  await ended
  t.match(output, 'stopped')
})

t.test('what the README refers to exists', async (t) => {
  const files = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, file]) => file!)
  t.ok(files.length >= 4)
  for (const file of files) t.ok(existsSync(join(packageRoot, file)), file)
  const targets = readFileSync(join(packageRoot, 'Makefile'), 'utf8')
  for (const [, target] of readme.matchAll(/`make ([a-z]+)/g)) t.match(targets, new RegExp(`^${target}:`, 'm'), `make ${target}`)
})

t.test('commands that need a Docker engine are marked as such, and only those', async (t) => {
  const consoleBlocks = [...readme.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trim().split('\n'))
  t.ok(consoleBlocks.length > 0 && consoleBlocks.every((line) => line.startsWith('docker compose ')))
  t.notMatch(shellBlocks.join(''), 'docker')
})
