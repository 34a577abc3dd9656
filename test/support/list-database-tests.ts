import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { packageRoot } from '../../src/paths.js'

/** Prints the test files that use `createTestDatabase`, themselves or through others of test/support: those that TEST_EDITION matters to. */
const support = join(packageRoot, 'dist/test/support')
const root = join(support, 'database.js')
const usesDatabase = new Map([[root, true]])

function uses (file: string): boolean {
  const known = usesDatabase.get(file)
  if (known !== undefined) return known
  usesDatabase.set(file, false)
  const imported = [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => resolve(dirname(file), path))
  const result = imported.some((path) => path.startsWith(support) && uses(path))
  usesDatabase.set(file, result)
  return result
}

for (const entry of await readdir(join(packageRoot, 'dist/test'), { recursive: true })) {
  const file = join(packageRoot, 'dist/test', entry)
  if (file.endsWith('.test.js') && uses(file)) console.log(relative(packageRoot, file))
}
