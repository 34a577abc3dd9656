import importX from 'eslint-plugin-import-x'
import neostandard, { plugins, resolveIgnoresFromGitignore } from 'neostandard'
import { constantSql } from './lint/constant-sql.js'

/** A zone of import-x/no-restricted-paths: files under `target` may not import from `from`, but for `except`. */
const zone = (target, from, message, except) => ({ target, from, message, ...(except && { except }) })

const composers = ['./src/server.ts', './src/cli.ts', './src/app.ts', './src/radio-worker.ts', './src/aredn-worker.ts']
const effects = ['./src/database', './src/ingest', './src/http', './src/config.ts']

export default [
  ...neostandard({ ts: true, ignores: resolveIgnoresFromGitignore() }),
  { rules: { '@stylistic/object-property-newline': 'off' } },
  {
    files: ['src/**/*.{ts,tsx}', 'migrations/**/*.ts'],
    plugins: { 'import-x': importX, n: plugins.n },
    settings: { 'import-x/resolver-next': [importX.createNodeResolver({ extensionAlias: { '.js': ['.ts', '.tsx', '.js'] } })] },
    rules: {
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', 70],
      'max-params': ['error', 4],
      'no-console': 'error',
      'n/no-process-env': 'error',
      'import-x/no-cycle': 'error',
      'no-restricted-properties': ['error', { object: 'AbortSignal', property: 'timeout', message: 'Within AbortSignal.any it may never fire (nodejs/node#57736): use withDeadline of src/deadline.ts.' }],
      'import-x/no-restricted-paths': ['error', {
        basePath: import.meta.dirname,
        zones: [
          ...['database', 'ingest', 'messages', 'rules', 'incidents', 'http', 'charts', 'reports', 'radio', 'aredn', 'simulate', 'delivery', 'dashboard', 'topology', 'doctor', 'archive']
            .map((folder) => zone(`./src/${folder}`, composers, 'Only server.ts, the workers, cli.ts and app.ts compose; nothing imports them.')),
          zone('./src/messages', [...effects, './src/rules', './src/incidents'], 'messages/ is pure: the wire contract and its rows.'),
          zone('./src/charts', [...effects, './src/rules', './src/incidents'], 'charts/ is pure: series in, SVG out.'),
          zone('./src/topology', [...effects, './src/rules', './src/incidents', './src/dashboard'], 'topology/ is pure: a mesh in, SVG out.'),
          zone('./src/dashboard', [...effects.filter((path) => path !== './src/http'), './src/http/queries', './src/http/routes', './src/http/documents', './src/rules'], 'dashboard/ is pure: documents in, HTML out.'),
          zone('./src/ingest', ['./src/rules', './src/http', './src/incidents'], 'Stages meet in tables: ingest never calls rules or HTTP.'),
          zone('./src/database', ['./src/ingest', './src/rules', './src/http', './src/incidents'], 'database/ knows nothing of what is stored in it.'),
          zone('./src/rules', ['./src/http', './src/ingest'], 'Stages meet in tables: rules never call HTTP.'),
          zone('./src/http', ['./src/rules'], 'http reads what rules wrote; it does not call them.'),
        ],
      }],
    },
  },
  { files: ['src/**/*.ts'], plugins: { sql: { rules: { constants: constantSql } } }, rules: { 'sql/constants': 'error' } },
  { files: ['src/config.ts', 'src/cli.ts'], rules: { 'n/no-process-env': 'off' } },
]
