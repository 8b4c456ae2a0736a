// The layers of src/. A module may import from layers below its own, and from its own folder; siblings do not know each other.
const layers = [
  ['errors\\.ts$', 'internal/'],
  ['protocol/', 'audio/', 'transports/'],
  ['session/'],
  ['features/', 'browser/', 'twilio/', 'migrate/'],
  // Dialects of the beta use the translation of `migrate`. A persisted call continues with its tools, agents, and usage.
  ['dialects/', 'server/'],
  ['telemetry/', 'recording/', 'testing/'],
  ['cli/'],
]
// The root entry re-exports from all that is neutral, so it stands above the features and below what only tests need.
const root = 'index\\.ts$'

const upward = layers.flatMap((names, level) =>
  names.map((name) => {
    const siblings = names.filter((other) => other !== name)
    const above = layers.slice(level + 1).flat()
    // errors.ts and internal/ serve each other; every other layer keeps its folders apart.
    const forbidden = level === 0 ? above : [...siblings, ...above]
    return {
      name: `layer-${level}-${name.replace(/\W/g, '')}`,
      severity: 'error',
      from: { path: `^src/${name}` },
      to: { path: `^src/(${[...forbidden, root].join('|')})` },
    }
  }),
)

export default {
  forbidden: [
    ...upward,
    {
      // Agents are composed of features, and a measured turn contains tools and usage. Other features do not know each other.
      // Files directly in the folder are shared by features.
      name: 'features-know-no-other',
      severity: 'error',
      from: { path: '^src/features/([^/]+)', pathNot: '^src/features/(agents|latency)/' },
      to: { path: '^src/features/', pathNot: '^src/features/($1|[^/]+[.]ts$)' },
    },
    {
      // The rest of the server entry needs only the types of a session.
      name: 'server-uses-features-in-persistence',
      severity: 'error',
      from: { path: '^src/server/', pathNot: '^src/server/(persistence|node)/' },
      to: { path: '^src/(features|browser|twilio|migrate)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'zod-in-few-places',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(protocol|features/tools|twilio|testing/emulator/validation)/' },
      to: { path: 'node_modules/zod/' },
    },
    {
      name: 'node-in-few-places',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(transports/open-socket/(node|text-frame)\\.ts|(server|testing|recording)/node/|cli/)',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'ws-in-few-places',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(transports/open-socket/node\\.ts|testing/node/|cli/)' },
      to: { path: 'node_modules/(@types/)?ws/' },
    },
    {
      name: 'session-sees-only-the-contract',
      severity: 'error',
      from: { path: '^src/session/' },
      to: { path: '^src/transports/', pathNot: '^src/transports/(transport|dialect|error)\\.ts$' },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|examples|scripts)/' },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Some packages export ES modules only.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'require', 'node', 'default'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
  },
}
