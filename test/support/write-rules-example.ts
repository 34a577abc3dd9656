import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/paths.js'
import { formatExample } from '../../src/rules/settings/write.js'

writeFileSync(join(packageRoot, 'rules.example.yaml'), formatExample())
