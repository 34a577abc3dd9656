import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../src/paths.js'

t.ok(existsSync(join(packageRoot, 'package.json')), 'packageRoot holds package.json')
