import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../src/paths.js'
import { temporaryFolder } from './support/embedded.js'

interface Locked { version?: string, resolved?: string, integrity?: string, license?: string, dev?: boolean, hasInstallScript?: boolean }
interface Manifest { dependencies: Record<string, string>, optionalDependencies: Record<string, string>, devDependencies: Record<string, string>, overrides: Record<string, string> }

const manifest: Manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
const lock: { packages: Record<string, Locked> } = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8'))
const installed = Object.entries(lock.packages).filter(([path]) => path !== '')

/** Licences that let us ship a package, or part of it, under our own. */
const permissive = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'Python-2.0', '(MIT AND Zlib)']
/** Of tools that are never shipped. */
const tools: Record<string, string> = {
  'node_modules/axe-core': 'MPL-2.0',
  'node_modules/opener': '(WTFPL OR MIT)',
  'node_modules/spdx-exceptions': 'CC-BY-3.0',
  'node_modules/spdx-license-ids': 'CC0-1.0',
  'node_modules/type-fest': '(MIT OR CC0-1.0)',
}

/** What is wrong with one package. */
const problemsOf = (path: string, { resolved, integrity, license, dev }: Locked): string[] => [
  ...resolved === undefined ? [] : [`${path} names the host it came from`],
  ...integrity?.startsWith('sha512-') === true ? [] : [`${path} has no sha512 of its content`],
  ...license !== undefined && (permissive.includes(license) || (dev === true && tools[path] === license)) ? [] : [`${path} has the licence ${license ?? 'none'}, which is not in the list`],
]

/** Lists its licence in a file, not in its manifest. */
const licenceInFile: Record<string, string> = { 'node_modules/jsonc-simple-parser': 'MIT' }

t.test('every dependency is one version, with a licence that allows it, and is what it was', async (t) => {
  const { dependencies, optionalDependencies, devDependencies, overrides } = manifest
  const asked = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies, ...overrides })
  t.same(asked.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)), [], 'package.json names exact versions')
  t.same(Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies }).filter((name) => lock.packages[`node_modules/${name}`]?.version !== asked.find(([own]) => own === name)?.[1]), [], 'the lock file has those')
  t.ok(installed.length > 300)
  t.same(installed.flatMap(([path, locked]) => problemsOf(path, { ...locked, license: locked.license ?? licenceInFile[path] })), [])
})

t.test('only packages that are known for it run something when they are installed', async (t) => {
  t.same(installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path), ['node_modules/@serialport/bindings-cpp', 'node_modules/unrs-resolver'])
})

t.test('what would be wrong is found', async (t) => {
  t.same(problemsOf('a', { license: 'MIT', integrity: 'sha512-x' }), [])
  t.same(problemsOf('a', { license: 'MIT', integrity: 'sha512-x', resolved: 'http://x/a.tgz' }), ['a names the host it came from'])
  t.same(problemsOf('a', { license: 'GPL-3.0', integrity: 'sha1-x' }), ['a has no sha512 of its content', 'a has the licence GPL-3.0, which is not in the list'])
  t.same(problemsOf('node_modules/axe-core', { license: 'MPL-2.0', integrity: 'sha512-x' }), ['node_modules/axe-core has the licence MPL-2.0, which is not in the list'], 'a tool alone may have it')
})

t.test('make audit says what the registry knows, or that it knows nothing', async (t) => {
  const folder = temporaryFolder(t)
  const audit = async (answer: string): Promise<{ code: number, output: string }> => {
    writeFileSync(join(folder, 'npm'), `#!/bin/sh\ncat <<'END'\n${answer}\nEND\nexit 1\n`)
    chmodSync(join(folder, 'npm'), 0o755)
    return await new Promise((resolve) => {
      execFile(join(packageRoot, 'scripts/audit'), { env: { PATH: `${folder}:${process.env['PATH']}` } }, (error, output) => resolve({ code: error === null ? 0 : Number(error.code), output }))
    })
  }
  const found = (total: number): string => JSON.stringify({ metadata: { vulnerabilities: { total } } })
  t.match(await audit('{ "error": { "summary": "" } }'), { code: 0, output: 'does not offer advisories' })
  t.match(await audit(found(0)), { code: 0, output: 'no known weakness' })
  t.match(await audit(found(2)), { code: 1, output: '"total":2' })
})
