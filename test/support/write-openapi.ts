import { writeFile } from 'node:fs/promises'
import { documentFile, makeDocument } from './openapi.js'

// npm run openapi
await writeFile(documentFile, (await makeDocument()).text)
