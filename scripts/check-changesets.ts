// Fails when the sources of a package have changed since its last release and no changeset names it.
import { missingChangesets } from './changesets.ts'
import { manifestIn, packageNames, root } from './workspace.ts'

const packages = packageNames.map((folder) => ({ folder, manifest: manifestIn('packages', folder) }))
const missing = missingChangesets(root, packages)
for (const sentence of missing) console.error(sentence)
if (missing.length > 0) process.exitCode = 1
else console.log('A changeset names each package that has changed since its release.')
