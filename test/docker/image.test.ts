import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { packageRoot } from '../../src/paths.js'
import { readDockerfile, type Stage } from '../support/dockerfile.js'

const run = promisify(execFile)
const stages = readDockerfile(readFileSync(join(packageRoot, 'Dockerfile'), 'utf8'))

function stage (name: string): Stage {
  const found = stages.find((stage) => stage.name === name)
  if (!found) throw new Error(`no stage ${name} in the Dockerfile`)
  return found
}

interface LockEntry { dev?: boolean, optional?: boolean, hasInstallScript?: boolean }
const lock = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockEntry> }
/** What `npm ci --omit=dev` installs, as paths below the repository. */
const productionPackages = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && !entry.dev)

/** Copies what the stage copies from the repository, as git has it now, into the folder. */
function copyFromRepository (stage: Stage, folder: string): void {
  for (const { from, sources, target } of stage.copies) {
    for (const source of from === null ? sources : []) {
      const to = target === './' ? join(folder, basename(source)) : join(folder, target)
      cpSync(join(packageRoot, source), to, { recursive: true })
    }
  }
}

/** `npm ci --omit=dev`, from the packages that are installed here. */
function copyProductionModules (folder: string): void {
  for (const [path] of productionPackages) {
    if (!existsSync(join(packageRoot, path))) continue
    cpSync(join(packageRoot, path), join(folder, path), {
      recursive: true,
      filter: (source) => !source.slice(join(packageRoot, path).length).includes('/node_modules'),
    })
  }
}

function runsOf (stage: Stage): string[] {
  return stage.instructions.filter(({ name }) => name === 'RUN').map(({ rest }) => rest)
}

function filesBelow (folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

t.test('every path the Dockerfile copies is in git, and reaches the builder', async (t) => {
  const sources = stages.flatMap(({ copies }) => copies).filter(({ from }) => from === null).flatMap(({ sources }) => sources)
  const ignored = readFileSync(join(packageRoot, '.dockerignore'), 'utf8').split('\n')
  t.same(ignored.filter((line) => line.startsWith('!')).sort(), [...new Set(sources)].map((source) => `!${source}`).sort())
  t.ok(ignored.includes('*'))
  for (const source of sources) {
    t.not(execFileSync('git', ['ls-files', source], { cwd: packageRoot, encoding: 'utf8' }), '', source)
  }
  for (const { from } of stages.flatMap(({ copies }) => copies)) if (from !== null) t.ok(stage(from))
})

t.test('the last stage runs as an unprivileged user and stops on SIGTERM', async (t) => {
  const instructions = stages.at(-1)?.instructions ?? []
  t.match(instructions.find(({ name }) => name === 'USER'), { rest: 'node' })
  t.match(instructions.find(({ name }) => name === 'STOPSIGNAL'), { rest: 'SIGTERM' })
})

t.test('no production package is compiled or runs a script at installation', async (t) => {
  t.ok(productionPackages.length > 50)
  const [install, ...others] = runsOf(stage('dependencies')).filter((command) => command.startsWith('npm '))
  t.match(install, /^npm ci .*--ignore-scripts/)
  t.same(others, [])
  t.same(productionPackages.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path), ['node_modules/@serialport/bindings-cpp'], 'its script only looks whether it must be compiled')
})

