import { fileURLToPath } from 'node:url'

/** Root of the installed package: the folder that holds package.json. Compiled files live in dist/src/. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url))