t.test('the image works with nothing but what is copied into it', async (t) => {
  const folder = t.testdir({ build: {}, app: {}, data: {} })
  const build = join(folder, 'build')
  copyFromRepository(stage('build'), build)
  symlinkSync(join(packageRoot, 'node_modules'), join(build, 'node_modules'))
  // What `npm run build` does, without checking types once more.
  t.match(readFileSync(join(build, 'package.json'), 'utf8'), '"build": "tsc -p tsconfig.build.json && tsc -p tsconfig.browser.json"')
  for (const project of ['tsconfig.build.json', 'tsconfig.browser.json']) await run(join(packageRoot, 'node_modules/.bin/tsc'), ['-p', project, '--noCheck'], { cwd: build })

  const app = join(folder, 'app')
  const last = stages.at(-1) ?? stage('')
  copyFromRepository(last, app)
  t.same(last.copies.filter(({ from }) => from !== null), [
    { from: 'dependencies', sources: ['/app/node_modules'], target: 'node_modules' },
    { from: 'build', sources: ['/app/dist'], target: 'dist' },
    { from: 'build', sources: ['/app/src/dashboard/styles'], target: 'src/dashboard/styles' },
  ])
  copyProductionModules(app)
  for (const command of runsOf(stage('dependencies')).filter((command) => !command.startsWith('npm '))) await run('sh', ['-c', command], { cwd: app })
  for (const part of ['dist', 'src/dashboard/styles']) cpSync(join(build, part), join(app, part), { recursive: true })

  t.test('its modules are small, and what is compiled is there for every machine', async (t) => {
    const files = filesBelow(join(app, 'node_modules'))
    const compiled = files.filter((file) => file.endsWith('.node'))
    t.same(compiled.filter((file) => !file.includes('/@serialport/bindings-cpp/prebuilds/linux-')), [])
    for (const machine of ['x64', 'arm64', 'arm']) t.ok(compiled.some((file) => file.includes(`/linux-${machine}/`) && file.endsWith('.glibc.node')), machine)
    for (const name of ['serialport', 'sql.js']) await t.resolves(run(process.execPath, ['-e', `require('${name}')`], { cwd: app }), name)
    const megabytes = files.reduce((sum, file) => sum + Math.ceil(lstatSync(file).size / 4096) * 4096, 0) / 1e6
    t.comment(`${files.length} files, ${megabytes.toFixed(1)} MB`)
    t.ok(megabytes < 90, `${megabytes.toFixed(1)} MB of 90`)
  })

  t.test('its command serves, its health check agrees, and SIGTERM ends it', async (t) => {
    t.equal(last.cmd[0], 'meshmon')
    const cli = join(app, 'dist/src/cli.js')
    t.match((await run(process.execPath, [cli, '--help'], { cwd: app })).stdout, 'Usage: meshmon')

    const data = join(folder, 'data')
    mkdirSync(data, { recursive: true })
    const env = { PATH: process.env['PATH'], NODE_ENV: 'production', DATA_DIR: data, HOST: '127.0.0.1', PORT: '0' }
    const server = spawn(process.execPath, [cli, ...last.cmd.slice(1)], { cwd: app, env, stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => server.kill('SIGKILL'))
    const exit = once(server, 'exit')
    const url = await listeningUrl(server.stdout)

    const message = {
      schema: 'meshmon.v1', type: 'path_result', src: 'node-A', dst: 'node-K', sent_at: '2025-09-29T18:41:05Z',
      route: ['node-A', 'node-K'], metrics: { rtt_ms_avg: 72.3 },
    }
    const answer = await postWhenReady(url, message)
    t.match(answer, { accepted: true, stored: 1 })

    const [, ...check] = last.healthcheck
    await t.resolves(run(process.execPath, check, { env: { PORT: new URL(url).port } }))
    await t.rejects(run(process.execPath, check, { env: { PORT: '1' } }), { code: 1 })

    server.kill('SIGTERM')
    t.same(await exit, [0, null])
  })
})

async function listeningUrl (output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const url = /listening on (http:\/\/[^"\s]+)/.exec(line)?.[1]
    if (url) {
      output.resume()
      return url
    }
  }
  throw new Error('the server ended before it listened')
}

/** Posts until the database is open; /ingest answers 503 before. */
async function postWhenReady (url: string, message: object): Promise<unknown> {
  const signal = AbortSignal.timeout(60_000)
  for (;;) {
    const answer = await fetch(`${url}/ingest`, { method: 'POST', body: JSON.stringify(message), signal })
    if (answer.status !== 503) return await answer.json()
    await answer.body?.cancel()
    await delay(50)
  }
}
